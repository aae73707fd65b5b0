#if SQLite
import KeyValue

/// The error of a call on a store; nil when it went well.
func refusal<Result>(of call: () async throws(StoreError) -> Result) async -> StoreError? {
    do throws(StoreError) {
        _ = try await call()
        return nil
    } catch {
        return error
    }
}
#endif
