import Foundation

/// A real Redis Cluster on the loopback interface.
public final class RedisCluster: Sendable {
    /// Its servers; which of them are masters may change.
    public let nodes: [RedisServer]

    private init(_ nodes: [RedisServer]) { self.nodes = nodes }

    /// One for all tests of this process that need nothing special of it. Nothing that it holds is durable.
    public static func shared() async throws -> RedisCluster { try await theShared.value }

    private static let theShared = Task { try await start() }

    /// Starts one, and waits until every node says that the cluster is whole.
    ///
    /// - Parameters:
    ///   - replicas: how many each master has.
    ///   - arguments: those of each `redis-server`.
    public static func start(
        masters: Int = 3,
        replicas: Int = 0,
        _ arguments: [String] = []
    ) async throws -> RedisCluster {
        let clustered = [
            "--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--cluster-node-timeout", "2000",
            "--repl-diskless-sync-delay", "0",
        ]
        var nodes: [RedisServer] = []
        for _ in 0..<masters * (1 + replicas) { nodes.append(try await .start(clustered + arguments)) }
        let addresses = nodes.map { "127.0.0.1:\($0.port)" }
        try Tool.run(
            ["redis-cli", "--cluster", "create"] + addresses
                + ["--cluster-replicas", "\(replicas)", "--cluster-yes"]
        )
        let cluster = RedisCluster(nodes)
        for _ in 0..<3_000 {
            if try cluster.isWhole(replicas: replicas * masters) { return cluster }
            usleep(10_000)
        }
        throw ServerError("The cluster does not become whole: \(try nodes[0].cli("cluster", "info"))")
    }

    private func isWhole(replicas: Int) throws -> Bool {
        for node in nodes {
            guard try node.cli("cluster", "info").contains("cluster_state:ok") else { return false }
            let lines = try node.cli("cluster", "nodes").split(separator: "\n")
            guard lines.count == nodes.count, lines.count(where: { $0.contains("slave") }) == replicas else {
                return false
            }
        }
        return true
    }

    /// The URL of a store there, which names every node.
    public var url: String { "redis://" + nodes.map { "127.0.0.1:\($0.port)" }.joined(separator: ",") }

    /// Ends all nodes.
    public func stop() { for node in nodes { node.kill() } }
}
