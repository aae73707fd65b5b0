import KeyValue

/// What a client of a migration says of itself, and says again as long as it is there.
///
/// A client registers before it reads the control record for the first time, and each renewal tells the epoch that it
/// acts in. A controller that has listed the registrations after a step therefore knows of everybody who may still act
/// in the mode before.
struct ClientRegistration: Hashable, Sendable {
    private static let format: UInt8 = 1

    /// The epoch in which the client acts, with nothing of an earlier one under way; 0 for a client that has not read
    /// the record yet and does nothing.
    var epoch: UInt64
    /// For how long the registration holds without being renewed.
    var lease: Duration
    /// Whether the client reaches both stores.
    var reachesBoth: Bool
    /// The narrowest scope of batches that the client can do with.
    var leastScope: BatchScope

    /// Format 1: the byte 1, the epoch, the lease in milliseconds, a flag, the scope as a byte.
    var encoded: [UInt8] {
        var writer = KeyWriter()
        writer.append(byte: ClientRegistration.format)
        writer.append(integer: epoch)
        writer.append(duration: lease)
        writer.append(flag: reachesBoth)
        writer.append(scope: leastScope)
        return writer.bytes
    }

    init(epoch: UInt64, lease: Duration, reachesBoth: Bool, leastScope: BatchScope = .key) {
        self.epoch = epoch
        self.lease = lease
        self.reachesBoth = reachesBoth
        self.leastScope = leastScope
    }

    /// Throws `StoreError.Code.newerFormat` or `StoreError.Code.corrupted`.
    init(encoded: [UInt8]) throws(StoreError) {
        var reader = KeyReader(encoded)
        try reader.requireFormat(ClientRegistration.format)
        guard let epoch = reader.integer(), let lease = reader.duration(), let reachesBoth = reader.flag(),
            let leastScope = reader.scope(), reader.isAtEnd
        else { throw .damagedControl }
        self.init(epoch: epoch, lease: lease, reachesBoth: reachesBoth, leastScope: leastScope)
    }
}

/// The pure half of waiting for clients: who has acknowledged, and who is gone.
///
/// No clocks are compared: a client whose registration was seen unchanged for as long as it holds, on the watcher's
/// clock, has stopped before, since it measures from before it renewed.
struct ClientWatch: Sendable {
    private var seen: [UInt64: (revision: Revision, since: Duration)] = [:]

    /// How a client stands to the epoch of the record.
    mutating func observe(
        _ client: UInt64,
        _ registration: ClientRegistration,
        _ revision: Revision,
        epoch: UInt64,
        now: Duration
    ) -> ClientStanding {
        if registration.epoch == epoch { return .current }
        guard let seen = seen[client], seen.revision == revision else {
            seen[client] = (revision, now)
            return .behind
        }
        return now - seen.since >= registration.lease ? .lapsed : .behind
    }
}
