#if Redis
import KeyValue

extension RedisStore {
    /// Opens the store under a prefix in servers that are connected, and takes the connection over.
    ///
    /// Throws ``StoreError/Code/unsupported`` for a server that is too old or removes keys by itself,
    /// ``StoreError/Code/newerFormat``, ``StoreError/Code/movedAway``, and what connections and servers bring.
    static func open(
        _ client: RedisClient,
        configuration: RedisStoreConfiguration,
        environment: StoreEnvironment
    ) async throws(StoreError) -> RedisStore {
        do throws(StoreError) {
            let layout = try RedisLayout(prefix: configuration.prefix)
            let facts = try await client.facts().map(\.facts)
            for server in facts { try server.require(configuration) }
            let store = RedisStore(
                client: client,
                layout: layout,
                configuration: configuration,
                durability: facts.map(\.durability).min() ?? .none,
                environment: environment
            )
            try await store.scripts.load()
            try await store.claimFormat()
            if !configuration.acceptsMovedAway, case .movedAway(let name) = try await store.movedAway()?.admission {
                throw .movedAway(to: name)
            }
            return store
        } catch {
            await client.close()
            throw error
        }
    }

    /// Reads the version of the layout, and writes it where there is none. A store whose records were moved away, or
    /// whose server takes no writes, has been written to, so it has one.
    private func claimFormat() async throws(StoreError) {
        let name = layout.formatName
        let slot = HashSlot.of(name)
        if try await storedFormat() == nil {
            let format = Array("\(RedisLayout.format)".utf8)
            _ = try await client.send(RedisCommand("SETNX", [name, format], slot: slot, .writes))
        }
        guard let format = try await storedFormat() else { return }
        guard format <= RedisLayout.format else {
            throw StoreError(
                .newerFormat,
                "The store was written by a newer release: use that, or a later one.",
                ["format": "\(format)", "known": "\(RedisLayout.format)"]
            )
        }
    }

    /// The version of the layout; nil where nobody has written yet.
    func storedFormat() async throws(StoreError) -> Int? {
        let name = layout.formatName
        let reply = try await client.send(RedisCommand("GET", [name], slot: HashSlot.of(name)))
        guard reply != .null else { return nil }
        guard let format = reply.text.flatMap({ Int($0) }), format > 0 else {
            throw StoreError(.corrupted, "The version of the store's layout can't be read: restore it from a copy.")
        }
        return format
    }
}

extension ServerFacts {
    fileprivate func require(_ configuration: RedisStoreConfiguration) throws(StoreError) {
        guard isRecentEnough else {
            throw .unsupported(
                "The server is too old: use Redis 6.2 or later.",
                ["version": self["redis_version"]]
            )
        }
        guard !evicts || configuration.acceptsEviction else {
            throw .unsupported(
                "The server removes records when its memory is full: set noeviction, or accept it with ?accept=eviction.",
                ["maxmemory-policy": setting("maxmemory-policy")]
            )
        }
    }
}
#endif
