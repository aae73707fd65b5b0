/// The feed of a memory store: the last change of every key, in the order of these.
struct MemoryFeed: Sendable {
    private let keysMax: Int
    private var changes = SortedMap<UInt64, Key>()
    private var places: [Key: UInt64] = [:]
    /// The number of the last change.
    private var last: UInt64 = 0
    /// The number of the last change that was forgotten.
    private var forgotten: UInt64 = 0

    init(keysMax: Int) { self.keysMax = keysMax }

    mutating func append(_ key: Key) {
        last += 1
        if let place = places.updateValue(last, forKey: key) { changes[place] = nil }
        changes[last] = key
        guard places.count > keysMax else { return }
        var position = changes.lowerBound(of: 0)
        guard let oldest = changes.next(&position) else { return }
        changes[oldest.key] = nil
        places[oldest.value] = nil
        forgotten = oldest.key
    }

    var end: FeedPosition { MemoryFeed.position(last) }

    func changes(since position: FeedPosition, limit: Int) throws(StoreError) -> ChangePage? {
        var reader = KeyReader(position.bytes)
        guard let since = reader.integer(), reader.isAtEnd, since <= last else { throw .noFeedPosition }
        guard since >= forgotten else { return nil }
        var found: [KeyChange] = []
        var place = changes.upperBound(of: since)
        while found.count < limit {
            guard let (number, key) = changes.next(&place) else {
                return ChangePage(changes: found, position: end, isAtEnd: true)
            }
            found.append(KeyChange(key: key, position: MemoryFeed.position(number)))
        }
        return ChangePage(changes: found, position: found.last?.position ?? position, isAtEnd: false)
    }

    private static func position(_ number: UInt64) -> FeedPosition {
        var writer = KeyWriter()
        writer.append(integer: number)
        return FeedPosition(bytes: writer.bytes)
    }
}
