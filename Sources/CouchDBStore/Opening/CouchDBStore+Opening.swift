#if CouchDB
import KeyValue
import StoreHTTP

extension CouchDBStore {
    /// The version of the layout.
    static let formatVersion = 1

    /// Opens the store in a database, and takes the connections over.
    ///
    /// Throws ``StoreError/Code/invalidArgument`` for one that is not there and is not to be made,
    /// ``StoreError/Code/unsupported`` for one that holds something else, ``StoreError/Code/newerFormat``,
    /// ``StoreError/Code/movedAway``, and what connections and servers bring.
    static func open(
        _ database: CouchDatabase,
        creating: Bool,
        acceptsMovedAway: Bool,
        environment: StoreEnvironment
    ) async throws(StoreError) -> CouchDBStore {
        do throws(StoreError) {
            let facts = try await database.claim(creating: creating)
            let store = CouchDBStore(database, facts, environment: environment)
            if !acceptsMovedAway, case .movedAway(let name) = try await store.currentFence().admission {
                throw .movedAway(to: name)
            }
            return store
        } catch {
            await database.caller.transport.close()
            throw error
        }
    }
}

extension CouchDatabase {
    /// What the server says of the database.
    func facts() async throws(StoreError) -> ClusterFacts { try ClusterFacts(try await read("GET", "")) }

    /// Sees to it that there is a database of ours: reads the version of its layout, and writes it where there is none.
    fileprivate func claim(creating: Bool) async throws(StoreError) -> ClusterFacts {
        if try await !isThere() {
            guard creating else { throw CouchDatabase.noStore }
            // 412 says that somebody else has made it meanwhile.
            _ = try await change("PUT", "")
        }
        let facts = try await facts()
        if let format = try await storedFormat() {
            try require(format)
            return facts
        }
        guard creating else { throw CouchDatabase.noStore }
        // Another process may be as far as we are; then its version is there now.
        guard facts.documents == 0 else {
            guard let format = try await storedFormat() else {
                throw .unsupported("The database holds documents that are not a store's: name another.")
            }
            try require(format)
            return facts
        }
        let members: [JSON.Member] = [
            .init("_id", .string(DocumentID.format)), .init("format", .number("\(CouchDBStore.formatVersion)")),
        ]
        let fates = try await write(JSON.object(members).encoded, count: 1, copies: facts.copies)
        if case .failed(let error) = fates[0] { throw error }
        guard let format = try await storedFormat() else { throw .strangeReply(["server": "\(endpoint)"]) }
        try require(format)
        return facts
    }

    private func isThere() async throws(StoreError) -> Bool {
        try await call("GET", path) { (reply) throws(StoreError) in
            // What says so has to be a CouchDB.
            if reply.status == 404, JSON(parsing: reply.body)?["error"]?.text == "not_found" { return false }
            guard reply.isSuccess else { throw failure(of: reply, changes: false) }
            return true
        }
    }

    private func storedFormat() async throws(StoreError) -> Int? {
        guard let leaf = try await document(DocumentID.format) else { return nil }
        guard let format = leaf.content["format"]?.integer, format > 0 else {
            throw StoreError(.corrupted, "The version of the store's layout can't be read: restore it from a copy.")
        }
        return format
    }

    private func require(_ format: Int) throws(StoreError) {
        guard format <= CouchDBStore.formatVersion else {
            throw StoreError(
                .newerFormat,
                "The store was written by a newer release: use that, or a later one.",
                ["format": "\(format)", "known": "\(CouchDBStore.formatVersion)"]
            )
        }
    }

    private static var noStore: StoreError {
        .invalidArgument("There is no store in this database: see the URL, or have one made.")
    }
}
#endif
