/// Gives out leases, kept in a store, to processes that share the store: at most one holder of a name at a time, as
/// long as everybody's clock runs at nearly the same speed.
///
/// It needs a store with conditional writes that are exclusive among all clients. Leases lie in the local half of
/// reserved space and are never copied to another store.
public struct LeaseKeeper: Sendable {
    /// How much earlier than others a holder takes its lease to be over: one part in this many, for clocks that run
    /// at different speeds.
    private static let driftShare = 10
    private static let partition = Array("leases".utf8)

    private let store: any KeyValueStore
    private let duration: Duration
    private let holder: UInt64
    private let environment: StoreEnvironment

    /// A keeper of leases in `store`, each of which holds for `duration` without being renewed: from 10 milliseconds
    /// to a day.
    public init(
        store: any KeyValueStore,
        duration: Duration,
        environment: StoreEnvironment = .live
    ) throws(StoreError) {
        guard store.capabilities.conditionalWrite, store.capabilities.consistency >= .exclusiveWrites else {
            throw .unsupported("Leases need a store whose conditional writes exclude each other.")
        }
        guard duration >= .milliseconds(10), duration <= .seconds(86_400) else {
            throw .invalidArgument("A lease holds for 10 milliseconds to a day.", ["duration": "\(duration)"])
        }
        self.store = store
        self.duration = duration
        self.environment = environment
        holder = environment.random()
    }

    /// Acquires a lease, waiting at most `waitMax` for its holder to release it or to stop renewing it. Taking over
    /// from a holder that is gone takes that holder's whole duration.
    ///
    /// - Returns: The lease, or nil when somebody else still held it in the end.
    public func acquire(_ name: String, waitMax: Duration = .zero) async throws(StoreError) -> Lease? {
        let deadline = environment.now() + waitMax
        var watch = LeaseWatch()
        while true {
            var wait = Duration.zero
            switch try await look(at: name, &watch) {
            case .taken(let lease): return lease
            case .wait(let rest): wait = rest
            }
            let left = deadline - environment.now()
            guard left > .zero else { return nil }
            // A release shows only when it is looked for, so the lease is looked at more often than it runs out.
            wait = min(left, max(.milliseconds(5), min(wait, duration / 4)))
            do { try await environment.sleep(wait) } catch { throw .cancelled }
        }
    }

    /// Takes a lease if it is free, or if the watch has seen it unchanged for as long as it runs; nil otherwise. Whoever
    /// comes again and again with the same watch finds out by and by that a holder is gone.
    package func acquire(_ name: String, _ watch: inout LeaseWatch) async throws(StoreError) -> Lease? {
        guard case .taken(let lease) = try await look(at: name, &watch) else { return nil }
        return lease
    }

    /// What came of a look at a lease.
    private enum Look {
        case taken(Lease)
        /// Not before this much more time.
        case wait(Duration)
    }

    private func look(at name: String, _ watch: inout LeaseWatch) async throws(StoreError) -> Look {
        let now = environment.now()
        guard let entry = try await store.get(key(name)) else {
            return try await take(name, token: 1, if: .absent).map { .taken($0) } ?? .wait(.zero)
        }
        let record = try LeaseRecord(encoded: entry.value)
        switch watch.observe(record, entry.revision, now: now) {
        case .free:
            let taken = try await take(name, token: record.token + 1, if: .revision(entry.revision))
            return taken.map { .taken($0) } ?? .wait(.zero)
        case .wait(let rest): return .wait(rest)
        }
    }

    /// Makes a lease hold for its whole duration from now.
    ///
    /// - Returns: The lease to go on with, or nil when somebody else has taken it over.
    public func renew(_ lease: Lease) async throws(StoreError) -> Lease? {
        try await take(lease.name, token: lease.token, if: .revision(lease.revision))
    }

    /// Gives a lease back, so that others need not wait for its end. Harmless when it has been lost already.
    public func release(_ lease: Lease) async throws(StoreError) {
        let record = LeaseRecord(token: lease.token, holder: nil, duration: duration)
        do throws(StoreError) {
            try await store.put(record.encoded, at: key(lease.name), if: .revision(lease.revision))
        } catch {
            guard error.code == .preconditionFailed else { throw error }
        }
    }

    /// Whether the lease still holds, by this process's clock and with allowance for others'.
    public func isHeld(_ lease: Lease) -> Bool { environment.now() < lease.heldUntil }

    private func key(_ name: String) -> Key {
        Key(partition: LeaseKeeper.partition, bytes: Array(name.utf8), space: .reservedLocal)
    }

    private func take(
        _ name: String,
        token: UInt64,
        if precondition: Precondition
    ) async throws(StoreError) -> Lease? {
        // Measured from before the request: the others measure from after they have seen what it wrote.
        let sent = environment.now()
        let record = LeaseRecord(token: token, holder: holder, duration: duration)
        do throws(StoreError) {
            guard let revision = try await store.put(record.encoded, at: key(name), if: precondition) else {
                return nil
            }
            return Lease(
                name: name,
                token: token,
                heldUntil: sent + duration - duration / LeaseKeeper.driftShare,
                revision: revision
            )
        } catch {
            guard error.code == .preconditionFailed else { throw error }
            return nil
        }
    }
}
