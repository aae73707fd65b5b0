#if DynamoDB
public import KeyValue
import StoreHTTP

extension DynamoDBStore {
    /// How many requests a page of all partitions takes at most, so that what is passed over does not make it endless.
    private static let requestsAPage = 8

    /// A page of all partitions, in the order in which the service has them.
    func scanAll(
        _ range: KeyRange,
        _ options: ScanOptions,
        after cursor: Cursor?
    ) async throws(StoreError) -> ScanPage {
        if options.reverse { return try await scanAllReverse(range, options, after: cursor) }
        var position = try TablePosition(cursor, in: range.space)
        var builder = ScanPageBuilder(store: identity, space: range.space, options: options)
        for _ in 0..<DynamoDBStore.requestsAPage {
            let page = try await page(
                "Scan",
                [],
                limit: max(1, options.limit - builder.examined),
                keysOnly: options.keysOnly,
                after: position?.item.json
            )
            for item in page.items where item["p"]?.bytes?.first == range.space.rawValue {
                let row = try StoredRow(item)
                row.append(to: &builder)
                if builder.isFull { return builder.page(cursor: Cursor(after: row.key)) }
            }
            guard let next = Item(page.next) else { return builder.page(cursor: nil) }
            position = TablePosition(next)
        }
        return builder.page(cursor: position?.cursor(in: range.space))
    }

    public func partitions(
        in space: KeySpace,
        limit: Int,
        after cursor: Cursor?
    ) async throws(StoreError) -> PartitionPage {
        let limit = try capabilities.limits.listingLimit(limit)
        try requireOpen()
        var position: TablePosition?
        if let last = try lastPartition(cursor, in: space) { position = TablePosition(behind: last) }
        var found: [[UInt8]] = []
        for _ in 0..<DynamoDBStore.requestsAPage {
            let page = try await page("Scan", [], limit: 256, keysOnly: true, after: position?.item.json)
            var last: [UInt8]?
            for item in page.items {
                guard let bytes = item["p"]?.bytes, bytes != last else { continue }
                last = bytes
                guard bytes.first == space.rawValue else { continue }
                found.append(Array(bytes.dropFirst()))
                if found.count == limit {
                    return PartitionPage(partitions: found, cursor: TablePosition(behind: bytes).cursor(in: space))
                }
            }
            guard page.next != nil else { return PartitionPage(partitions: found, cursor: nil) }
            // The rest of the last partition is passed over at once.
            if let last {
                position = TablePosition(behind: last)
            } else {
                position = Item(page.next).map { TablePosition($0) }
            }
        }
        return PartitionPage(partitions: found, cursor: position?.cursor(in: space))
    }

    private func lastPartition(_ cursor: Cursor?, in space: KeySpace) throws(StoreError) -> [UInt8]? {
        try TablePosition(cursor, in: space)?.item["p"]?.bytes
    }

}

// MARK: - From the end

extension DynamoDBStore {
    /// A page of all partitions, from the last to the first.
    ///
    /// The service reads a table in one direction alone. So at each partition the others are listed anew, up to it: that
    /// costs far more than a forward scan, and is there to be right, not to be used on large tables.
    private func scanAllReverse(
        _ range: KeyRange,
        _ options: ScanOptions,
        after cursor: Cursor?
    ) async throws(StoreError) -> ScanPage {
        var builder = ScanPageBuilder(store: identity, space: range.space, options: options)
        var last = try cursor.position(in: range)
        var present = last?.partition
        if present == nil { present = try await partition(before: nil, in: range.space) }
        while let partition = present {
            let rest = KeyRange.partition(partition, in: range.space)
            if let end = try await fill(&builder, from: rest, options, after: last) {
                return builder.page(cursor: Cursor(after: end))
            }
            last = nil
            present = try await self.partition(before: partition, in: range.space)
        }
        return builder.page(cursor: nil)
    }

    /// The partition that the service has before another, or its last one; nil where there is none.
    private func partition(before other: [UInt8]?, in space: KeySpace) async throws(StoreError) -> [UInt8]? {
        let end = other.map { DynamoDBLayout.partition($0, in: space) }
        // What comes behind it, should the other be gone meanwhile.
        var following: [UInt8]?
        if let end {
            let page = try await page("Scan", [], limit: 1, keysOnly: true, after: TablePosition(behind: end).item.json)
            following = page.items.first?["p"]?.bytes
        }
        var before: [UInt8]?
        var position: TablePosition?
        while true {
            let page = try await page("Scan", [], limit: 256, keysOnly: true, after: position?.item.json)
            var last: [UInt8]?
            for item in page.items {
                guard let bytes = item["p"]?.bytes, bytes != last else { continue }
                if bytes == end || bytes == following { return before }
                last = bytes
                if bytes.first == space.rawValue { before = Array(bytes.dropFirst()) }
            }
            guard page.next != nil, let last else { return before }
            position = TablePosition(behind: last)
        }
    }
}

// MARK: - Counting

extension DynamoDBStore {
    /// How many parts of the table are counted at a time.
    private static let segments = 8

    public func count(_ range: KeyRange, _ options: ReadOptions) async throws(StoreError) -> Measurement {
        try range.validate(for: capabilities)
        try requireOpen()
        if case .keys(let partition, let lower, let upper) = range.extent {
            // Bounds of the service are in, so its count may be of one row too many.
            guard lower == nil, upper == nil else { return try await countByScanning(range, options) }
            guard let query = PartitionQuery(partition, in: range.space, from: nil, to: nil) else {
                return Measurement(0, .exact)
            }
            let filter = options.includesTombstones ? nil : "attribute_not_exists(t)"
            return Measurement(try await total("Query", query.members, filter: filter), .exact)
        }
        var filter = "p >= :space AND p < :next"
        if !options.includesTombstones { filter += " AND attribute_not_exists(t)" }
        let (space, next) = ([range.space.rawValue], [range.space.rawValue + 1])
        let values = Item([":space": .binary(space), ":next": .binary(next)]).json
        let counting = filter
        let totals = await withTaskGroup(of: Result<Int, StoreError>.self) { tasks in
            for segment in 0..<DynamoDBStore.segments {
                let members = [
                    JSON.Member("Segment", .integer(segment)),
                    JSON.Member("TotalSegments", .integer(DynamoDBStore.segments)),
                    JSON.Member("ExpressionAttributeValues", values),
                ]
                tasks.addTask {
                    do throws(StoreError) {
                        return .success(try await self.total("Scan", members, filter: counting))
                    } catch {
                        return .failure(error)
                    }
                }
            }
            var totals: [Result<Int, StoreError>] = []
            for await total in tasks { totals.append(total) }
            return totals
        }
        var sum = 0
        for total in totals { sum += try total.get() }
        return Measurement(sum, .exact)
    }

    private func countByScanning(_ range: KeyRange, _ options: ReadOptions) async throws(StoreError) -> Measurement {
        let scanOptions = ScanOptions(
            limit: capabilities.limits.pageKeysMax,
            bytesMax: 1 << 20,
            keysOnly: true,
            includesTombstones: options.includesTombstones
        )
        var count = 0
        var cursor: Cursor?
        repeat {
            let page = try await scan(range, scanOptions, after: cursor)
            count += page.count
            cursor = page.cursor
        } while cursor != nil
        return Measurement(count, .exact)
    }

    /// How many items a query or a scan finds, all pages together. The service sends numbers alone.
    private func total(_ operation: String, _ members: [JSON.Member], filter: String?) async throws(StoreError) -> Int {
        var total = 0
        var start: JSON?
        repeat {
            var input = members + [JSON.Member("ConsistentRead", .bool(true)), JSON.Member("Select", .string("COUNT"))]
            if let filter { input.append(JSON.Member("FilterExpression", .string(filter))) }
            if let start { input.append(JSON.Member("ExclusiveStartKey", start)) }
            let reply = try await client.ask(operation, input)
            guard let count = reply["Count"]?.integer else { throw client.strangeReply(changes: false) }
            total += count
            start = try next(in: reply, after: start)
        } while start != nil
        return total
    }
}
#endif
