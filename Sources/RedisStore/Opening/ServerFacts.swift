#if Redis
import KeyValue

/// What one server says of itself, as far as the store depends on it.
struct ServerFacts: Sendable {
    /// The settings that are read. Servers may refuse to tell them.
    static let settings = ["appendonly", "appendfsync", "maxmemory", "maxmemory-policy", "save"]

    private let info: [String: String]
    private let config: [String: String]?

    init(info: String, config: [String: String]?) {
        var facts: [String: String] = [:]
        for line in info.split(whereSeparator: \.isNewline) where !line.hasPrefix("#") {
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { facts[String(parts[0])] = String(parts[1]) }
        }
        self.info = facts
        self.config = config
    }

    /// A fact of `INFO`.
    subscript(name: String) -> String { info[name] ?? "unknown" }

    /// A setting of `CONFIG GET`, or what `INFO` says instead.
    func setting(_ name: String) -> String {
        if let value = config?[name] { return value }
        switch name {
        case "appendonly": return info["aof_enabled"].map { $0 == "1" ? "yes" : "no" } ?? "unknown"
        case "maxmemory": return self["maxmemory"]
        case "maxmemory-policy": return self["maxmemory_policy"]
        default: return "unknown"
        }
    }

    /// Whether the server removes keys that have no time to live when its memory is full.
    var evicts: Bool {
        setting("maxmemory") != "0" && setting("maxmemory-policy").hasPrefix("allkeys")
    }

    /// What an acknowledged write survives on this server alone. What it does not tell counts as the worst.
    var durability: Durability {
        guard !evicts, setting("appendonly") == "yes" else { return .none }
        switch setting("appendfsync") {
        case "always": return .powerLoss
        case "everysec": return .processLoss
        // The system writes when it likes to: what the process wrote survives its end.
        case "no": return .processLoss
        default: return .none
        }
    }

    /// Whether the server has what the store needs: ranges of sorted sets, scripts and RESP3 as of 6.2.
    var isRecentEnough: Bool {
        let parts = self["redis_version"].split(separator: ".").compactMap { Int($0) }
        guard parts.count >= 2 else { return false }
        return (parts[0], parts[1]) >= (6, 2)
    }

    var replicas: Int { Int(self["connected_slaves"]) ?? 0 }
}

extension RedisClient {
    /// Asks every server for itself.
    func facts() async throws(StoreError) -> [(node: RedisEndpoint, facts: ServerFacts)] {
        var facts: [(node: RedisEndpoint, facts: ServerFacts)] = []
        for node in await nodes() {
            let info = try await send(RedisCommand("INFO"), to: node).text ?? ""
            var config: [String: String]? = [:]
            for name in ServerFacts.settings {
                do throws(StoreError) {
                    config?[name] = try await send(RedisCommand("CONFIG GET", name), to: node)[name]?.text
                } catch {
                    // Hosts of servers often keep the command to themselves.
                    guard error.code == .permissionDenied || error.code == .unsupported else { throw error }
                    config = nil
                    break
                }
            }
            facts.append((node, ServerFacts(info: info, config: config)))
        }
        return facts
    }
}
#endif
