/// Makes a store fail as its caller plans: for tests of what stands above.
public struct FaultInjectingStore: StoreDecorator {
    /// What goes wrong with one call.
    public enum Fault: Sendable {
        /// The call never reaches the store, and fails so.
        case refuse(StoreError)
        /// The call reaches the store and is done, and its reply is lost: a write ends in
        /// ``StoreError/Code/outcomeUnknown``, a read in ``StoreError/Code/unavailable``.
        case loseReply
        /// The call is lost before it reaches the store, and its caller can't know: the same errors.
        case loseRequest
        /// The call is done after this long.
        case delay(Duration)
    }

    public let base: any KeyValueStore
    private let environment: StoreEnvironment
    private let plan: @Sendable (StoreCall) -> Fault?

    /// Asks `plan` before every call; nil lets the call pass.
    public init(
        _ base: any KeyValueStore,
        environment: StoreEnvironment = .live,
        plan: @escaping @Sendable (StoreCall) -> Fault?
    ) {
        self.base = base
        self.environment = environment
        self.plan = plan
    }

    public func around<Result: Sendable>(
        _ call: StoreCall,
        _ body: () async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        switch plan(call) {
        case nil: return try await body()
        case .refuse(let error): throw error
        case .loseRequest: throw lost(call)
        case .loseReply:
            _ = try await body()
            throw lost(call)
        case .delay(let duration):
            do { try await environment.sleep(duration) } catch { throw .cancelled }
            return try await body()
        }
    }

    private func lost(_ call: StoreCall) -> StoreError {
        call.changesStore
            ? StoreError(.outcomeUnknown, "The connection broke before the reply: read the record to learn its state.")
            : StoreError(.unavailable, "The connection broke before the reply: read again.")
    }
}
