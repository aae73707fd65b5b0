public import KeyValue

/// The code of the error that a store's call ends with; nil when it succeeds. Traps on an error of another kind.
public func failureCode(of call: () async throws -> Void) async -> StoreError.Code? {
    do {
        try await call()
        return nil
    } catch let error as StoreError {
        return error.code
    } catch {
        preconditionFailure("This is not an error of a store: \(error)")
    }
}
