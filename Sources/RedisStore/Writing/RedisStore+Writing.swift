#if Redis
public import KeyValue

extension RedisStore {
    public func write(_ batch: WriteBatch) async throws(StoreError) -> WriteReceipt {
        try await write(each: [batch])[0].get()
    }

    /// How many batches are under way at a time for one caller.
    private static let batchesAtOnce = 1_024

    public func write(each batches: [WriteBatch]) async -> [Result<WriteReceipt, StoreError>] {
        var results: [Result<WriteReceipt, StoreError>] = []
        results.reserveCapacity(batches.count)
        for start in stride(from: 0, to: batches.count, by: RedisStore.batchesAtOnce) {
            results += await apply(batches[start..<min(start + RedisStore.batchesAtOnce, batches.count)])
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
                requests.append((place, WriteRequest(batch, id: id, store: identity)))
                // Until the reply takes its place.
                results.append(.success(WriteReceipt([])))
            } catch {
                results.append(.failure(error))
            }
        }
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
}
#endif
