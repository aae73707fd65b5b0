public import KeyValue

extension ControlRecord {
    /// Whether the migration has been finished: the records are in the target for good, which is a store like any other.
    public var isFinished: Bool { isOver && mode == .target }

    /// Throws `StoreError.Code.invalidArgument` unless this is the store that the record names as the target.
    public func requireTarget(
        _ store: any KeyValueStore,
        environment: StoreEnvironment = .live
    ) async throws(StoreError) {
        let found = try await StoreName.recognise(store, name: target.name, environment: environment)
        guard found.isSameStore(as: target) else {
            throw .invalidArgument(
                "This is not the store that the records were moved to: check the URL.",
                ["store": target.name]
            )
        }
    }
}
