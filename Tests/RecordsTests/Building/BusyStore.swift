import KeyValue
import Synchronization
import Testing

/// A store before some calls to which somebody else does something: before each write, or each read of a key.
final class BusyStore: StoreDecorator {
    let base: any KeyValueStore
    private let beforeReads: Bool
    private let body: @Sendable () async throws -> Void
    private let count = Mutex(0)

    init(
        base: any KeyValueStore,
        beforeReads: Bool = false,
        _ body: @escaping @Sendable () async throws -> Void
    ) {
        self.base = base
        self.beforeReads = beforeReads
        self.body = body
    }

    /// How many calls there were before which somebody did something.
    var calls: Int { count.withLock { $0 } }

    func around<Result: Sendable>(
        _ call: StoreCall,
        _ body: () async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        if beforeReads ? call.operation == .get : call.changesStore {
            count.withLock { $0 += 1 }
            do {
                try await self.body()
            } catch {
                Issue.record("The writer failed: \(error)")
            }
        }
        return try await body()
    }
}
