#if PostgreSQL
public import KeyValue

extension PostgreSQLStore {
    public func write(_ batch: WriteBatch) async throws(StoreError) -> WriteReceipt {
        try batch.validate(for: capabilities)
        let request = BatchRequest(batch, id: batch.id ?? environment.makeWriteID(), identity: reader.identity)
        if let put = request.putQuery(reader.statements),
            let result = try await connection.write([put]).first, result.changed == 1
        {
            return request.receiptOfPut
        }
        let results = try await connection.write([request.query(reader.statements)])
        guard let result = results.first else {
            throw StoreError(.outcomeUnknown, "The server gave no answer: read what is there.")
        }
        return try request.receipt(from: result)
    }

    public func write(each batches: [WriteBatch]) async -> [Result<WriteReceipt, StoreError>] {
        var results = [Result<WriteReceipt, StoreError>?](repeating: nil, count: batches.count)
        var loads: [LoadRequest] = []
        var open: [LoadRequest.Kind: LoadRequest] = [:]
        var singles: [(index: Int, id: WriteID)] = []
        for (index, batch) in batches.enumerated() {
            do throws(StoreError) {
                try batch.validate(for: capabilities)
            } catch {
                results[index] = .failure(error)
                continue
            }
            let id = batch.id ?? environment.makeWriteID()
            guard batches.count > 1, let kind = LoadRequest.kind(of: batch) else {
                singles.append((index, id))
                continue
            }
            if !open[kind, default: LoadRequest(kind)].append(batch, id: id, index: index) {
                singles.append((index, id))
            }
            if let load = open[kind], load.isFull {
                loads.append(load)
                open[kind] = nil
            }
        }
        loads += open.values
        await load(loads, &results, &singles)
        await apply(singles, of: batches, &results)
        return results.map { $0 ?? .failure(.cancelled) }
    }

    /// Runs loads; what was not put since something is there, or since another row of the load was refused, is left to
    /// be tried by itself.
    private func load(
        _ loads: [LoadRequest],
        _ results: inout [Result<WriteReceipt, StoreError>?],
        _ singles: inout [(index: Int, id: WriteID)]
    ) async {
        let loads = await copy(loads, &results)
        guard !loads.isEmpty else { return }
        let answers = await connection.write(each: loads.map { $0.query(reader.statements) })
        for (load, answer) in zip(loads, answers) {
            switch answer {
            case .success(let result):
                for (row, outcome) in zip(load.rows, load.results(result, identity: reader.identity)) {
                    if let result = outcome.outcome {
                        results[row.index] = result
                    } else {
                        singles.append((row.index, row.id))
                    }
                }
            // The server undid the statement, whosever row it was for: each has a fate of its own.
            case .failure(let error) where error.metadata["sqlstate"] != nil && load.rows.count > 1:
                for row in load.rows { singles.append((row.index, row.id)) }
            case .failure(let error):
                for row in load.rows { results[row.index] = .failure(error) }
            }
        }
    }

    /// Runs those loads by `COPY` that are fit for it; the others, and those that it refused.
    private func copy(
        _ loads: [LoadRequest],
        _ results: inout [Result<WriteReceipt, StoreError>?]
    ) async -> [LoadRequest] {
        let chosen = loads.indices.filter { loads[$0].mayBeCopied && copyTrust.mayTry() }
        guard !chosen.isEmpty else { return loads }
        let answers = await connection.load(chosen.map { loads[$0].bulk(reader.statements) })
        var done: Set<Int> = []
        for (index, answer) in zip(chosen, answers) {
            let outcomes = loads[index].results(answer, identity: reader.identity)
            copyTrust.note(wasTaken: outcomes != nil)
            guard let outcomes else { continue }
            done.insert(index)
            for (index, outcome) in outcomes { results[index] = outcome }
        }
        return loads.indices.filter { !done.contains($0) }.map { loads[$0] }
    }

    private func apply(
        _ singles: [(index: Int, id: WriteID)],
        of batches: [WriteBatch],
        _ results: inout [Result<WriteReceipt, StoreError>?]
    ) async {
        guard !singles.isEmpty else { return }
        let requests = singles.map { BatchRequest(batches[$0.index], id: $0.id, identity: reader.identity) }
        let answers = await connection.write(each: requests.map { $0.query(reader.statements) })
        for ((single, request), answer) in zip(zip(singles, requests), answers) {
            do throws(StoreError) {
                results[single.index] = .success(try request.receipt(from: try answer.get()))
            } catch {
                results[single.index] = .failure(error)
            }
        }
    }

    public func delete(
        _ range: KeyRange,
        limit: Int,
        epoch: UInt64?,
        after cursor: Cursor?
    ) async throws(StoreError) -> DeletedRange {
        try range.validateForDeleting(in: capabilities)
        let limit = try ScanOptions(limit: limit, keysOnly: true).validated(for: capabilities).limit
        let position = try cursor.position(in: range)
        let bounds = Bounds(range, reverse: false, after: position)
        let query = reader.statements.delete(bounds, limit: limit, epoch: BatchRequest.encoded(epoch))
        guard let result = try await connection.write([query]).first, let found = result.integer(0, 0),
            let gone = result.integer(0, 1), let admitted = result.integer(0, 2)
        else { throw StoreError(.outcomeUnknown, "The server gave no answer: look at what is left.") }
        if found > 0, admitted == 0 {
            try await reader.fence().admit(epoch: epoch)
            throw StoreError(.staleMode, "The fence has been changed meanwhile: try again.")
        }
        var next: Cursor?
        if let partition = result.bytes(0, 3), let key = result.bytes(0, 4) {
            next = Cursor(after: Key(partition: partition, bytes: key, space: range.space))
        }
        return DeletedRange(deleted: Int(gone), cursor: next)
    }

    public func setFence(of bin: Bin, to fence: Fence, expecting expected: Fence) async throws(StoreError) {
        try check(bin)
        // A new fence waits for the batches that an old one let in. Once it took another's place it is not there to
        // be replaced any more, which the second look tells.
        for _ in 0..<2 {
            let present = try await reader.fence()
            try present.allow(fence, expecting: expected)
            let query = reader.statements.putFence(fence.encoded, in: present.encoded)
            if let result = try await connection.write([query]).first, result.changed == 1 { return }
        }
        throw StoreError(.staleMode, "The fence has been changed meanwhile: read it again.")
    }

    public func clearMarks(_ ids: [MarkID], in bin: Bin) async throws(StoreError) {
        try check(bin)
        guard !ids.isEmpty else { return }
        _ = try await connection.write([reader.statements.clearMarks(ids.map(\.encoded))])
    }
}
#endif
