/// What can be measured by itself.
enum Theme: String, CaseIterable {
    case reads, writes, loading, scans, contract, timers, copying

    func measure(_ bench: Workbench, _ results: inout Results) async throws {
        switch self {
        case .reads: try await measureReads(bench, &results)
        case .writes: try await measureWrites(bench, &results)
        case .loading: try await measureLoading(bench, &results)
        case .scans: try await measureScans(bench, &results)
        case .contract: try await measureContract(bench, &results)
        case .timers: try await measureTimers(bench, &results)
        case .copying: try await measureCopying(bench, &results)
        }
    }
}
