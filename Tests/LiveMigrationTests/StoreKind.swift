import Foundation
import TestServers
import TestSupport

/// The kinds of stores between which records are moved.
enum StoreKind: String, Sendable, CaseIterable {
    case sqlite
    case postgresql
    case redis
    case cluster
    /// Without marks: its feed is followed.
    case couchdb
    /// An imitation, which does one thing at a time, and copies the whole table for each operation of a transaction.
    case dynamodb

    /// Whether it is so slow that a run has less in it.
    var isSlow: Bool { self == .dynamodb }

    /// Whether one process holds such a store, so that everybody has to be in there.
    var isEmbedded: Bool { self == .sqlite }

    /// The URL of a new store of this kind, in `directory` or on a server that all runs share.
    func makeStore(_ name: String, in directory: String) async throws -> String {
        switch self {
        case .sqlite: "sqlite:\(directory)/\(name).db"
        case .postgresql: try await LiveServers.postgresql.value.makeDatabase()
        case .redis: try await LiveServers.redis.value.url + "?prefix=\(StoreKind.prefix())"
        case .cluster: try await LiveServers.cluster.value.url + "?prefix=\(StoreKind.prefix())"
        // Writes are held for a little more than twice as long as a call may take.
        case .couchdb:
            try
                "couchdb://127.0.0.1:\(ScriptedCouchDB.shared().port)/\(name)-\(UUID().uuidString.lowercased())?timeout=3"
        case .dynamodb: try await MotoServer.shared().url(ofTable: "\(name)-\(UUID().uuidString)")
        }
    }

    private static func prefix() -> String { UUID().uuidString.lowercased() + ":" }

    /// Ends one of its servers as a crash does, and starts it again.
    func crash(_ chance: Int) async throws {
        switch self {
        // This one is in the process of the tests.
        case .sqlite, .couchdb: break
        // It has everything in memory.
        case .dynamodb: break
        case .postgresql:
            let server = try await LiveServers.postgresql.value
            server.kill()
            try server.restart()
        case .redis:
            let server = try await LiveServers.redis.value
            server.kill()
            try server.restart()
        case .cluster:
            let nodes = try await LiveServers.cluster.value.nodes
            let node = nodes[chance % nodes.count]
            node.kill()
            try node.restart()
        }
    }

    /// Stops one of its servers for some time.
    func stall(_ chance: Int, for duration: Duration) async throws {
        switch self {
        case .sqlite, .couchdb: break
        case .postgresql:
            let server = try await LiveServers.postgresql.value
            server.pause()
            defer { server.resume() }
            try await Lapse.of(duration)
        case .dynamodb:
            let server = try await MotoServer.shared()
            server.pause()
            defer { server.resume() }
            try await Lapse.of(duration)
        case .redis, .cluster:
            let nodes =
                self == .redis
                ? [try await LiveServers.redis.value] : try await LiveServers.cluster.value.nodes
            let server = nodes[chance % nodes.count]
            server.pause()
            defer { server.resume() }
            try await Lapse.of(duration)
        }
    }
}

/// Servers that lose nothing that they acknowledged, however they end.
private enum LiveServers {
    private static let durable = ["--appendonly", "yes", "--appendfsync", "always"]

    static let postgresql = Task { try await PostgreSQLServer.start(durable: true) }
    static let redis = Task { try await RedisServer.start(durable) }
    static let cluster = Task { try await RedisCluster.start(durable) }
}
