public import KeyValue
import Synchronization

/// The store of a service whose records are on their way from one store to another.
///
/// It follows the control record by itself, so a service opens it once and runs through every step: reads go to the
/// store that has the records now, writes too, with the marks that the migration needs, and while it switches, writes
/// wait. It goes by a mode only under a lease, so this process and the network may stop at any moment.
///
/// - **Capabilities** are the weaker of both stores' while the migration runs. It takes no marks of its callers, keeps
///   no snapshots, and does not say what a delete removed. A batch that fits the store that it is written to, but no
///   longer both, is refused with `StoreError.Code.staleMode`: build it anew.
/// - **Revisions** do not cross the switch: what was read before it fails afterwards with
///   `StoreError.Code.preconditionFailed`, and is read again.
/// - **Batches of unknown outcome** are not recognised when they are sent again after the switch: what became of them
///   stays `StoreError.Code.outcomeUnknown`, and nothing is written twice.
/// - **Fences** of its callers are kept in the control store, and known here after at most the lease.
/// - **Deletes** leave tombstones where workers may be about to write an old value: whoever asks for tombstones sees
///   them, and the key is `Precondition.absent` but not `Precondition.vacant`. They go when the migration ends.
/// - The local half of reserved space stays where it is: what is kept there is not there after the switch.
public final class MigratingStore: KeyValueStore {
    private struct State {
        var session = ClientSession()
        /// The epoch that the last registration named.
        var registered: UInt64 = 0
        var fence = Fence.open
        var unresolved = UnresolvedWrites()
        var follower: Task<Void, Never>?
        var isClosed = false
    }

    private let stores: MigrationStores
    private let options: MigratingOptions
    private let environment: StoreEnvironment
    private let client: UInt64
    private let state = Mutex(State())

    private init(_ stores: MigrationStores, _ options: MigratingOptions, _ environment: StoreEnvironment) {
        self.stores = stores
        self.options = options
        self.environment = environment
        client = environment.random()
    }

    /// Opens the store of a migration, which takes over the stores and closes them in the end, the control store
    /// included.
    ///
    /// Throws `StoreError.Code.invalidArgument` when there is no migration of this name or the stores are not those
    /// that it names, and whatever the control store throws: without it there is no telling where the records are.
    public static func open(
        _ stores: MigrationStores,
        options: MigratingOptions = MigratingOptions(),
        environment: StoreEnvironment = .live
    ) async throws(StoreError) -> MigratingStore {
        let record = try await stores.control.read()
        try await stores.requireIdentities(of: record)
        let store = MigratingStore(stores, options, environment)
        try await store.renew()
        if options.followsByItself { store.startFollowing() }
        return store
    }

    public var system: String { "migration" }

    public var capabilities: Capabilities {
        let mode = state.withLock { $0.session.state?.mode } ?? .weakened
        return capabilities(in: mode)
    }

    private func capabilities(in mode: MigrationMode) -> Capabilities {
        var capabilities =
            switch mode {
            case .source: stores.source.capabilities
            case .target: stores.target.capabilities
            default: stores.source.capabilities.weaker(stores.target.capabilities)
            }
        capabilities.marks = false
        capabilities.changeFeed = false
        capabilities.snapshots = false
        capabilities.reportsDeletes = false
        capabilities.fencing = .leased(options.lease)
        return capabilities
    }
}

// MARK: - Following the control record

extension MigratingStore {
    /// Registers the client anew, with the epoch that it acts in, and reads the control record after that.
    package func renew() async throws(StoreError) {
        while true {
            let sent = environment.now()
            let acting = state.withLock { $0.session.acknowledgedEpoch }
            let registration = ClientRegistration(
                epoch: acting,
                lease: options.lease,
                reachesBoth: true,
                leastScope: options.leastScope
            )
            try await stores.control.register(client, registration)
            let registered = environment.now()
            let record = try await stores.control.read()
            let fence = try await stores.control.callersFence()
            let isAcknowledged = state.withLock { state in
                state.session.renew(sent: sent, duration: options.lease, registered: registered)
                _ = state.session.adopt(epoch: record.epoch, record.state)
                state.registered = acting
                state.fence = fence
                return state.session.acknowledgedEpoch == acting
            }
            if isAcknowledged { return }
        }
    }

    /// Reads the control record, and says so when it has become news and when everything of an earlier mode is over.
    package func follow() async throws(StoreError) {
        let record = try await stores.control.read()
        let isDue = state.withLock { state in
            _ = state.session.adopt(epoch: record.epoch, record.state)
            return state.session.acknowledgedEpoch != state.registered
                || !state.session.isHeld(now: environment.now() + options.lease / 2)
        }
        if isDue { try await renew() }
    }

    private func startFollowing() {
        let (environment, options) = (environment, options)
        let task = Task { [weak self] in
            while !Task.isCancelled {
                let mode = self?.state.withLock { $0.session.state?.mode } ?? .source
                let interval = [.source, .target].contains(mode) ? options.lease / 4 : options.followInterval
                do { try await environment.sleep(interval) } catch { return }
                guard let self else { return }
                // Without the control store the lease runs out, and then callers are told.
                do throws(StoreError) { try await self.follow() } catch { continue }
            }
        }
        state.withLock { $0.follower = task }
    }

    /// Begins an operation, under a lease that is renewed if it has to be.
    private func begin() async throws(StoreError) -> ClientSession.Ticket {
        while true {
            if Task.isCancelled { throw .cancelled }
            let (ticket, isClosed) = state.withLock { ($0.session.begin(now: environment.now()), $0.isClosed) }
            if isClosed {
                if let ticket { _ = end(ticket) }
                throw .closed
            }
            if let ticket { return ticket }
            try await renew()
        }
    }

    private func end(_ ticket: ClientSession.Ticket) -> Bool {
        state.withLock { $0.session.end(ticket, now: environment.now()) }
    }
}

// MARK: - Reading

extension MigratingStore {
    /// How often a read is made whose lease runs out before it is there.
    private static let readsMax = 10

    /// Reads from the store that has the records, again if the lease did not hold until the reply was there.
    private func read<Result: Sendable>(
        _ body: (any KeyValueStore, Side) async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        for _ in 0..<MigratingStore.readsMax {
            let ticket = try await begin()
            do throws(StoreError) {
                let side = ticket.permission.reads
                let result = try await body(stores[side], side)
                if end(ticket) { return result }
            } catch {
                _ = end(ticket)
                throw error
            }
        }
        throw StoreError(
            .timedOut,
            "Reads took longer than the migration's lease: use a longer lease, or find out why the store is slow.",
            ["lease": "\(options.lease)"]
        )
    }

    public func get(_ keys: [Key], _ options: ReadOptions) async throws(StoreError) -> [Entry?] {
        try Key.validate(keys, for: capabilities.limits)
        let entries = try await read { (store, _) throws(StoreError) in try await store.get(keys, options) }
        if self.options.shadowShare > 0, Double(environment.random() >> 11) / Double(1 << 53) < self.options.shadowShare
        {
            await compare(entries, keys, options)
        }
        return entries
    }

    /// Compares what was read with the other store, where changes are carried to it, and leaves it to a worker to find
    /// out about keys that differ. A get never fails for it.
    private func compare(_ entries: [Entry?], _ keys: [Key], _ options: ReadOptions) async {
        guard let mode = state.withLock({ $0.session.state?.mode }), let direction = mode.direction else { return }
        do throws(StoreError) {
            let others = try await stores[direction.destination].get(keys, options)
            for (key, (entry, other)) in zip(keys, zip(entries, others)) where entry?.value != other?.value {
                try await stores.control.keep(suspect: key)
            }
        } catch {
            return
        }
    }

    public func scan(
        _ range: KeyRange,
        _ options: ScanOptions,
        after cursor: Cursor?
    ) async throws(StoreError) -> ScanPage {
        let capabilities = capabilities
        try range.validate(for: capabilities)
        let options = try options.validated(for: capabilities)
        let isShared = capabilities.order.isShared(within: range)
        return try await read { (store, side) throws(StoreError) in
            if isShared { return try await store.scan(range, options, after: cursor) }
            let page = try await store.scan(range, options, after: try cursor?.native(of: side))
            return page.with(cursor: page.cursor.map { Cursor($0, of: side) })
        }
    }

    public func partitions(
        in space: KeySpace,
        limit: Int,
        after cursor: Cursor?
    ) async throws(StoreError) -> PartitionPage {
        let isShared = capabilities.order == .store
        return try await read { (store, side) throws(StoreError) in
            if isShared { return try await store.partitions(in: space, limit: limit, after: cursor) }
            let page = try await store.partitions(in: space, limit: limit, after: try cursor?.native(of: side))
            return PartitionPage(partitions: page.partitions, cursor: page.cursor.map { Cursor($0, of: side) })
        }
    }

    public func count(_ range: KeyRange, _ options: ReadOptions) async throws(StoreError) -> Measurement {
        try range.validate(for: capabilities)
        return try await read { (store, _) throws(StoreError) in try await store.count(range, options) }
    }

    public func size(_ range: KeyRange, _ options: ReadOptions) async throws(StoreError) -> Measurement {
        try range.validate(for: capabilities)
        return try await read { (store, _) throws(StoreError) in try await store.size(range, options) }
    }

    public func status() async throws(StoreError) -> StoreStatus {
        try await read { (store, _) throws(StoreError) in try await store.status() }
    }
}

// MARK: - Writing

extension MigratingStore {
    public func write(_ batch: WriteBatch) async throws(StoreError) -> WriteReceipt {
        let results = await write(each: [batch])
        return try results[0].get()
    }

    /// Writes to the store that has the records, and waits while writes are held.
    public func write(each batches: [WriteBatch]) async -> [Result<WriteReceipt, StoreError>] {
        var results = batches.map { _ in Result<WriteReceipt, StoreError>.failure(.cancelled) }
        var pending = Array(batches.indices)
        let deadline = environment.now() + options.holdMax
        while !pending.isEmpty {
            do throws(StoreError) {
                pending = try await attempt(pending, of: batches, &results)
                guard !pending.isEmpty else { break }
                guard environment.now() < deadline else { throw .writesHeld }
                do { try await environment.sleep(min(options.followInterval, options.holdMax)) } catch {
                    throw .cancelled
                }
                try await follow()
            } catch {
                for index in pending { results[index] = .failure(error) }
                return results
            }
        }
        return results
    }

    /// Writes once; those that have to wait for another mode.
    private func attempt(
        _ pending: [Int],
        of batches: [WriteBatch],
        _ results: inout [Result<WriteReceipt, StoreError>]
    ) async throws(StoreError) -> [Int] {
        let ticket = try await begin()
        guard let writing = ticket.permission.writing else {
            _ = end(ticket)
            return pending
        }
        let capabilities = capabilities(in: ticket.mode)
        let fence = state.withLock(\.fence)
        let store = stores[writing.side]
        var sent: [(index: Int, batch: WriteBatch)] = []
        for index in pending {
            do throws(StoreError) {
                try validate(batches[index], for: capabilities, on: store)
                try fence.admit(epoch: batches[index].epoch)
                try state.withLock { (state) throws(StoreError) in
                    try state.unresolved.admit(batches[index].id, to: writing.side)
                }
                sent.append((index, translated(batches[index], ticket, writing)))
            } catch {
                results[index] = .failure(error)
            }
        }
        let receipts = sent.isEmpty ? [] : await store.write(each: sent.map(\.batch))
        _ = end(ticket)
        var waiting: [Int] = []
        for ((index, _), result) in zip(sent, receipts) {
            switch result {
            case .success(let receipt): results[index] = .success(restored(receipt, of: batches[index]))
            // The fence has moved on, and nothing was written: this client has to read the mode again.
            case .failure(let error) where error.code == .staleMode || error.code == .movedAway: waiting.append(index)
            case .failure(let error):
                results[index] = .failure(error)
                guard error.code == .outcomeUnknown, let id = batches[index].id else { continue }
                state.withLock { $0.unresolved.add(id, at: writing.side) }
            }
        }
        return waiting
    }

    private func validate(
        _ batch: WriteBatch,
        for capabilities: Capabilities,
        on store: any KeyValueStore
    ) throws(StoreError) {
        do throws(StoreError) {
            try batch.validate(for: capabilities)
        } catch {
            guard [.unsupported, .tooLarge].contains(error.code), batch.mark == nil else { throw error }
            // Was it built for the store alone, before the migration?
            do throws(StoreError) { try batch.validate(for: store.capabilities) } catch { throw error }
            throw StoreError(
                .staleMode,
                "The store can do less while its records are moved: build the batch anew for its capabilities.",
                cause: error
            )
        }
    }

    /// The batch as the mode wants it: with the migration's epoch and mark, and deletes that leave tombstones.
    private func translated(
        _ batch: WriteBatch,
        _ ticket: ClientSession.Ticket,
        _ writing: ClientPermission.Writing
    ) -> WriteBatch {
        var batch = batch
        batch.epoch = ticket.epoch
        batch.mark = writing.capture == nil ? nil : environment.makeMarkID()
        guard writing.deletion == .bury else { return batch }
        for index in batch.operations.indices where batch.operations[index].action == .delete {
            batch.operations[index].action = .bury
        }
        return batch
    }

    /// The receipt as its caller expects it, who knows nothing of tombstones in the place of deletes.
    private func restored(_ receipt: WriteReceipt, of batch: WriteBatch) -> WriteReceipt {
        var receipt = receipt
        for (index, operation) in batch.operations.enumerated() where operation.action == .delete {
            receipt.outcomes[index] = WriteReceipt.Outcome()
        }
        return receipt
    }
}

// MARK: - Fences and marks

extension MigratingStore {
    private static let bin = Bin("migration")

    private func requireOpen() throws(StoreError) {
        if Task.isCancelled { throw .cancelled }
        guard !state.withLock(\.isClosed) else { throw .closed }
    }

    private func require(_ bin: Bin) throws(StoreError) {
        try requireOpen()
        guard bin == MigratingStore.bin else { throw .noSuchBin(bin) }
    }

    public func bins() async throws(StoreError) -> [Bin] {
        try requireOpen()
        return [MigratingStore.bin]
    }

    public func fence(of bin: Bin) async throws(StoreError) -> Fence {
        try require(bin)
        return try await stores.control.callersFence()
    }

    public func setFence(of bin: Bin, to fence: Fence, expecting expected: Fence) async throws(StoreError) {
        try require(bin)
        try await stores.control.setCallersFence(fence, expecting: expected)
        state.withLock { if $0.fence.epoch < fence.epoch { $0.fence = fence } }
    }

    /// None: the marks in the stores are the migration's.
    public func marks(in bin: Bin, limit: Int, after cursor: Cursor?) async throws(StoreError) -> MarkPage {
        try require(bin)
        _ = try capabilities.limits.listingLimit(limit)
        _ = try cursor?.markPosition()
        return MarkPage(marks: [], cursor: nil)
    }

    public func clearMarks(_ ids: [MarkID], in bin: Bin) async throws(StoreError) { try require(bin) }

    public func close() async {
        let follower = state.withLock { state -> Task<Void, Never>? in
            state.isClosed = true
            defer { state.follower = nil }
            return state.follower
        }
        follower?.cancel()
        await follower?.value
        // If this fails the registration lapses.
        do throws(StoreError) { try await stores.control.unregister(client) } catch {}
        await stores.source.close()
        await stores.target.close()
        await stores.control.store.close()
    }
}

extension StoreError {
    /// ``Code/unavailable`` while a migration holds writes for longer than a client waits.
    fileprivate static var writesHeld: StoreError {
        StoreError(.unavailable, "Writes are held while a migration switches: try again.")
    }
}
