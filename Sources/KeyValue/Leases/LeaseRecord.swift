/// What is kept of a lease: who holds it, for how long at a time, and how often it has changed hands.
struct LeaseRecord: Hashable, Sendable {
    private static let format: UInt8 = 1

    /// The fencing token: one more with every acquisition.
    var token: UInt64
    /// 64 random bits of the holder; nil after a release.
    var holder: UInt64?
    /// For how long a renewal holds.
    var duration: Duration

    /// Format 1: the token, a byte that says whether there is a holder, the holder, and whole milliseconds, all
    /// big-endian.
    var encoded: [UInt8] {
        var writer = KeyWriter()
        writer.append(byte: LeaseRecord.format)
        writer.append(integer: token)
        writer.append(byte: holder == nil ? 0 : 1)
        writer.append(integer: holder ?? 0)
        writer.append(
            integer: UInt64(clamping: duration.components.seconds) &* 1_000
                &+ UInt64(clamping: duration.components.attoseconds / 1_000_000_000_000_000)
        )
        return writer.bytes
    }

    init(token: UInt64, holder: UInt64?, duration: Duration) {
        self.token = token
        self.holder = holder
        self.duration = duration
    }

    init(encoded: [UInt8]) throws(StoreError) {
        var reader = KeyReader(encoded)
        let format = reader.byte()
        guard format.map({ $0 <= LeaseRecord.format }) ?? true else {
            throw StoreError(.newerFormat, "A lease is of a newer format: use a newer release.")
        }
        guard format == LeaseRecord.format, let token = reader.integer(), let isHeld = reader.byte(), isHeld <= 1,
            let holder = reader.integer(), let milliseconds = reader.integer(),
            let signed = Int64(exactly: milliseconds), reader.isAtEnd
        else {
            throw StoreError(.corrupted, "A lease can't be read: remove it when nobody can hold it.")
        }
        self.init(token: token, holder: isHeld == 1 ? holder : nil, duration: .milliseconds(signed))
    }
}
