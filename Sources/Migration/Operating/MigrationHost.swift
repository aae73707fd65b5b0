public import KeyValue
import Synchronization

/// Takes part in a migration in a process that has both stores open: copies, carries changes over, and, if nobody else
/// does, leads: makes the steps that operators ask for.
///
/// There may be any number of them, in any processes, and each may be killed at any moment: another goes on from the
/// control store. What goes wrong is told in ``MigrationOverview`` and tried again, for ever.
public final class MigrationHost: Sendable {
    struct State {
        var hindrances: [String: String] = [:]
        var isLeading = false
        var rowsPerSecond: UInt64?
        var marks: UInt64?
        var isOver = false
    }

    let stores: MigrationStores
    let name: String
    let copiers: Int
    let leads: Bool
    let environment: StoreEnvironment
    let milliseconds: @Sendable () -> UInt64
    let state = Mutex(State())
    private let lease: Duration
    private let id: UInt64

    /// A host on these stores, which it does not close.
    ///
    /// - Parameters:
    ///   - stores: the two stores, and the one that controls them.
    ///   - name: what people call the process, for status and audit log.
    ///   - copiers: how many copy at the same time.
    ///   - lease: for how long a copier that says nothing keeps others from its range; 10 milliseconds to a day.
    ///   - leads: whether it makes steps too, where nobody else does.
    ///   - environment: time and randomness.
    ///   - milliseconds: the time since 1970.
    public init(
        _ stores: MigrationStores,
        name: String,
        copiers: Int = 2,
        lease: Duration = .seconds(10),
        leads: Bool = true,
        environment: StoreEnvironment = .live,
        milliseconds: @escaping @Sendable () -> UInt64
    ) {
        self.stores = stores
        self.name = name
        self.copiers = copiers
        self.lease = lease
        self.leads = leads
        self.environment = environment
        self.milliseconds = milliseconds
        id = environment.random()
    }

    /// Works until the migration is over or the task is cancelled. What it is about then is brought to a point from
    /// which others can go on: a step that has begun is made to its end.
    public func run() async {
        await withDiscardingTaskGroup { group in
            for _ in 0..<copiers { group.addTask { await self.copy() } }
            group.addTask { await self.reconcile() }
            group.addTask { await self.lead() }
            group.addTask { await self.report() }
        }
        await tidying { () throws(StoreError) in try await self.stores.control.removeWorker(self.id) }
    }

    /// Does what is done in the end, also when the task has been cancelled. If it fails, what is left grows old soon.
    func tidying(_ body: @escaping @Sendable () async throws(StoreError) -> Void) async {
        await Task { do throws(StoreError) { try await body() } catch {} }.value
    }

    var isOver: Bool { state.withLock(\.isOver) }

    /// Does something again and again, as long as the migration runs. A round says how long to rest; after one that
    /// failed the rest doubles up to five seconds.
    func repeating(_ part: String, _ round: () async throws(StoreError) -> Duration) async {
        var failures = 0
        while !Task.isCancelled, !isOver {
            var rest: Duration
            do throws(StoreError) {
                rest = try await round()
                failures = 0
                state.withLock { $0.hindrances[part] = nil }
            } catch {
                failures += 1
                rest = max(min(.seconds(5), .milliseconds(50 << min(failures, 7))), error.retryAfter ?? .zero)
                let line = "\(part): \(error.line)"
                // One that has read an earlier mode only has to read it anew.
                let isTold = error.code != .cancelled && (error.code != .staleMode || failures > 3)
                if isTold { state.withLock { $0.hindrances[part] = line } }
            }
            do { try await environment.sleep(rest) } catch { return }
        }
    }
}

// MARK: - Working

extension MigrationHost {
    private func copy() async {
        var copier: LiveCopier?
        await repeating("copying") { () throws(StoreError) in
            var present: LiveCopier
            if let copier {
                present = copier
            } else {
                present = try LiveCopier(stores, lease: lease, environment: environment, milliseconds: milliseconds)
            }
            // Also when it fails: what is held was renewed.
            defer { copier = present }
            switch try await present.step() {
            case .copied: return .zero
            case .resting, .taken: return .milliseconds(500)
            case .finished: return .seconds(1)
            }
        }
    }

    private func reconcile() async {
        let reconciler = Reconciler(stores)
        // Where nothing is written nothing has to be looked for often. A switch looks for itself.
        var idle = Duration.milliseconds(10)
        await repeating("carrying over changes") { () throws(StoreError) in
            let record = try await stores.control.read()
            guard let direction = record.mode.direction, record.state.mayReconcile(direction) else {
                return .milliseconds(500)
            }
            let pass = try await reconciler.pass(direction)
            idle = pass.listed > 0 ? .milliseconds(10) : min(idle * 2, .milliseconds(500))
            return idle
        }
    }

    private func report() async {
        await repeating("reporting") { () throws(StoreError) in
            var report = WorkerReport(name: name, milliseconds: milliseconds())
            state.withLock { state in
                report.isLeading = state.isLeading
                report.hindrance = state.hindrances.sorted { $0.key < $1.key }.first?.value ?? ""
                report.rowsPerSecond = state.rowsPerSecond
                report.marks = state.marks
            }
            try await stores.control.keep(report, of: id)
            return .seconds(1)
        }
    }
}

extension StoreError {
    /// The error in one line.
    var line: String {
        let details = metadata.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
        return details.isEmpty ? message : "\(message) (\(details))"
    }
}
