#if DynamoDB
import AWSClient
public import KeyValue
import StoreHTTP
import Synchronization

extension DynamoDBStore {
    public func get(_ keys: [Key], _ options: ReadOptions) async throws(StoreError) -> [Entry?] {
        try Key.validate(keys, for: capabilities.limits)
        try requireOpen()
        let entries = try await rows(at: keys, withValues: true)
        return keys.map { key in
            entries[key].flatMap { options.includesTombstones || !$0.isTombstone ? $0 : nil }
        }
    }

    /// The rows at keys, as the newest writes left them, tombstones among them.
    func rows(at keys: [Key], withValues: Bool) async throws(StoreError) -> [Key: Entry] {
        if Task.isCancelled { throw .cancelled }
        // The service takes each once.
        var wanted = Set(keys).map { DynamoDBLayout.item(at: $0).json }
        var entries: [Key: Entry] = [:]
        var attempt = 1
        while !wanted.isEmpty {
            var request = [JSON.Member("Keys", .array(wanted)), JSON.Member("ConsistentRead", .bool(true))]
            if !withValues { request.append(JSON.Member("ProjectionExpression", .string(StoredRow.withoutValue))) }
            let answer = try await client.send(
                "BatchGetItem",
                [JSON.Member("RequestItems", .object([JSON.Member(client.table, .object(request))]))],
                .reads,
                ofTable: false
            )
            guard case .done(let reply) = answer, let items = reply["Responses"]?[client.table]?.items else {
                throw client.strangeReply(changes: false)
            }
            for json in items {
                guard let item = Item(json) else { throw client.strangeReply(changes: false) }
                let row = try StoredRow(item)
                entries[row.key] = row.entry(in: identity)
            }
            // What would have made the reply too long, and what the service had no time for.
            wanted = reply["UnprocessedKeys"]?[client.table]?["Keys"]?.items ?? []
            if items.isEmpty, !wanted.isEmpty {
                let error = StoreError(.throttled, "The server asks for less load.", ["unprocessed": "\(wanted.count)"])
                try await client.caller.pause(after: attempt, of: error)
                attempt += 1
            } else {
                attempt = 1
            }
        }
        return entries
    }

    public func scan(
        _ range: KeyRange,
        _ options: ScanOptions,
        after cursor: Cursor?
    ) async throws(StoreError) -> ScanPage {
        try range.validate(for: capabilities)
        let options = try options.validated(for: capabilities)
        try requireOpen()
        guard case .keys = range.extent else { return try await scanAll(range, options, after: cursor) }
        let last = try cursor.position(in: range)
        var builder = ScanPageBuilder(store: identity, space: range.space, options: options)
        let end = try await fill(&builder, from: range, options, after: last)
        return builder.page(cursor: end.map { Cursor(after: $0) })
    }

    /// Appends the rows of a range of one partition to a page; the last key where the page is full, nil at the end of
    /// the range.
    func fill(
        _ builder: inout ScanPageBuilder,
        from range: KeyRange,
        _ options: ScanOptions,
        after last: Key?
    ) async throws(StoreError) -> Key? {
        guard case .keys(let partition, let lower, let upper) = range.extent,
            let query = PartitionQuery(partition, in: range.space, from: lower, to: upper)
        else { return nil }
        var start = last.map { DynamoDBLayout.item(at: $0).json }
        repeat {
            let page = try await page(
                "Query",
                query.members + [JSON.Member("ScanIndexForward", .bool(!options.reverse))],
                limit: keysExpected(options, examined: builder.examined),
                keysOnly: options.keysOnly,
                after: start
            )
            for item in page.items {
                let row = try StoredRow(item)
                // The service takes bounds in; one may not be in the range.
                guard range.contains(row.key) else { continue }
                row.append(to: &builder)
                if builder.isFull { return row.key }
            }
            start = page.next
        } while start != nil
        return nil
    }

    /// How many keys are asked for at a time, so that a page takes one request, or few, and not much is read in vain.
    private func keysExpected(_ options: ScanOptions, examined: Int) -> Int {
        let average = max(1, rowBytes.load(ordering: .relaxed))
        let byBytes = options.keysOnly ? options.limit : min(options.bytesMax, 1 << 20) / average + 1
        return max(1, min(options.limit - examined, byBytes))
    }

    /// Some items, and where to go on, as the service names it; nil at the end.
    struct ItemPage: Sendable {
        let items: [Item]
        let next: JSON?
    }

    /// One page of a query or a scan of the service's.
    func page(
        _ operation: String,
        _ members: [JSON.Member],
        limit: Int,
        keysOnly: Bool,
        after start: JSON?
    ) async throws(StoreError) -> ItemPage {
        var input = members
        input.append(JSON.Member("ConsistentRead", .bool(true)))
        input.append(JSON.Member("Limit", .integer(limit)))
        if keysOnly { input.append(JSON.Member("ProjectionExpression", .string(StoredRow.withoutValue))) }
        if let start { input.append(JSON.Member("ExclusiveStartKey", start)) }
        let reply = try await client.ask(operation, input)
        var items: [Item] = []
        for json in reply["Items"]?.items ?? [] {
            guard let item = Item(json) else { throw client.strangeReply(changes: false) }
            items.append(item)
        }
        if !keysOnly, !items.isEmpty {
            let bytes = items.reduce(0) { $0 + ($1["v"]?.bytes?.count ?? 0) + 64 }
            rowBytes.store(bytes / items.count, ordering: .relaxed)
        }
        return ItemPage(items: items, next: try next(in: reply, after: start))
    }

    /// Where to go on behind a reply; nil at the end. A server that does not go on would make pages without end.
    func next(in reply: JSON, after start: JSON?) throws(StoreError) -> JSON? {
        guard let next = reply["LastEvaluatedKey"] else { return nil }
        // As items, since an item's members come in any order.
        guard let place = Item(next), place != Item(start) else { throw client.strangeReply(changes: false) }
        return next
    }
}

extension StoredRow {
    func append(to builder: inout ScanPageBuilder) {
        builder.append(key, value: value, nonce: nonce, isTombstone: isTombstone)
    }
}
#endif
