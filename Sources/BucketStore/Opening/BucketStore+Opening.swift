#if S3
import AWSClient
import KeyValue
import StoreHTTP

extension BucketStore {
    /// Opens the store under a prefix of a bucket, and takes the connection over.
    ///
    /// Throws ``StoreError/Code/invalidArgument`` for a bucket that is not there, or a store that may not be made,
    /// ``StoreError/Code/newerFormat``, ``StoreError/Code/movedAway``, and what connections and servers bring.
    static func open(
        _ caller: HTTPCaller,
        _ layout: BucketLayout,
        _ configuration: BucketConfiguration
    ) async throws(StoreError) -> BucketStore {
        do throws(StoreError) {
            let (client, format) = try await configuration.found(caller) { (client) throws(StoreError) in
                try await client.get(layout.formatName)?.body
            }
            let store = BucketStore(client: client, layout: layout, powers: try await client.powers(layout))
            try await store.claim(format, creating: configuration.createsStore)
            if !configuration.acceptsMovedAway,
                case .movedAway(let name) = try await store.storedFence().fence.admission
            {
                throw .movedAway(to: name)
            }
            return store
        } catch {
            await caller.transport.close()
            throw error
        }
    }

    /// Looks at the version of the layout, and writes it where there is none.
    private func claim(_ found: [UInt8]?, creating: Bool) async throws(StoreError) {
        var bytes = found
        if bytes == nil {
            guard creating else {
                throw .invalidArgument(
                    "There is no store under this prefix of the bucket: correct the URL.",
                    ["bucket": client.bucket]
                )
            }
            let condition: BucketClient.Condition = powers.conditionalWrite ? .isNotThere : .none
            _ = try await client.put(layout.formatName, Array("\(BucketLayout.format)".utf8), if: condition)
            bytes = try await client.get(layout.formatName)?.body
        }
        guard let bytes, let format = Int(String(decoding: bytes, as: UTF8.self)), format > 0 else {
            throw StoreError(.corrupted, "The version of the store's layout can't be read: restore it from a copy.")
        }
        guard format <= BucketLayout.format else {
            throw StoreError(
                .newerFormat,
                "The store was written by a newer release: use that, or a later one.",
                ["format": "\(format)", "known": "\(BucketLayout.format)"]
            )
        }
    }
}

extension BucketObjects {
    /// Opens a view of a bucket, and takes the connection over. One object is listed to see whether it can be.
    static func open(
        _ caller: HTTPCaller,
        _ layout: BucketLayout,
        _ configuration: BucketConfiguration
    ) async throws(StoreError) -> BucketObjects {
        do throws(StoreError) {
            let (client, _) = try await configuration.found(caller) { (client) throws(StoreError) in
                try await client.list(layout.prefix, after: nil, limit: 1, isEncoded: true).objects.count
            }
            return BucketObjects(client, prefix: layout.prefix)
        } catch {
            await caller.transport.close()
            throw error
        }
    }
}

extension BucketConfiguration {
    /// What reaches the bucket, in the region that the server names if it is another than the URL's, and what came of the
    /// first question.
    fileprivate func found<Answer: Sendable>(
        _ caller: HTTPCaller,
        _ ask: (BucketClient) async throws(StoreError) -> Answer
    ) async throws(StoreError) -> (BucketClient, Answer) {
        let client = try client(caller)
        do throws(StoreError) {
            return (client, try await ask(client))
        } catch {
            guard let region = error.metadata["region"], region != address.access.region else { throw error }
            var other = self
            other.address.access.region = region
            let client = try other.client(caller)
            return (client, try await ask(client))
        }
    }
}
#endif
