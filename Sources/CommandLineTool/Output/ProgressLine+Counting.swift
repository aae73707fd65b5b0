import KeyValue

extension ProgressLine {
    /// Does the work while the records of `store` are counted beside it, so that there is an end to estimate.
    ///
    /// Only where counting is cheap: where it does not go through every row, or where the rows lie in this very
    /// process and cost nobody else anything.
    func counting<Result>(_ store: any KeyValueStore, _ work: () async throws -> Result) async throws -> Result {
        let capabilities = store.capabilities
        guard capabilities.countCost < .rows || capabilities.singleProcess else { return try await work() }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                var total = 0
                for space in [KeySpace.records, .reservedData] {
                    // Without a count there is no estimate, and nothing else is lost.
                    guard let count = try? await store.count(.all(in: space)) else { return }
                    total += count.value
                }
                self.setTotal(total)
            }
            defer { group.cancelAll() }
            return try await work()
        }
    }
}
