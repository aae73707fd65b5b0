#if Redis
import KeyValue
import Synchronization

/// Which keys of one Redis change, in the order in which they do: the server's replication stream, read as a replica
/// reads it.
///
/// It names keys, not values: who reads a key after it was named finds that change, or a later one. Named are the keys of
/// every command that the server hands to its replicas, which are the effects of scripts and transactions too, and keys
/// that have expired or were evicted; of a command that reads some keys and writes others, all. Nothing is skipped between
/// two positions: each command comes once, in the server's order.
///
/// Where a server was told to wait for replicas (WAIT), this one never counts, since it confirms nothing; in
/// `min-replicas-to-write` it does count, and so it does in the list of replicas that the server shows.
final class RedisChangeStream: ChangeStream {
    private let client: RedisClient
    private let endpoint: RedisEndpoint
    private let link: ReplicationLink
    private let table: KeyTable
    private let last: Mutex<RedisStreamPosition>

    /// Where it began.
    let beginning: RedisStreamPosition
    /// Whether it goes on at the position that was asked for. If not, the server has dropped what came behind it, changes
    /// may have gone by, and it began with the present.
    let isContinued: Bool

    private init(
        _ client: RedisClient,
        _ endpoint: RedisEndpoint,
        _ link: ReplicationLink,
        _ table: KeyTable,
        from position: RedisStreamPosition,
        isContinued: Bool
    ) {
        self.client = client
        self.endpoint = endpoint
        self.link = link
        self.table = table
        self.isContinued = isContinued
        beginning = position
        last = Mutex(position)
    }

    /// Opens the stream of one server from a position on, or from the present.
    ///
    /// From the present, a server may take its time (`repl-diskless-sync-delay`), and one before 7.0 sends all of its
    /// data first, which is passed over.
    ///
    /// Throws ``StoreError/Code/unavailable`` where it can't be reached, ``StoreError/Code/unsupported`` where it does not
    /// let itself be followed.
    static func open(
        _ client: RedisClient,
        _ configuration: RedisConfiguration,
        _ endpoint: RedisEndpoint,
        from position: RedisStreamPosition?
    ) async throws(StoreError) -> RedisChangeStream {
        guard let table = KeyTable(try await client.send(RedisCommand("COMMAND"), to: endpoint)) else {
            throw StoreError(.unavailable, "The server does not tell its commands: see that it is a Redis.")
        }
        let link = try await ReplicationLink.connect(configuration, to: endpoint)
        do throws(StoreError) {
            try await introduce(link)
            let (id, offset) = try await link.follow(from: position)
            if offset != nil { try await link.passData() }
            var beginning = position
            if let id { beginning?.id = id }
            if let id, let offset { beginning = RedisStreamPosition(id: id, offset: offset, database: nil) }
            guard let beginning else { throw StoreError(.unavailable, "The server does not tell where it begins.") }
            return RedisChangeStream(
                client,
                endpoint,
                link,
                table,
                from: beginning,
                isContinued: position == nil || offset == nil
            )
        } catch {
            link.close()
            guard error.code == .permissionDenied || error.code == .unsupported else { throw error }
            var metadata = error.metadata
            metadata["endpoint"] = "\(endpoint)"
            throw StoreError(
                .unsupported,
                "The server does not let its changes be followed: allow psync and replconf, or say capture=events.",
                metadata
            )
        }
    }

    /// What a replica says first. A server that can leaves out the data that it would begin with, if it had to.
    private static func introduce(_ link: ReplicationLink) async throws(StoreError) {
        try await link.ask(RedisCommand("REPLCONF", "capa", "eof", "capa", "psync2"))
        do throws(StoreError) {
            try await link.ask(RedisCommand("REPLCONF", "rdb-filter-only", ""))
        } catch {
            // Before 7.0 there is no such thing.
            guard error.code == .unsupported else { throw error }
        }
    }

    /// What a server says of its stream.
    static func facts(_ client: RedisClient, _ endpoint: RedisEndpoint) async throws(StoreError) -> ServerFacts {
        ServerFacts(
            info: try await client.send(RedisCommand("INFO", "replication"), to: endpoint).text ?? "",
            config: nil
        )
    }

    /// Where a server's stream is now.
    static func present(
        _ client: RedisClient,
        _ endpoint: RedisEndpoint
    ) async throws(StoreError) -> RedisStreamPosition {
        let facts = try await facts(client, endpoint)
        guard facts["role"] == "master", let offset = UInt64(facts["master_repl_offset"]) else {
            throw StoreError(.unavailable, "The server is a replica now: name its master.", ["server": "\(endpoint)"])
        }
        return RedisStreamPosition(id: facts["master_replid"], offset: offset, database: nil)
    }

    func present() async throws(StoreError) -> RedisStreamPosition {
        try await RedisChangeStream.present(client, endpoint)
    }

    /// The next changes; it waits until there are some.
    ///
    /// One caller at a time. Throws when the stream ends, after which another is opened from the last position.
    func next() async throws(StoreError) -> RedisChanges {
        var position = last.withLock { $0 }
        var changes: [RedisChange] = []
        for item in try await link.take() {
            switch item {
            case .command(let words, let end):
                if let database = KeyTable.selection(words) { position.database = database }
                position.offset = beginning.offset + end
                for subject in try await subjects(words, position.database) {
                    changes.append(RedisChange(subject: subject, position: position))
                }
            case .dataEnd: break
            case .refused(let text): throw StoreError(serverSays: text)
            case .accepted, .beginning: throw StoreError(.unavailable, "The server begins anew: open the stream again.")
            }
        }
        let reached = position
        last.withLock { $0 = reached }
        return RedisChanges(changes: changes, position: reached)
    }

    private func subjects(_ words: [[UInt8]], _ database: Int?) async throws(StoreError) -> [RedisChange.Subject] {
        switch table.finding(words, in: database) {
        case .subjects(let subjects): return subjects
        case .asks:
            let parts = ["COMMAND", "GETKEYS"].map { Array($0.utf8) } + words
            do throws(StoreError) {
                let reply = try await client.send(RedisCommand(parts: parts, slot: nil), to: endpoint)
                return (reply.elements ?? []).compactMap(\.bytes).map { .key($0, database: database) }
            } catch {
                guard let text = error.metadata["server"] else { throw error }
                return text.contains("no key arguments") ? [] : [.everything(database: nil)]
            }
        }
    }

    /// Lets go of the connection. A call that waits throws.
    func close() { link.close() }
}
#endif
