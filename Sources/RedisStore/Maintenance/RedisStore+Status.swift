#if Redis
public import KeyValue

extension RedisStore {
    public func status() async throws(StoreError) -> StoreStatus {
        try requireOpen()
        let servers = try await client.facts()
        var facts = [
            StoreStatus.Fact("cluster", client.isCluster ? "yes" : "no"),
            StoreStatus.Fact("prefix", configuration.prefix),
            StoreStatus.Fact("wait", "\(configuration.replicas)"),
            StoreStatus.Fact("buckets", "\(Bucket.count)"),
        ]
        var warnings: [String] = []
        for (node, server) in servers {
            let values = ["redis_version", "role", "connected_slaves", "used_memory"].map { "\($0) \(server[$0])" }
            let settings = ServerFacts.settings.map { "\($0) \(server.setting($0))" }
            facts.append(StoreStatus.Fact("\(node)", (values + settings).joined(separator: ", ")))
        }
        if servers.contains(where: { $0.facts.replicas > 0 }) {
            warnings.append("There are replicas: a failover may lose the last writes that were acknowledged.")
        }
        if servers.contains(where: { $0.facts.evicts }) {
            warnings.append("A server removes records when its memory is full: set maxmemory-policy noeviction.")
        }
        if servers.contains(where: { $0.facts.setting("appendfsync") == "unknown" }) {
            warnings.append("A server does not tell how it keeps writes: allow CONFIG GET, or count on nothing.")
        }
        return StoreStatus(
            durability: servers.map(\.facts.durability).min() ?? .none,
            format: try await storedFormat() ?? RedisLayout.format,
            facts: facts,
            warnings: warnings
        )
    }
}
#endif
