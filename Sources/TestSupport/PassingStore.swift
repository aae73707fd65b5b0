public import KeyValue

/// A store that passes every call on as it is, except for those that it defines itself.
public protocol PassingStore: StoreDecorator {}

extension PassingStore {
    public func around<Result: Sendable>(
        _ call: StoreCall,
        _ body: () async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result { try await body() }
}
