#if Redis
import KeyValue

/// The rights of all users of a Redis but our own: takes from them the right to write, and gives it back.
struct WriterAccess: Sendable {
    let client: RedisClient

    private var keeper: CaptureKeeper { CaptureKeeper(client: client) }

    static func text(_ rules: [AccessRule]) -> String { rules.map(\.text).joined(separator: "\n") }

    private static func rules(_ text: String?) -> [AccessRule] {
        (text ?? "").split(separator: "\n").compactMap { AccessRule(line: String($0)) }
    }

    /// The other users of a node, and what they may.
    func rules(at node: RedisEndpoint) async throws(StoreError) -> [AccessRule] {
        let own = try await client.send(RedisCommand("ACL WHOAMI"), to: node).text
        let lines = try await client.send(RedisCommand("ACL LIST"), to: node).elements ?? []
        var rules: [AccessRule] = []
        for line in lines {
            guard let rule = line.text.flatMap({ AccessRule(line: $0) }) else {
                throw StoreError(.unavailable, "The server's list of users can't be read: see ACL LIST.")
            }
            if rule.name != own { rules.append(rule) }
        }
        return rules.sorted { $0.name < $1.name }
    }

    /// Throws unless we are a user that other programs can be told from, and may see to the rights of the others.
    func requireOwnUser() async throws(StoreError) {
        for node in await client.nodes() {
            guard try await client.send(RedisCommand("ACL WHOAMI"), to: node).text != "default" else {
                throw .invalidArgument(
                    "Name a user in the URL that no other program is: at the cutover all others lose the right to write."
                )
            }
            _ = try await rules(at: node)
        }
    }

    /// Takes from all others the right to write, for connections that are open too. What each had before is kept first,
    /// and then by which position, which `place` tells, none had it any more.
    func refuse(
        _ record: CaptureRecord,
        place: (RedisEndpoint) async throws(StoreError) -> RedisStreamPosition?
    ) async throws(StoreError) {
        for node in await client.nodes() {
            let rules = try await rules(at: node)
            // However far an earlier attempt came.
            let known = WriterAccess.rules(record.admitted[node.description])
            let before = rules.map { rule in known.first { $0.name == rule.name } ?? rule }
            try await keeper.keep(["admitted:\(node)": WriterAccess.text(before)])
            for rule in rules { _ = try await client.send(rule.refusal, to: node) }
            // Whoever refuses them anew has not refused what they wrote since the first time.
            if let place = try await place(node) { try await keeper.keepIfAbsent("fenced:\(node)", place.text) }
            let refused = WriterAccess.text(try await self.rules(at: node))
            try await keeper.keep(["refused:\(node)": refused])
            await save(at: node)
        }
    }

    /// Gives back exactly what each had that is still there.
    func admit(_ record: CaptureRecord) async throws(StoreError) {
        for node in await client.nodes() {
            guard let admitted = record.admitted[node.description] else { continue }
            let present = Set(try await rules(at: node).map(\.name))
            for rule in WriterAccess.rules(admitted) where present.contains(rule.name) {
                _ = try await client.send(rule.restoration, to: node)
            }
            try await keeper.drop(["admitted:\(node)", "refused:\(node)", "fenced:\(node)"])
            await save(at: node)
        }
    }

    /// A server without a file of its rules refuses, and forgets them when it ends.
    private func save(at node: RedisEndpoint) async { _ = await client.send([RedisCommand("ACL SAVE")], to: node) }
}
#endif
