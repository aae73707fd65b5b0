import KeyValue

/// Up to where everything has been written, in one value.
///
/// Format 1: the byte 1; one byte of options; the place, as a byte 0, the space and the cursor's bytes, or as a byte 1
/// and a key; the row before it, as its key and the 16 bytes of its hash; rows read, written, kept and failed, and bytes
/// written. Numbers are 64-bit big-endian; byte strings have a 32-bit big-endian length before them, and no cursor is
/// the empty one.
struct Checkpoint: Sendable {
    /// Where to go on.
    enum Place: Hashable {
        /// There in the source's own order.
        case cursor(StorePlace)
        /// Behind this key, in the order of keys.
        case key(Key)
    }

    private static let format: UInt8 = 1

    /// The options that a place depends on.
    var options: UInt8
    var place: Place
    /// The last row before the place.
    var last: Key
    var lastHash: UInt128
    /// What was done up to there, without the list of failures.
    var report: CopyReport

    var encoded: [UInt8] {
        var writer = KeyWriter()
        writer.append(byte: Checkpoint.format)
        writer.append(byte: options)
        switch place {
        case .cursor(let place):
            writer.append(byte: 0)
            writer.append(byte: place.space.rawValue)
            writer.append(string: place.cursor?.bytes ?? [])
        case .key(let key):
            writer.append(byte: 1)
            writer.append(key: key)
        }
        writer.append(key: last)
        writer.append(integer: UInt64(truncatingIfNeeded: lastHash >> 64))
        writer.append(integer: UInt64(truncatingIfNeeded: lastHash))
        for count in [report.read, report.written, report.kept, report.failed, report.bytesWritten] {
            writer.append(integer: UInt64(count))
        }
        return writer.bytes
    }
}

extension Checkpoint {
    /// The checkpoint of a value; nil for anything that this release does not write.
    init?(encoded: [UInt8]) {
        var reader = KeyReader(encoded)
        guard reader.byte() == Checkpoint.format, let options = reader.byte(), let place = reader.place(),
            let last = reader.key(), let high = reader.integer(), let low = reader.integer(),
            let read = reader.count(), let written = reader.count(), let kept = reader.count(),
            let failed = reader.count(), let bytesWritten = reader.count(), reader.isAtEnd,
            read == written + kept + failed
        else { return nil }
        self.init(
            options: options,
            place: place,
            last: last,
            lastHash: UInt128(high) << 64 | UInt128(low),
            report: CopyReport(
                read: read,
                written: written,
                kept: kept,
                failed: failed,
                bytesWritten: bytesWritten
            )
        )
    }

    /// The hash of a row, to tell whether it is still what it was.
    static func hash(_ value: [UInt8], isTombstone: Bool) -> UInt128 {
        var hash = SipHash(key: DigestSeed(low: 0, high: isTombstone ? 1 : 0))
        value.withUnsafeBytes { hash.append($0) }
        return hash.finish()
    }
}

extension KeyReader {
    fileprivate mutating func place() -> Checkpoint.Place? {
        switch byte() {
        case 0:
            guard let raw = byte(), let space = KeySpace(rawValue: raw), let bytes = string() else { return nil }
            return .cursor(StorePlace(space: space, cursor: bytes.isEmpty ? nil : Cursor(bytes: bytes)))
        case 1: return key().map { .key($0) }
        default: return nil
        }
    }

    /// A number that can be counted on from without end.
    fileprivate mutating func count() -> Int? {
        guard let number = integer(), number < 1 << 60 else { return nil }
        return Int(number)
    }
}
