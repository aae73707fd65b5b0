#if PostgreSQL
public import KeyValue

extension PostgreSQLStore {
    public func status() async throws(StoreError) -> StoreStatus {
        let facts = try ServerFacts(try await connection.read(ServerFacts.query))
        let fence = try await reader.fence()
        let census = connection.census
        return StoreStatus(
            durability: facts.durability,
            format: Schema.format,
            facts: [
                StoreStatus.Fact("server", facts.versionText),
                StoreStatus.Fact("schema", configuration.schema),
                StoreStatus.Fact("connections", "\(census.open) open, at most \(configuration.connectionsMax)"),
                StoreStatus.Fact("server_connections", "\(facts.connections) open, at most \(facts.connectionsMax)"),
                StoreStatus.Fact("pooler", census.isPooled ? "yes" : "no"),
                StoreStatus.Fact("fsync", facts.flushes ? "on" : "off"),
                StoreStatus.Fact("synchronous_commit", facts.synchronousCommit),
                StoreStatus.Fact("full_page_writes", facts.fullPageWrites ? "on" : "off"),
                StoreStatus.Fact("in_recovery", facts.isInRecovery ? "yes" : "no"),
                StoreStatus.Fact("read_only", facts.isReadOnly ? "yes" : "no"),
                StoreStatus.Fact("fence", "\(fence.epoch), \(fence.admission)"),
            ],
            warnings: facts.warnings
        )
    }
}
#endif
