#if SQLite
import KeyValue
import Synchronization

/// What others may look at of the writer's.
final class WriterState: Sendable {
    struct Values {
        /// As the last commit left it. One process holds the store, so that this is the truth.
        var fence: Fence
        /// Pages in the log after the last commit.
        var logPages = 0
        /// Why nothing is written any more.
        var failure: StoreError?
    }

    private let values: Mutex<Values>

    init(fence: Fence) { values = Mutex(Values(fence: fence)) }

    func withLock<Result: Sendable>(_ body: (inout Values) -> Result) -> Result { values.withLock { body(&$0) } }
}
#endif
