#if PostgreSQL
public import KeyValue

extension PostgreSQLStore {
    public func status() async throws(StoreError) -> StoreStatus {
        let facts = try ServerFacts(try await connection.read(ServerFacts.query))
        let fence = try await reader.fence()
        var warnings: [String] = []
        if facts.isReadOnly { warnings.append("The server takes no writes: it is a replica or read-only.") }
        if !facts.flushes { warnings.append("The server does not flush (fsync is off): a power loss may destroy it.") }
        if !facts.fullPageWrites { warnings.append("full_page_writes is off: a power loss may tear pages.") }
        if facts.synchronousCommit == "off" {
            warnings.append("synchronous_commit is off: when the server ends unexpectedly, the last writes are lost.")
        }
        return StoreStatus(
            durability: facts.durability,
            format: Schema.format,
            facts: [
                StoreStatus.Fact("server", facts.versionText),
                StoreStatus.Fact("schema", configuration.schema),
                StoreStatus.Fact("connections", "at most \(configuration.connectionsMax)"),
                StoreStatus.Fact("fsync", facts.flushes ? "on" : "off"),
                StoreStatus.Fact("synchronous_commit", facts.synchronousCommit),
                StoreStatus.Fact("full_page_writes", facts.fullPageWrites ? "on" : "off"),
                StoreStatus.Fact("read_only", facts.isReadOnly ? "yes" : "no"),
                StoreStatus.Fact("fence", "\(fence.epoch), \(fence.admission)"),
            ],
            warnings: warnings
        )
    }
}
#endif
