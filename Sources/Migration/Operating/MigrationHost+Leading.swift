import KeyValue
import Synchronization

/// What one of the workers does besides: it takes the requests of operators, and looks after the control store.
extension MigrationHost {
    private static let leaseDuration = Duration.seconds(5)
    /// How much of a lease is left when it is renewed.
    private static let renewalRest = Duration.milliseconds(3_500)

    /// What the leader has in hand.
    private struct Leadership {
        var lease: Lease
        var controller: MigrationController
        /// Requests that were there before: whoever asked may be gone, and then does not say so again.
        var early: [UInt64: Revision]
    }

    func lead() async {
        do throws(StoreError) {
            let leases = try LeaseKeeper(
                store: stores.control.store,
                duration: MigrationHost.leaseDuration,
                environment: environment
            )
            await lead(leases)
        } catch {
            state.withLock { $0.hindrances["leading"] = error.line }
        }
    }

    private func lead(_ leases: LeaseKeeper) async {
        var leadership: Leadership?
        var pruning = Pruning()
        var estimate = Estimate()
        var lookedAt: Duration?
        var execution: (task: Task<Void, Never>, isDone: Flag)?
        await repeating("leading") { () throws(StoreError) in
            let record = try await stores.control.read()
            if execution?.isDone.isSet == true { execution = nil }
            if record.isOver, execution == nil,
                try await stores.control.requests().allSatisfy({ $0.request.isAnswered })
            {
                state.withLock { $0.isOver = true }
                return .zero
            }
            guard leads else { return .milliseconds(500) }
            if let lease = leadership?.lease, lease.heldUntil - environment.now() < MigrationHost.renewalRest {
                if let renewed = try await leases.renew(lease) {
                    leadership?.lease = renewed
                } else {
                    leadership = nil
                }
            }
            if leadership == nil {
                state.withLock { $0.isLeading = false }
                // What was begun is refused where it arrives, and has to be over before anything else begins.
                guard execution == nil else { return .milliseconds(100) }
                leadership = try await takeOver(leases)
            }
            guard let leading = leadership else { return .milliseconds(500) }
            if execution == nil { execution = try await takeRequest(leading) }
            let now = environment.now()
            if now - (lookedAt ?? .seconds(-1)) >= .seconds(1) {
                lookedAt = now
                try await look(record, &estimate)
                try await pruning.prune(stores.control, now: now)
                if execution == nil { try await leading.controller.watchForeignWriters() }
            }
            return execution == nil ? .milliseconds(200) : .milliseconds(100)
        }
        await execution?.task.value
        state.withLock { $0.isLeading = false }
        if let lease = leadership?.lease {
            await tidying { () throws(StoreError) in try await leases.release(lease) }
        }
    }

    /// Becomes the leader if nobody else is, which takes the lease's time when the one before has gone without a word.
    private func takeOver(_ leases: LeaseKeeper) async throws(StoreError) -> Leadership? {
        let waitMax = MigrationHost.leaseDuration * 2
        guard let lease = try await leases.acquire("migration/\(stores.control.name)/leader", waitMax: waitMax)
        else { return nil }
        let controller = try await MigrationController.open(
            stores,
            actor: name,
            environment: environment,
            milliseconds: milliseconds
        )
        state.withLock { $0.isLeading = true }
        // Writes that an earlier leader has held and left go on, where no step can fail.
        switch try await controller.record().mode {
        case .sourceHeld: try await controller.step(to: .captured)
        case .targetHeld: try await controller.step(to: .switched)
        default:
            try await settle(controller)
            try await controller.restoreForeignFence()
        }
        var early: [UInt64: Revision] = [:]
        for (number, request, revision) in try await stores.control.requests() {
            if request.answer == .waiting { early[number] = revision }
            guard request.answer == .taken else { continue }
            var answered = request
            answered.answer = .failed(
                "Whoever did it was stopped on the way: look where the migration is, and ask again."
            )
            _ = try await stores.control.keep(answered, number: number, if: .revision(revision))
        }
        return Leadership(lease: lease, controller: controller, early: early)
    }

    /// Sets the fences of a step whose leader has gone before it did. Clients that hang are for the next step to wait for.
    private func settle(_ controller: MigrationController) async throws(StoreError) {
        do throws(StoreError) {
            try await controller.settle(waitMax: .seconds(1))
        } catch {
            guard error.code == .timedOut else { throw error }
        }
    }

    /// Begins with a request that waits.
    private func takeRequest(
        _ leadership: Leadership
    ) async throws(StoreError) -> (task: Task<Void, Never>, isDone: Flag)? {
        for (number, request, revision) in try await stores.control.requests()
        where request.answer == .waiting && leadership.early[number] != revision {
            var taken = request
            taken.answer = .taken
            guard try await stores.control.keep(taken, number: number, if: .revision(revision)) else { continue }
            let isDone = Flag()
            // A task of its own: the lease is renewed meanwhile, and a step that has begun is made to its end.
            var controller = leadership.controller
            controller.actor = request.actor
            let task = Task { [controller] in
                await self.execute(request, number, controller)
                isDone.set()
            }
            return (task, isDone)
        }
        return nil
    }

    private func execute(_ request: OperatorRequest, _ number: UInt64, _ controller: MigrationController) async {
        var answered = request
        do throws(StoreError) {
            try await controller.perform(request.command)
            answered.answer = .done
        } catch {
            answered.answer = .failed(error.line)
        }
        let answer = answered
        for attempt in 1...10 {
            do throws(StoreError) {
                guard let (present, revision) = try await stores.control.request(number), present.answer == .taken
                else { return }
                _ = try await stores.control.keep(answer, number: number, if: .revision(revision))
                return
            } catch {
                state.withLock { $0.hindrances["answering"] = error.line }
            }
            do { try await environment.sleep(.milliseconds(100 * attempt)) } catch { return }
        }
    }

    /// Measures what only somebody with both stores open can see.
    private func look(_ record: ControlRecord, _ estimate: inout Estimate) async throws(StoreError) {
        let isResting = record.throttle.resting(at: milliseconds()) != nil
        let (work, rows) = try await rowsDone()
        estimate.note(rows, of: work, at: environment.now(), record.throttle, isResting: isResting)
        let perSecond = estimate.estimator.perSecond.map { UInt64(max(0, $0)) }
        let marks = try await countMarks(record)
        state.withLock { state in
            state.rowsPerSecond = perSecond
            state.marks = marks
        }
    }

    /// What is under way, and how many rows of it are done.
    private func rowsDone() async throws(StoreError) -> (work: Estimate.Work, rows: UInt64) {
        if try await LiveCopier.isFinished(stores.control), let (proof, _) = try await stores.control.readProof() {
            let totals = proof.ended == nil ? try await stores.control.totals(of: proof) : proof.totals
            return (.proof(proof.number), totals.records &+ totals.targetRecords)
        }
        return (.copying, try await stores.control.ranges().reduce(0) { $0 &+ $1.range.rows })
    }

    private func countMarks(_ record: ControlRecord) async throws(StoreError) -> UInt64? {
        guard let direction = record.mode.direction else { return nil }
        let countMax = WorkerReport.marksCountedMax
        var count: UInt64 = 0
        for bin in try await stores[direction.origin].bins() where count < countMax {
            count += try await stores.countMarks(in: bin, of: direction.origin, upTo: countMax - count)
        }
        return min(count, countMax)
    }
}

/// How fast copying goes, and then the proof. What it did under another throttle, or before a rest, tells nothing of that.
private struct Estimate {
    enum Work: Hashable {
        case copying
        /// The proof of this number.
        case proof(UInt64)
    }

    private(set) var estimator = RateEstimator.ofLongWork
    private var work = Work.copying
    private var throttle: Throttle?

    mutating func note(_ rows: UInt64, of work: Work, at time: Duration, _ throttle: Throttle, isResting: Bool) {
        if isResting || self.throttle != throttle || self.work != work { estimator = .ofLongWork }
        self.throttle = throttle
        self.work = work
        if rows > 0 { estimator.note(Int(clamping: rows), at: time) }
    }
}

/// Says once that something has come to its end.
private final class Flag: Sendable {
    private let value = Mutex(false)

    var isSet: Bool { value.withLock { $0 } }

    func set() { value.withLock { $0 = true } }
}

/// Removes what nobody needs any more from the control store: answers that were read, and what those left who have gone
/// without a word. A client that wakes up registers again before it does anything.
private struct Pruning {
    private static let silenceMax = Duration.seconds(60)

    private var seen: [Key: (revision: Revision, since: Duration)] = [:]

    mutating func prune(_ control: ControlStore, now: Duration) async throws(StoreError) {
        var present: Set<Key> = []
        for (number, _, revision) in try await control.requests()
        where isSilent(control.key("request", number), revision, .zero, now, &present) {
            _ = try await control.removeRequest(number, revision)
        }
        for (number, _, revision) in try await control.workers()
        where isSilent(control.key("worker", number), revision, .zero, now, &present) {
            try await control.forget(control.key("worker", number), revision)
        }
        for (number, registration, revision) in try await control.clients()
        where isSilent(control.key("client", number), revision, registration.lease, now, &present) {
            try await control.forget(control.key("client", number), revision)
        }
        seen = seen.filter { present.contains($0.key) }
    }

    private mutating func isSilent(
        _ key: Key,
        _ revision: Revision,
        _ lease: Duration,
        _ now: Duration,
        _ present: inout Set<Key>
    ) -> Bool {
        present.insert(key)
        guard let last = seen[key], last.revision == revision else {
            seen[key] = (revision, now)
            return false
        }
        return now - last.since >= Pruning.silenceMax + lease
    }
}

extension ControlStore {
    /// Removes a row unless somebody has written it meanwhile.
    fileprivate func forget(_ key: Key, _ revision: Revision) async throws(StoreError) {
        do throws(StoreError) {
            _ = try await store.delete(key, if: .revision(revision))
        } catch {
            guard error.code == .preconditionFailed else { throw error }
        }
    }
}
