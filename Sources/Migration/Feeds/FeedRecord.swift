import KeyValue

/// How far the changes of a store have been carried over that has no marks but a feed.
struct FeedRecord: Hashable, Sendable {
    private static let format: UInt8 = 1

    /// The epoch in which the place was taken anew the last time.
    var epoch: UInt64
    /// Everything that changed before it has been carried over.
    var place: FeedPlace

    init(epoch: UInt64, place: FeedPlace) {
        self.epoch = epoch
        self.place = place
    }

    /// Format 1: the byte 1, the epoch, and the place.
    var encoded: [UInt8] {
        var writer = KeyWriter()
        writer.append(byte: FeedRecord.format)
        writer.append(integer: epoch)
        place.append(to: &writer)
        return writer.bytes
    }

    /// Throws `StoreError.Code.newerFormat` or `StoreError.Code.corrupted`.
    init(encoded: [UInt8]) throws(StoreError) {
        var reader = KeyReader(encoded)
        try reader.requireFormat(FeedRecord.format)
        guard let epoch = reader.integer(), let place = FeedPlace(&reader), reader.isAtEnd else {
            throw .damagedControl
        }
        self.init(epoch: epoch, place: place)
    }
}

/// A place among the changes of a store.
enum FeedPlace: Hashable, Sendable {
    /// In its feed.
    case feed(FeedPosition)
    /// The feed did not reach back as far: every key of both stores counts as changed. Here among them, and behind the
    /// last of them in the feed, which was there before the first was read.
    case everything(WalkPlace, then: FeedPosition)
}

extension FeedPlace {
    private static let positionBytesMax = 65_536

    func append(to writer: inout KeyWriter) {
        switch self {
        case .feed(let position):
            writer.append(flag: false)
            writer.append(string: position.bytes)
        case .everything(let place, let position):
            writer.append(flag: true)
            writer.append(string: position.bytes)
            place.append(to: &writer)
        }
    }

    /// Nil for what is none.
    init?(_ reader: inout KeyReader) {
        guard let isEverything = reader.flag(), let bytes = reader.string(), bytes.count <= FeedPlace.positionBytesMax
        else { return nil }
        let position = FeedPosition(bytes: bytes)
        guard isEverything else {
            self = .feed(position)
            return
        }
        guard let place = WalkPlace(&reader) else { return nil }
        self = .everything(place, then: position)
    }

    /// As the cursor of a listing of marks.
    var cursor: Cursor {
        var writer = KeyWriter()
        append(to: &writer)
        return Cursor(bytes: writer.bytes)
    }

    init(_ cursor: Cursor) throws(StoreError) {
        var reader = KeyReader(cursor.bytes)
        guard let place = FeedPlace(&reader), reader.isAtEnd else {
            throw .invalidArgument("The cursor is not one of a listing of marks: begin anew, without a cursor.")
        }
        self = place
    }
}

extension ControlStore {
    private static let feed = "feed"

    func readFeed(_ side: Side) async throws(StoreError) -> (record: FeedRecord, revision: Revision)? {
        guard let entry = try await store.get(key(ControlStore.feed, UInt64(side.rawValue))) else { return nil }
        return (try FeedRecord(encoded: entry.value), entry.revision)
    }

    /// Keeps how far a feed was carried over; false when somebody else has written it meanwhile.
    func keep(_ record: FeedRecord, _ side: Side, if precondition: Precondition) async throws(StoreError) -> Bool {
        try await put(record.encoded, at: key(ControlStore.feed, UInt64(side.rawValue)), if: precondition)
    }
}
