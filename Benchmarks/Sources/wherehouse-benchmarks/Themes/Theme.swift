/// What can be measured by itself.
enum Theme: String, CaseIterable {
    case reads, writes, loading, scans, contract, timers, copying, dumping, verifying, resuming, moving, redis
    case aws
    case backlog
    case fileLists = "files-lists"
    case fileUploads = "files-uploads"
    case fileAnswers = "files-http"
    case ipld
    case ucan
    case postgreSQLCalls = "postgresql-calls"
    case postgreSQLCopies = "postgresql-copies"
    case postgreSQLVerification = "postgresql-verifying"
    case redisCalls = "redis-calls"
    case recordEnvelopes = "records-envelopes"
    case recordQueries = "records-queries"
    case recordSaves = "records-saves"
    case recordServerQueries = "records-postgresql"

    func measure(_ bench: Workbench, _ results: inout Results) async throws {
        switch self {
        case .reads: try await measureReads(bench, &results)
        case .writes: try await measureWrites(bench, &results)
        case .loading: try await measureLoading(bench, &results)
        case .scans: try await measureScans(bench, &results)
        case .contract: try await measureContract(bench, &results)
        case .timers: try await measureTimers(bench, &results)
        case .copying: try await measureCopying(bench, &results)
        case .dumping: try await measureDumping(bench, &results)
        case .verifying: try await measureVerifying(bench, &results)
        case .resuming: try await measureResuming(bench, &results)
        case .moving: try await measureMoving(bench, &results)
        case .backlog: try await measureBacklog(bench, &results)
        case .redis: try await measureRedis(bench, &results)
        case .postgreSQLCalls: try await measureServerCalls(bench, &results)
        case .postgreSQLCopies: try await measureServerCopies(bench, &results)
        case .postgreSQLVerification: try await measureServerVerification(bench, &results)
        case .aws: try await measureAWS(bench, &results)
        case .fileLists: try await measureFileLists(bench, &results)
        case .fileUploads: try await measureFileUploads(bench, &results)
        case .fileAnswers: try await measureFileAnswers(bench, &results)
        case .ipld:
            try await measureArchives(bench, &results)
            try await measureBlocks(bench, &results)
            try await measureIdentifiers(bench, &results)
            try await measureHostileInputs(bench, &results)
        case .ucan: try await measureChains(bench, &results)
        case .redisCalls: try await measureRedisCalls(bench, &results)
        case .recordEnvelopes: try await measureRecordEnvelopes(bench, &results)
        case .recordQueries: try await measureRecordQueries(bench, &results)
        case .recordSaves: try await measureRecordSaves(bench, &results)
        case .recordServerQueries: try await measureRecordServerQueries(bench, &results)
        }
    }
}
