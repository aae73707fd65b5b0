public import KeyValue

/// Leads a migration from step to step. It keeps nothing to itself: whatever it was about when it stopped, another goes
/// on from the control record. Of two at the same time, the one that came later goes on, and the other is refused with
/// `StoreError.Code.locked`.
public struct MigrationController: Sendable {
    let stores: MigrationStores
    /// Who does it, for the audit log.
    var actor: String
    private let token: UInt64
    private let environment: StoreEnvironment
    let milliseconds: @Sendable () -> UInt64

    /// Plans a migration: makes the control record of a new one, and lets nobody write to the target but its workers.
    ///
    /// Throws `StoreError.Code.invalidArgument` with the reason, a ``PlanReport/Finding``, when ``check(_:_:environment:)``
    /// finds something that stands in the way. The source may be read for that, once.
    ///
    /// - Parameters:
    ///   - stores: the two stores, and the one that controls them.
    ///   - source: what people call the source.
    ///   - target: what people call the target; its name is what whoever opens the source later is told.
    ///   - plan: what is agreed on before.
    ///   - actor: who does it, for the audit log.
    ///   - environment: time and randomness.
    ///   - milliseconds: the time since 1970, for the audit log.
    ///   - report: is told what was found, before anything is refused for it.
    public static func plan(
        _ stores: MigrationStores,
        source: String,
        target: String,
        _ plan: MigrationPlan = MigrationPlan(),
        actor: String,
        environment: StoreEnvironment = .live,
        milliseconds: @escaping @Sendable () -> UInt64,
        told report: (PlanReport) -> Void = { _ in }
    ) async throws(StoreError) -> MigrationController {
        try await create(
            stores,
            source: source,
            target: target,
            plan,
            actor: actor,
            environment: environment,
            milliseconds: milliseconds,
            told: report
        )
        let controller = try await open(stores, actor: actor, environment: environment, milliseconds: milliseconds)
        _ = try await controller.settle()
        return controller
    }

    /// Makes the control record of a new migration, as ``plan(_:source:target:_:actor:environment:milliseconds:told:)`` does,
    /// and leaves the rest to a worker that waits for it: two controllers would get into each other's way.
    public static func create(
        _ stores: MigrationStores,
        source: String,
        target: String,
        _ plan: MigrationPlan = MigrationPlan(),
        actor: String,
        environment: StoreEnvironment = .live,
        milliseconds: @escaping @Sendable () -> UInt64,
        told report: (PlanReport) -> Void = { _ in }
    ) async throws(StoreError) {
        let tell = report
        let sourceName = try await StoreName.recognise(stores.source, name: source, environment: environment)
        let targetName = try await StoreName.recognise(stores.target, name: target, environment: environment)
        let report = try await check(stores, plan, environment: environment)
        tell(report)
        if let finding = report.findings.first(where: \.isRefusal) {
            var metadata = ["reason": finding.rawValue]
            metadata["key"] = report.tooLarge.map(\.text)
            throw .invalidArgument("The migration can't be planned: see the reason.", metadata)
        }
        let audit = AuditEntry(number: 0, milliseconds: milliseconds(), actor: actor, text: "planned the migration")
        var record = ControlRecord(source: sourceName, target: targetName, plan: plan, controller: 0, audit: audit)
        record.expectedRecords = report.records
        // Epochs of fences only grow, and either store may have been through a migration before.
        for side in Side.allCases {
            for bin in try await stores[side].bins() {
                record.epoch = max(record.epoch, try await stores[side].fence(of: bin).epoch + 1)
            }
        }
        try await stores.control.requireUnplanned()
        // All of it before the record, for which workers may be waiting.
        try await stores.control.keepStanding(of: stores.foreign)
        try await stores.control.create(record)
    }

    /// Takes over a migration that has been planned.
    public static func open(
        _ stores: MigrationStores,
        actor: String,
        environment: StoreEnvironment = .live,
        milliseconds: @escaping @Sendable () -> UInt64
    ) async throws(StoreError) -> MigrationController {
        try await stores.requireIdentities(of: try await stores.control.read())
        let token = try await stores.control.takeOver(actor: actor, milliseconds: milliseconds())
        return MigrationController(
            stores: stores,
            actor: actor,
            token: token,
            environment: environment,
            milliseconds: milliseconds
        )
    }

    /// The control record as it is.
    public func record() async throws(StoreError) -> ControlRecord { try await stores.control.read() }

    func change(
        _ change: (inout ControlRecord) throws(StoreError) -> String?
    ) async throws(StoreError) -> ControlRecord {
        try await stores.control.change(token: token, actor: actor, milliseconds: milliseconds(), change)
    }

    /// Changes how hard workers may work.
    public func throttle(_ throttle: Throttle) async throws(StoreError) {
        _ = try await change { (record) throws(StoreError) in
            guard record.throttle != throttle else { return nil }
            record.throttle = throttle
            return "changed the throttle"
        }
    }
}

// MARK: - Barriers

extension MigrationController {
    private static let pollInterval = Duration.milliseconds(20)

    /// Sets the fences of the present mode, and waits until no client acts in an earlier one any more.
    ///
    /// A client that is gone is waited for as long as its lease. Throws `StoreError.Code.timedOut` after `waitMax`;
    /// calling again goes on waiting.
    @discardableResult
    public func settle(waitMax: Duration = .seconds(60)) async throws(StoreError) -> ControlRecord {
        let deadline = environment.now() + waitMax
        var watch = ClientWatch()
        var fenced: (epoch: UInt64, at: Duration) = (0, .zero)
        while true {
            let record = try await stores.control.read()
            if record.hasPassedBarrier { return record }
            if fenced.epoch != record.epoch {
                try await setFences(of: record)
                fenced = (record.epoch, environment.now())
            }
            let isFenced = environment.now() - fenced.at >= fencingDelay(record)
            var standings: [ClientStanding] = []
            for (id, registration, revision) in try await stores.control.clients() {
                let now = environment.now()
                let standing = watch.observe(id, registration, revision, epoch: record.epoch, now: now)
                standings.append(standing)
                // One that wakes up registers anew before it does anything.
                if standing == .lapsed { try await remove(id, revision) }
            }
            if isFenced, Barrier.isComplete(standings) {
                try await beginFeeds(record)
                return try await change { (changed) throws(StoreError) in
                    guard changed.epoch == record.epoch, !changed.hasPassedBarrier else { return nil }
                    changed.hasPassedBarrier = true
                    changed.state = changed.state.passedBarrier()
                    return nil
                }
            }
            guard environment.now() < deadline else {
                throw StoreError(
                    .timedOut,
                    "Not every client has acknowledged the mode: wait again, or find out which of them is stuck.",
                    ["clients": "\(standings.count { $0 == .behind })"]
                )
            }
            do { try await environment.sleep(MigrationController.pollInterval) } catch { throw .cancelled }
        }
    }

    private func remove(_ client: UInt64, _ revision: Revision) async throws(StoreError) {
        do throws(StoreError) {
            try await stores.control.unregister(client, if: .revision(revision))
        } catch {
            guard error.code == .preconditionFailed else { throw error }
        }
    }

    private func fencingDelay(_ record: ControlRecord) -> Duration {
        record.state.fencingDelay(
            source: stores.source.capabilities.fencingDelay,
            target: stores.target.capabilities.fencingDelay
        )
    }

    /// What is in the feeds from before is of no more interest, but for the store whose changes are carried over: no
    /// client writes to another one in this mode, and what clients wrote there earlier has been carried over.
    private func beginFeeds(_ record: ControlRecord) async throws(StoreError) {
        for side in Side.allCases where record.mode.direction?.origin != side {
            if let feed = stores[side] as? FeedMarks { try await feed.begin(epoch: record.epoch) }
        }
    }

    private func setFences(of record: ControlRecord) async throws(StoreError) {
        for side in Side.allCases {
            let fence = record.state.fence(of: side, epoch: record.epoch, movingTo: record.target)
            if stores.isForeign(side) {
                try await setForeignFence(of: record)
                continue
            }
            let store = stores[side]
            _ = try await sideBySide(try await store.bins()) { (bin) throws(StoreError) in
                let present = try await store.fence(of: bin)
                // A newer one is another controller's, and one that was moved away from stays so.
                if present.epoch >= fence.epoch { return }
                if case .movedAway = present.admission { return }
                try await store.setFence(of: bin, to: fence, expecting: present)
            }
        }
    }
}

// MARK: - Steps

extension MigrationController {
    /// Makes one step, once every client has acknowledged the present mode.
    ///
    /// Throws `StoreError.Code.invalidArgument` with the reason, a ``StepRefusal``, when it can't be made now.
    @discardableResult
    public func step(to mode: MigrationMode, waitMax: Duration = .seconds(60)) async throws(StoreError) -> ControlRecord
    {
        let record = try await settle(waitMax: waitMax)
        try await requireStep(to: mode, from: record)
        _ = try await change { (changed) throws(StoreError) in
            guard changed.epoch == record.epoch else {
                throw StoreError(.staleMode, "The migration has made another step meanwhile: look at it again.")
            }
            changed.state = changed.state.stepped(to: mode)
            changed.epoch += 1
            changed.hasPassedBarrier = false
            return AuditEntry.text(ofStepFrom: record.mode, to: mode)
        }
        return try await settle(waitMax: waitMax)
    }

    func requireStep(to mode: MigrationMode, from record: ControlRecord) async throws(StoreError) {
        guard let refusal = try await refusal(ofStepTo: mode, from: record) else { return }
        throw .invalidArgument(
            "The step can't be made now: see the reason.",
            ["from": "\(record.mode)", "to": "\(mode)", "reason": refusal.rawValue]
        )
    }

    /// Why a step can't be made now; nil when it can.
    public func refusal(
        ofStepTo mode: MigrationMode,
        from record: ControlRecord
    ) async throws(StoreError) -> StepRefusal? {
        var state = record.state
        if try await LiveCopier.isFinished(stores.control) { state = state.copied() }
        // Before marks are counted, those of whoever is refused then are among them; and after, for a gap that was found
        // while they were listed.
        let early = try await foreignRefusal(ofStepTo: mode, from: record)
        let marks = try await marksLeft(record)
        let clients = try await stores.control.clients().map(\.registration)
        let scope = min(stores.source.capabilities.batchScope, stores.target.capabilities.batchScope)
        let facts = MigrationFacts(
            isBarrierComplete: record.hasPassedBarrier,
            isDirty: marks > 0,
            isUnproven: mode == .sourceHeld ? try await proof().debt > 0 : false,
            isWithinHold: marks <= record.plan.marksMax,
            isReached: clients.allSatisfy(\.reachesBoth),
            isScopeKept: clients.allSatisfy { $0.leastScope <= scope }
        )
        if let refusal = state.refusal(ofStepTo: mode, facts) ?? early { return refusal }
        return try await foreignRefusal(ofStepTo: mode, from: record)
    }

    /// How many marks of the mode's direction there are; of each bin no more are counted than writes may be held for,
    /// and a page.
    func marksLeft(_ record: ControlRecord) async throws(StoreError) -> UInt64 {
        guard let direction = record.mode.direction else { return 0 }
        let (stores, marksMax) = (stores, record.plan.marksMax)
        return try await sideBySide(try await stores[direction.origin].bins()) { (bin) throws(StoreError) -> UInt64 in
            try await stores.countMarks(in: bin, of: direction.origin, upTo: marksMax)
        }.reduce(0, +)
    }
}

// MARK: - Ways of several steps

extension MigrationController {
    /// Moves reads and writes to the target. Writes are held meanwhile, for no longer than the plan allows; if that is
    /// not enough, they go on at the source, and `StoreError.Code.timedOut` is thrown.
    public func switchOver() async throws(StoreError) {
        do throws(StoreError) {
            try await refuseForeignWriters()
            try await step(to: .sourceHeld)
        } catch {
            try await restoreForeignFence()
            throw error
        }
        guard try await drain(.forward) else {
            try await step(to: .captured)
            throw StoreError(
                .timedOut,
                "What had changed could not be carried over while writes were held: they go on at the source."
            )
        }
        try await step(to: .targetHeld)
        try await step(to: .switched)
    }

    /// Moves reads and writes back to the source, with everything that was written since they had left it.
    ///
    /// Throws `StoreError.Code.unsupported` if something was written since, and the source is one that other programs
    /// write: there is no way to carry it back to them.
    public func rollBack() async throws(StoreError) {
        if stores.isForeign(.source), try await marksLeft(try await record()) > 0 {
            throw .unsupported(
                "Since the switch the target has been written, and nothing can be carried back to the layout of the source."
            )
        }
        try await step(to: .targetHeld)
        guard try await drain(.reverse) else {
            try await step(to: .switched)
            throw StoreError(
                .timedOut,
                "What had changed could not be carried back while writes were held: they go on at the target."
            )
        }
        try await step(to: .sourceHeld)
        try await step(to: .captured)
        try await stores.control.forgetLateWrites()
    }

    /// Carries over what is marked while writes are held; false when that takes longer than the plan allows.
    private func drain(_ direction: Direction) async throws(StoreError) -> Bool {
        let reconciler = Reconciler(stores)
        let record = try await record()
        let deadline = environment.now() + record.plan.holdMax
        while try await marksLeft(record) > 0 {
            guard environment.now() < deadline else { return false }
            _ = try await reconciler.pass(direction)
        }
        return true
    }

    /// Ends the migration for good: the target has the records, the source says so for ever, and no worker can write
    /// any more. From now on the target is a store like any other.
    ///
    /// Throws `StoreError.Code.invalidArgument` as long as programs have changed the source since the switch and nobody
    /// has acknowledged it (``ControlStore/acknowledgeLateWrites(actor:milliseconds:)``).
    public func finalize() async throws(StoreError) {
        if try await record().mode != .target {
            try await requireNoLateWrites()
            try await step(to: .target)
        }
        try await retire()
    }

    /// Gives the migration up: the source stays what it was before. The target is of no more use until it is emptied.
    public func abandon() async throws(StoreError) {
        let mode = try await record().mode
        if mode == .sourceHeld { try await step(to: .captured) }
        if mode != .source { try await step(to: .source) }
        try await retire()
    }

    /// Sees to it that no worker can write any more, and removes what the migration has left behind.
    private func retire() async throws(StoreError) {
        let settled = try await settle()
        _ = try await change { (record) throws(StoreError) in
            let facts = MigrationFacts(isBarrierComplete: record.hasPassedBarrier, isDirty: false)
            guard record.epoch == settled.epoch, let state = record.state.retired(facts) else { return nil }
            record.state = state
            record.epoch += 1
            record.hasPassedBarrier = false
            return "retired the workers"
        }
        let record = try await settle()
        guard record.state.mayCollect() else { return }
        try await removeLeftovers(on: record.mode.readSide, record)
    }

    /// Removes marks, and the tombstones that stood in for deletes.
    private func removeLeftovers(on side: Side, _ record: ControlRecord) async throws(StoreError) {
        let store = stores[side]
        _ = try await sideBySide(try await store.bins()) { (bin) throws(StoreError) in
            while true {
                let page = try await store.marks(in: bin, limit: 1_000, after: nil)
                try await store.clearMarks(page.marks.map(\.id), in: bin)
                if page.cursor == nil { break }
            }
        }
        guard store.capabilities.conditionalDelete, !stores.isForeign(side) else { return }
        for space in [KeySpace.records, .reservedData] {
            var cursor: Cursor?
            repeat {
                let options = ScanOptions(limit: 1_024, bytesMax: 1 << 20, includesTombstones: true)
                let page = try await store.scan(.all(in: space), options, after: cursor)
                let batches = page.filter(\.isTombstone).map { row in
                    WriteBatch([.init(.delete, at: row.key, if: .revision(row.revision))], epoch: record.epoch)
                }
                // One that was written over meanwhile is no tombstone any more.
                if !batches.isEmpty { _ = await store.write(each: batches) }
                cursor = page.cursor
            } while cursor != nil
        }
    }
}
