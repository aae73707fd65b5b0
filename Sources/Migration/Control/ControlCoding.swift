import KeyValue

extension StoreError {
    /// ``Code/corrupted`` for a row of a control store.
    static var damagedControl: StoreError {
        StoreError(.corrupted, "A row of the migration's control store can't be read: restore it from a copy.")
    }
}

extension String {
    /// As much of its beginning as surely fits into so many bytes of UTF-8; all of it, if it does.
    func prefix(bytesMax: Int) -> String {
        // A character has any number of bytes, a scalar at most four.
        utf8.count <= bytesMax ? self : String(String.UnicodeScalarView(unicodeScalars.prefix(bytesMax / 4)))
    }
}

extension KeyWriter {
    mutating func append(flag: Bool) { append(byte: flag ? 1 : 0) }

    mutating func append(text: String) { append(string: Array(text.utf8)) }

    /// Whole milliseconds, at most those of a year.
    mutating func append(duration: Duration) {
        let (seconds, attoseconds) = min(max(duration, .zero), KeyReader.durationMax).components
        append(integer: UInt64(seconds * 1_000 + attoseconds / 1_000_000_000_000_000))
    }

    /// A flag, and the number if there is one.
    mutating func append(limit: UInt64?) {
        append(flag: limit != nil)
        if let limit { append(integer: limit) }
    }

    mutating func append(scope: BatchScope) { append(byte: UInt8(clamping: scope.rawValue)) }

    mutating func append(store: StoreName) {
        append(text: store.name)
        append(integer: store.high)
        append(integer: store.low)
    }
}

extension KeyReader {
    /// Throws unless the first byte names this format: `StoreError.Code.newerFormat` for a larger one. No release has
    /// written a smaller one.
    mutating func requireFormat(_ format: UInt8) throws(StoreError) {
        guard let found = byte(), found >= format else { throw .damagedControl }
        guard found == format else {
            throw StoreError(
                .newerFormat,
                "The migration is controlled by a newer release: use that one.",
                ["format": "\(found)", "known": "\(format)"]
            )
        }
    }

    mutating func flag() -> Bool? {
        switch byte() {
        case 0: false
        case 1: true
        default: nil
        }
    }

    mutating func text(bytesMax: Int) -> String? {
        guard let bytes = string(), bytes.count <= bytesMax else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    /// A year, so that it can be added to any time.
    fileprivate static let durationMax = Duration.milliseconds(366 * 86_400_000)

    mutating func duration() -> Duration? {
        guard let milliseconds = integer(), milliseconds <= 366 * 86_400_000 else { return nil }
        return .milliseconds(Int64(milliseconds))
    }

    mutating func limit() -> UInt64?? {
        switch flag() {
        case false?: .some(nil)
        case true?: integer().map { .some($0) }
        case nil: nil
        }
    }

    mutating func scope() -> BatchScope? { byte().flatMap { BatchScope(rawValue: Int($0)) } }

    mutating func store() -> StoreName? {
        guard let name = text(bytesMax: ControlRecord.nameBytesMax), !name.isEmpty, let high = integer(),
            let low = integer()
        else { return nil }
        return StoreName(name: name, high: high, low: low)
    }
}
