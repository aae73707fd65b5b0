#if Redis
public import KeyValue

extension RedisStore {
    public func write(_ batch: WriteBatch) async throws(StoreError) -> WriteReceipt {
        try await write(each: [batch])[0].get()
    }

    /// How many batches are under way at a time for one caller, and how many bytes they have, unless one has more.
    private static let batchesAtOnce = 1_024
    private static let bytesAtOnce = 16 << 20

    public func write(each batches: [WriteBatch]) async -> [Result<WriteReceipt, StoreError>] {
        var results: [Result<WriteReceipt, StoreError>] = []
        results.reserveCapacity(batches.count)
        var start = 0
        while start < batches.count {
            var end = start
            var byteCount = 0
            while end < batches.count, end - start < RedisStore.batchesAtOnce, byteCount < RedisStore.bytesAtOnce {
                for case .put(let value) in batches[end].operations.lazy.map(\.action) { byteCount += value.count }
                end += 1
            }
            results += await apply(batches[start..<end])
            start = end
        }
        return results
    }

    private func apply(_ batches: ArraySlice<WriteBatch>) async -> [Result<WriteReceipt, StoreError>] {
        var results: [Result<WriteReceipt, StoreError>] = []
        var requests: [(place: Int, request: WriteRequest)] = []
        for (place, batch) in batches.enumerated() {
            do throws(StoreError) {
                try batch.validate(for: capabilities)
                let id = batch.id ?? environment.makeWriteID()
                let request = WriteRequest(batch, id: id, store: identity, names: environment.random())
                requests.append((place, request))
                // Until the reply takes its place.
                results.append(.success(WriteReceipt([])))
            } catch {
                results.append(.failure(error))
            }
        }
        await sendAhead(&requests, &results)
        let calls = requests.map { call(.write, in: $0.request.bucket, $0.request.arguments, .writes) }
        let replies = await scripts.run(calls)
        for (entry, reply) in zip(requests, replies) {
            do throws(StoreError) {
                results[entry.place] = .success(try entry.request.receipt(from: try reply.get()))
            } catch {
                results[entry.place] = .failure(error)
            }
        }
        return results
    }

    /// Sends the rows of large batches ahead; a batch with one that fails fails, and nothing of it was written.
    private func sendAhead(
        _ requests: inout [(place: Int, request: WriteRequest)],
        _ results: inout [Result<WriteReceipt, StoreError>]
    ) async {
        let commands = requests.flatMap { $0.request.commandsAhead(in: layout) }
        guard !commands.isEmpty else { return }
        var replies = await client.send(commands)[...]
        requests.removeAll { entry in
            let count = entry.request.rowsAhead.count
            defer { replies = replies.dropFirst(count) }
            for case .failure(let error) in replies.prefix(count) {
                results[entry.place] = .failure(error)
                return true
            }
            return false
        }
    }
}
#endif
