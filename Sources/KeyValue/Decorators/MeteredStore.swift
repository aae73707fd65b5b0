public import CoreMetrics
import Synchronization

/// Records how long every call took and how it ended, through the program's metrics system.
///
/// One timer, `kv_operation_duration`, with the dimensions `system`, `operation` and `outcome`: `success`, or the
/// code of the error. A precondition that did not hold is an outcome of its own, not a failure. Timers that the
/// metrics system makes are kept, so their number is bounded by operations times codes.
public final class MeteredStore: StoreDecorator {
    private struct Outcome: Hashable {
        var operation: StoreCall.Operation
        var code: StoreError.Code
    }

    public let base: any KeyValueStore
    private let environment: StoreEnvironment
    private let factory: any MetricsFactory
    /// One an operation, at its raw value.
    private let successes: [CoreMetrics.Timer]
    private let failures = Mutex<[Outcome: CoreMetrics.Timer]>([:])

    /// Meters `base`, by default through the metrics system that the program has set up.
    public init(
        _ base: any KeyValueStore,
        factory: any MetricsFactory = MetricsSystem.factory,
        environment: StoreEnvironment = .live
    ) {
        self.base = base
        self.environment = environment
        self.factory = factory
        let system = base.system
        successes = StoreCall.Operation.allCases.map { operation in
            MeteredStore.timer(system, operation, outcome: "success", factory)
        }
    }

    public func around<Result: Sendable>(
        _ call: StoreCall,
        _ body: () async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        let start = environment.nanoseconds()
        do throws(StoreError) {
            let result = try await body()
            succeeded(call.operation, since: start)
            return result
        } catch {
            throw failed(call.operation, error, since: start)
        }
    }

    // The three calls that services make most are spared the closure of `around`, and by inlining a frame of their own
    // beside that of the protocol's entry.

    @inline(__always)
    public func get(_ keys: [Key], _ options: ReadOptions) async throws(StoreError) -> [Entry?] {
        let start = environment.nanoseconds()
        do throws(StoreError) {
            let entries = try await base.get(keys, options)
            succeeded(.get, since: start)
            return entries
        } catch {
            throw failed(.get, error, since: start)
        }
    }

    @inline(__always)
    public func write(_ batch: WriteBatch) async throws(StoreError) -> WriteReceipt {
        let start = environment.nanoseconds()
        do throws(StoreError) {
            let receipt = try await base.write(batch)
            succeeded(.write, since: start)
            return receipt
        } catch {
            throw failed(.write, error, since: start)
        }
    }

    @inline(__always)
    public func scan(
        _ range: KeyRange,
        _ options: ScanOptions,
        after cursor: Cursor?
    ) async throws(StoreError) -> ScanPage {
        let start = environment.nanoseconds()
        do throws(StoreError) {
            let page = try await base.scan(range, options, after: cursor)
            succeeded(.scan, since: start)
            return page
        } catch {
            throw failed(.scan, error, since: start)
        }
    }

    /// Each batch of the call is counted by its own outcome, all with the time of the whole call.
    public func write(each batches: [WriteBatch]) async -> [Swift.Result<WriteReceipt, StoreError>] {
        let start = environment.nanoseconds()
        let results = await base.write(each: batches)
        succeeded(.writeEach, since: start)
        for case .failure(let error) in results { _ = failed(.writeEach, error, since: start) }
        return results
    }

    @inline(__always)
    private func succeeded(_ operation: StoreCall.Operation, since start: Int64) {
        successes[operation.rawValue].recordNanoseconds(environment.nanoseconds() - start)
    }

    @inline(never)
    private func failed(_ operation: StoreCall.Operation, _ error: StoreError, since start: Int64) -> StoreError {
        failure(operation, error.code).recordNanoseconds(environment.nanoseconds() - start)
        return error
    }

    private func failure(_ operation: StoreCall.Operation, _ code: StoreError.Code) -> CoreMetrics.Timer {
        failures.withLock { timers in
            let outcome = Outcome(operation: operation, code: code)
            if let timer = timers[outcome] { return timer }
            let timer = MeteredStore.timer(base.system, operation, outcome: code.rawValue, factory)
            timers[outcome] = timer
            return timer
        }
    }

    private static func timer(
        _ system: String,
        _ operation: StoreCall.Operation,
        outcome: String,
        _ factory: any MetricsFactory
    ) -> CoreMetrics.Timer {
        CoreMetrics.Timer(
            label: "kv_operation_duration",
            dimensions: [("system", system), ("operation", operation.name), ("outcome", outcome)],
            factory: factory
        )
    }
}
