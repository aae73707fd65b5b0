package import KeyValue

/// Copies the ranges of a live source into the target, beside clients that go on writing. Any number of them may work
/// at the same time; leases keep them from doing the same work twice, and nothing else rests on leases.
package struct LiveCopier: Sendable {
    /// What came of a step.
    package enum Step: Hashable, Sendable {
        /// A chunk was copied; there may be more.
        case copied
        /// Nothing may be copied now: the mode is another, or copying is paused.
        case resting
        /// Somebody else is at the ranges that are left.
        case taken
        /// Everything has been copied.
        case finished
    }

    /// The spaces that travel, each of which is a range.
    private static let spaces: [KeySpace] = [.records, .reservedData]
    private static let page = ScanOptions(limit: 1_024, bytesMax: 1 << 20)

    private let stores: MigrationStores
    private let leases: LeaseKeeper
    private let environment: StoreEnvironment
    private let rules: MigrationRules
    private var lease: (number: UInt64, lease: Lease)?

    /// A copier of a migration, which holds a range for as long as `lease` without a word. Only tests take rules away.
    package init(
        _ stores: MigrationStores,
        lease: Duration = .seconds(10),
        environment: StoreEnvironment = .live,
        _ rules: MigrationRules = .all
    ) throws(StoreError) {
        self.stores = stores
        self.environment = environment
        self.rules = rules
        leases = try LeaseKeeper(store: stores.control.store, duration: lease, environment: environment)
    }

    /// Copies one chunk of some range.
    package mutating func step() async throws(StoreError) -> Step {
        var known: [UInt64: (range: RangeRecord, revision: Revision)] = [:]
        for (number, range, revision) in try await stores.control.ranges() { known[number] = (range, revision) }
        let numbers = LiveCopier.spaces.indices.map { UInt64($0) }
        let open = numbers.filter { known[$0]?.range.isCopied != true }
        if open.isEmpty { return .finished }
        let record = try await stores.control.read()
        guard record.state.mayCopy(rules), !record.throttle.isPaused else { return .resting }
        guard let (number, lease) = try await acquire(open) else { return .taken }
        let range = known[number]?.range ?? RangeRecord(space: LiveCopier.spaces[Int(number)])
        guard range.token <= lease.token else { return .taken }
        let rows = try await copy(range, number, lease, record, if: known[number].map { .revision($0.revision) })
        try await rest(after: rows, record.throttle)
        return .copied
    }

    /// A lease on one of these ranges: the one that is held already, or one that nobody holds.
    private mutating func acquire(_ open: [UInt64]) async throws(StoreError) -> (UInt64, Lease)? {
        if let (number, held) = lease, open.contains(number) {
            if let renewed = try await leases.renew(held) {
                lease = (number, renewed)
                return (number, renewed)
            }
        }
        lease = nil
        for number in open {
            if let taken = try await leases.acquire("migration/\(stores.control.name)/range/\(number)") {
                lease = (number, taken)
                return (number, taken)
            }
        }
        return nil
    }

    /// Copies one page, and keeps how far the range has come; what was copied.
    private func copy(
        _ range: RangeRecord,
        _ number: UInt64,
        _ lease: Lease,
        _ record: ControlRecord,
        if precondition: Precondition?
    ) async throws(StoreError) -> (rows: Int, bytes: Int) {
        let page = try await stores.source.scan(.all(in: range.space), LiveCopier.page, after: range.cursor)
        var writes: [(key: Key, write: WorkerWrite<[UInt8], Revision>)] = []
        for row in page {
            let entry = row.entry
            if let write = LiveCopy.write(of: Slot(entry), rules) { writes.append((entry.key, write)) }
        }
        var pending = writes
        var attempts = 0
        while !pending.isEmpty {
            // One that was refused is there already, and one that may be there is written again until that is known.
            let fates = try await stores.target.write(pending, epoch: record.epoch)
            pending = zip(pending, fates).filter { $0.1 == .unknown }.map(\.0)
            attempts += 1
            if !pending.isEmpty, attempts >= 8 {
                throw StoreError(.unavailable, "The target does not say what became of writes: check it, and go on.")
            }
        }
        var next = range
        next.token = lease.token
        next.cursor = page.cursor
        next.isCopied = page.cursor == nil
        let bytes = page.reduce(0) { $0 + $1.partition.count + $1.keyBytes.count + $1.value.count }
        next.rows += UInt64(page.count)
        next.bytes += UInt64(bytes)
        // If somebody else has taken over, that one's word counts, and this page is copied once more.
        _ = try await stores.control.keep(next, number: number, if: precondition ?? .absent)
        return (page.count, bytes)
    }

    private func rest(after copied: (rows: Int, bytes: Int), _ throttle: Throttle) async throws(StoreError) {
        var pause = Duration.zero
        if let rowsMax = throttle.rowsPerSecondMax {
            pause = max(pause, .seconds(Double(copied.rows) / Double(max(1, rowsMax))))
        }
        if let bytesMax = throttle.bytesPerSecondMax {
            pause = max(pause, .seconds(Double(copied.bytes) / Double(max(1, bytesMax))))
        }
        guard pause > .zero else { return }
        do { try await environment.sleep(pause) } catch { throw .cancelled }
    }

    /// Whether every range has been copied.
    static func isFinished(_ control: ControlStore) async throws(StoreError) -> Bool {
        var copied: Set<KeySpace> = []
        for (_, range, _) in try await control.ranges() where range.isCopied { copied.insert(range.space) }
        return copied.isSuperset(of: spaces)
    }
}
