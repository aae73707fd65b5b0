import KeyValue
import Synchronization

/// A store whose program dies after so many writes.
final class MortalStore: StoreDecorator {
    let base: any KeyValueStore
    private let left: Mutex<Int>

    init(base: any KeyValueStore, writes: Int) {
        self.base = base
        left = Mutex(writes)
    }

    func around<Result: Sendable>(
        _ call: StoreCall,
        _ body: () async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        if call.changesStore {
            let isAlive = left.withLock { left in
                left -= 1
                return left >= 0
            }
            guard isAlive else { throw StoreError(.unavailable, "The program is gone.") }
        }
        return try await body()
    }
}
