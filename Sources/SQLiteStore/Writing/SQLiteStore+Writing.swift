#if SQLite
public import KeyValue

extension SQLiteStore {
    public func write(_ batch: WriteBatch) async throws(StoreError) -> WriteReceipt {
        try batch.validate(for: capabilities)
        return try await perform(one: .batches([batch], [batch.id ?? environment.makeWriteID()]))
    }

    public func write(each batches: [WriteBatch]) async -> [Result<WriteReceipt, StoreError>] {
        var refusals: [Int: StoreError] = [:]
        for (index, batch) in batches.enumerated() {
            do throws(StoreError) {
                try batch.validate(for: capabilities)
            } catch {
                refusals[index] = error
            }
        }
        let legal = refusals.isEmpty ? batches : batches.indices.filter { refusals[$0] == nil }.map { batches[$0] }
        guard !legal.isEmpty else { return batches.indices.compactMap { refusals[$0].map { .failure($0) } } }
        let answers = await perform(.batches(legal, legal.map { $0.id ?? environment.makeWriteID() }))
        guard !refusals.isEmpty else { return answers }
        var next = answers.makeIterator()
        return batches.indices.compactMap { index in refusals[index].map { .failure($0) } ?? next.next() }
    }

    public func bins() async throws(StoreError) -> [Bin] {
        try await read(rows: 0) { (_) throws(EngineError) in [SQLiteStore.bin] }
    }

    public func fence(of bin: Bin) async throws(StoreError) -> Fence {
        try check(bin)
        return try await read(rows: 0) { (_) throws(EngineError) in shared.withLock { $0.fence } }
    }

    public func setFence(of bin: Bin, to fence: Fence, expecting expected: Fence) async throws(StoreError) {
        try check(bin)
        _ = try await perform(one: .fence(fence, expecting: expected))
    }

    public func clearMarks(_ ids: [MarkID], in bin: Bin) async throws(StoreError) {
        try check(bin)
        _ = try await perform(one: .clearMarks(ids))
    }

    /// One file, one bin.
    static let bin = Bin("main")

    func check(_ bin: Bin) throws(StoreError) {
        guard bin == SQLiteStore.bin else { throw .noSuchBin(bin) }
    }

    private func perform(one work: WriteRequest.Work) async throws(StoreError) -> WriteReceipt {
        if Task.isCancelled { throw .cancelled }
        guard let answer = await perform(work).first else { return WriteReceipt([]) }
        return try answer.get()
    }
}
#endif
