import KeyValue

/// What a client of a migration goes by, as a value: the mode that it has read, how long it may go by it, and what it
/// has under way. Nothing here waits or asks; times are those of the client's own clock.
struct ClientSession: Sendable {
    /// What an operation goes by from its beginning to its end.
    struct Ticket: Hashable, Sendable {
        /// The epoch of the control record that was read; batches carry it.
        var epoch: UInt64
        /// The mode of that record.
        var mode: MigrationMode
        /// What may be done in it.
        var permission: ClientPermission
        /// Which of the client's unbroken leases it belongs to.
        fileprivate var lease: UInt64
    }

    private var view: (epoch: UInt64, state: MigrationState)?
    private var heldUntil: Duration?
    /// How often the lease has been broken: what was begun before can't be trusted after.
    private var lease: UInt64 = 0
    private var underWay: [UInt64: Int] = [:]

    /// The mode that new operations go by; nil before the first reading.
    var state: MigrationState? { view?.state }
    /// The epoch of that mode; 0 before the first reading.
    var epoch: UInt64 { view?.epoch ?? 0 }

    /// Which epoch the client can say it acts in: the earliest in which something is under way.
    var acknowledgedEpoch: UInt64 { min(underWay.keys.min() ?? epoch, epoch) }

    /// Whether new operations may begin.
    func isHeld(now: Duration) -> Bool { heldUntil.map { now < $0 } ?? false }

    /// Begins an operation; nil when the lease has to be renewed first.
    mutating func begin(now: Duration) -> Ticket? {
        guard let view, isHeld(now: now) else { return nil }
        underWay[view.epoch, default: 0] += 1
        return Ticket(epoch: view.epoch, mode: view.state.mode, permission: view.state.permission(), lease: lease)
    }

    /// Ends an operation; whether the lease has held all the time, so that what was read is still true.
    mutating func end(_ ticket: Ticket, now: Duration) -> Bool {
        let left = (underWay[ticket.epoch] ?? 1) - 1
        underWay[ticket.epoch] = left > 0 ? left : nil
        return ticket.lease == lease && isHeld(now: now)
    }

    /// Takes in a record that was read; whether it is news.
    mutating func adopt(epoch: UInt64, _ state: MigrationState) -> Bool {
        if let view, view.epoch > epoch || (view.epoch == epoch && view.state == state) { return false }
        view = (epoch, state)
        return true
    }

    /// Takes in that the client has registered, and has read the record after that.
    ///
    /// - Parameters:
    ///   - sent: when, from before the registration was sent.
    ///   - duration: for how long the registration holds, in the eyes of others.
    ///   - registered: when its reply was there. If the lease before had run out by then, a controller may have gone on
    ///     without this client, and what is under way is not trusted any more.
    mutating func renew(sent: Duration, duration: Duration, registered: Duration) {
        if !isHeld(now: registered) { lease += 1 }
        // A tenth earlier than others, whose clocks may run at another speed.
        heldUntil = max(heldUntil ?? .zero, sent + duration - duration / 10)
    }
}
