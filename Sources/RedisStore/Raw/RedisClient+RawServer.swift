#if Redis
import KeyValue

extension RedisRawStore {
    /// A raw view over a client, which it takes over: closing the view closes it.
    static func open(
        _ client: RedisClient,
        options: RedisRawOptions,
        environment: StoreEnvironment,
        hiding hidden: [UInt8]? = nil
    ) async throws(StoreError) -> RedisRawStore {
        try await RedisRawStore(
            server: ClientServer(client: client),
            options: options,
            environment: environment,
            hiding: hidden
        )
    }
}

/// The client as a raw view uses it.
private struct ClientServer: RawServer {
    let client: RedisClient

    func nodes() async throws(StoreError) -> [String] {
        var names: [String] = []
        for node in await client.nodes() { names.append(node.description) }
        return names.sorted()
    }

    func replies(to commands: [[[UInt8]]], at node: String?) async throws(StoreError) -> [RawReply] {
        var endpoint: RedisEndpoint?
        if let node {
            endpoint = await client.nodes().first { $0.description == node }
            guard endpoint != nil else {
                throw StoreError(
                    .unavailable,
                    "A node of the cluster is gone that was being scanned: begin anew.",
                    ["node": node]
                )
            }
        }
        guard client.isCluster, node == nil else {
            return try await client.sendTogether(commands, to: endpoint).map { (value) throws(StoreError) in
                try ClientServer.accepted(RawReply(value))
            }
        }
        let answers = await client.send(commands.map(command(of:)), to: nil)
        var replies: [RawReply] = []
        replies.reserveCapacity(answers.count)
        for answer in answers {
            do throws(StoreError) {
                replies.append(RawReply(try answer.get()))
            } catch {
                guard let text = error.metadata["server"] else { throw error }
                replies.append(try ClientServer.accepted(.error(text)))
            }
        }
        return replies
    }

    func close() async { await client.close() }

    /// A reply. What a key holds may change between two commands; every other refusal ends the reading.
    private static func accepted(_ reply: RawReply) throws(StoreError) -> RawReply {
        guard case .error(let text) = reply, !text.hasPrefix("WRONGTYPE"), !text.hasPrefix("ERR no such key")
        else { return reply }
        throw StoreError(serverSays: text)
    }

    /// The key is the first argument, behind the name, which XINFO has of two words.
    private func command(of parts: [[UInt8]]) -> RedisCommand {
        let key = parts.dropFirst(parts.first == ClientServer.information ? 2 : 1).first
        return RedisCommand(parts: parts, slot: key.map { HashSlot.of($0) })
    }

    private static let information = Array("XINFO".utf8)
}

extension RawReply {
    init(_ value: RESPValue) {
        switch value {
        case .null: self = .null
        case .bulk(let bytes), .simple(let bytes), .number(let bytes): self = .bytes(bytes)
        case .integer(let number): self = .number(number)
        case .boolean(let isTrue): self = .number(isTrue ? 1 : 0)
        case .double(let number): self = .bytes(Array("\(number)".utf8))
        case .array(let items), .map(let items), .set(let items), .push(let items):
            self = .array(items.map { RawReply($0) })
        case .error(let text): self = .error(text)
        }
    }
}
#endif
