#if PostgreSQL
import KeyValue

/// Reads the tables: for the store over its shared connections, for a snapshot over one of its own.
struct RowReader: Sendable {
    let connection: PostgreSQLConnection
    let lease: Lease?
    let statements: Statements
    let identity: StoreIdentity
    let capabilities: Capabilities
    let rowSizes: RowSizes

    /// A page travels in one piece; more bytes would keep others waiting.
    static let pageBytesMax = 4 << 20
    /// Rows that are measured in one query.
    private static let pieceRows = 16_384

    private static let damage = StoreError(.corrupted, "The tables don't hold what they should: restore a copy.")

    func get(_ keys: [Key], _ options: ReadOptions) async throws(StoreError) -> [Entry?] {
        try Key.validate(keys, for: capabilities.limits)
        var entries = [Entry?](repeating: nil, count: keys.count)
        if keys.isEmpty { return entries }
        let result = try await connection.read(Lookup(keys: keys, statements: statements), on: lease)
        for row in 0..<result.count {
            guard let place = result.integer(row, 0), let nonce = result.integer(row, 1), place > 0 else {
                throw RowReader.damage
            }
            let index = Int(place) - 1 - result.placesBefore
            // The others that share the query have places of their own.
            guard entries.indices.contains(index) else { continue }
            let value = result.bytes(row, 2)
            guard value != nil || options.includesTombstones else { continue }
            let key = keys[index]
            entries[index] = Entry(
                key: key,
                value: value ?? [],
                revision: Revision(store: identity, key: key, nonce: UInt64(bitPattern: nonce)),
                isTombstone: value == nil
            )
        }
        return entries
    }

    func scan(_ range: KeyRange, _ options: ScanOptions, after cursor: Cursor?) async throws(StoreError) -> ScanPage {
        try range.validate(for: capabilities)
        var options = try options.validated(for: capabilities)
        options.bytesMax = min(options.bytesMax, RowReader.pageBytesMax)
        let position = try cursor.position(in: range)
        let bounds = Bounds(range, reverse: options.reverse, after: position)
        var fetch = PageFetch(options, rowBytes: rowSizes.expected)
        while true {
            let query = statements.scan(
                bounds,
                limit: fetch.rows,
                valueBytesMax: fetch.valueBytesMax,
                keysOnly: options.keysOnly,
                reverse: options.reverse
            )
            let result = try await connection.read(query, on: lease)
            if !options.keysOnly, let length = result.integer(0, 3), length > fetch.valueBytesMax {
                // The very first one is longer than all before let expect.
                fetch = PageFetch(options, first: Int(length))
                continue
            }
            return try page(of: result, fetch, range, options)
        }
    }

    private func page(
        of result: QueryResult,
        _ fetch: PageFetch,
        _ range: KeyRange,
        _ options: ScanOptions
    ) throws(StoreError) -> ScanPage {
        var builder = ScanPageBuilder(
            store: identity,
            space: range.space,
            options: options,
            bytesExpected: min(options.limit * 512, min(options.bytesMax, 1 << 16) + 4_096)
        )
        let none = UnsafeRawBufferPointer(start: nil, count: 0)
        let count = result.count
        var bytes = 0
        var taken = 0
        while taken < count, bytes < options.bytesMax {
            guard let length = result.integer(taken, 3), length >= -1 else { throw RowReader.damage }
            // One that was withheld for its length begins the next page.
            if !options.keysOnly, length > fetch.valueBytesMax { break }
            let isWhole = withExtendedLifetime(result) {
                guard let partition = result.unowned(taken, 0), let key = result.unowned(taken, 1),
                    let nonce = result.integer(taken, 2)
                else { return false }
                let value = options.keysOnly ? none : result.unowned(taken, 4) ?? none
                bytes += partition.count + key.count + value.count
                builder.append(
                    partition: partition,
                    key: key,
                    value: value,
                    nonce: UInt64(bitPattern: nonce),
                    isTombstone: length < 0
                )
                return true
            }
            guard isWhole else { throw RowReader.damage }
            taken += 1
        }
        if !options.keysOnly, taken > 0 { rowSizes.note(bytes / taken) }
        guard taken < count || count >= fetch.rows || bytes >= options.bytesMax, taken > 0 else {
            return builder.page(cursor: nil)
        }
        guard let partition = result.bytes(taken - 1, 0), let key = result.bytes(taken - 1, 1) else {
            throw RowReader.damage
        }
        return builder.page(cursor: Cursor(after: Key(partition: partition, bytes: key, space: range.space)))
    }

    func partitions(
        in space: KeySpace,
        limit: Int,
        after cursor: Cursor?
    ) async throws(StoreError) -> PartitionPage {
        let limit = try capabilities.limits.listingLimit(limit)
        let last = try cursor.partitionPosition(in: space)
        let query = statements.partitions(in: space, after: last ?? [], limit: limit)
        let result = try await connection.read(query, on: lease)
        let found = (0..<result.count).compactMap { result.bytes($0, 0) }
        let isFull = found.count >= limit
        return PartitionPage(
            partitions: found,
            cursor: isFull ? found.last.map { Cursor(afterPartition: $0, in: space) } : nil
        )
    }

    /// What a range holds.
    struct Total {
        var rows: Int64 = 0
        var records: Int64 = 0
        /// Of keys and values.
        var bytes: Int64 = 0
        /// Of the keys of tombstones among them.
        var tombstoneBytes: Int64 = 0
    }

    /// Adds up a range in pieces, each as it is at one moment.
    func total(of range: KeyRange) async throws(StoreError) -> Total {
        try range.validate(for: capabilities)
        var total = Total()
        var position: Key?
        repeat {
            let bounds = Bounds(range, reverse: false, after: position)
            let result = try await connection.read(statements.measure(bounds, limit: RowReader.pieceRows), on: lease)
            guard let rows = result.integer(0, 0), let records = result.integer(0, 1),
                let bytes = result.integer(0, 2), let tombstoneBytes = result.integer(0, 3)
            else { throw RowReader.damage }
            total.rows += rows
            total.records += records
            total.bytes += bytes
            total.tombstoneBytes += tombstoneBytes
            position = nil
            if let partition = result.bytes(0, 4), let key = result.bytes(0, 5) {
                position = Key(partition: partition, bytes: key, space: range.space)
            }
        } while position != nil
        return total
    }

    func marks(limit: Int, after cursor: Cursor?) async throws(StoreError) -> MarkPage {
        let limit = try capabilities.limits.listingLimit(limit)
        let last = try cursor.markPosition()
        let result = try await connection.read(statements.marks(after: last?.encoded ?? [], limit: limit), on: lease)
        var marks: [Mark] = []
        for row in 0..<result.count {
            guard let id = result.bytes(row, 0), let keys = result.bytes(row, 1) else { throw RowReader.damage }
            marks.append(try Mark(encodedID: id, encodedKeys: keys))
        }
        return MarkPage(
            marks: marks,
            cursor: marks.count < limit ? nil : marks.last.map { Cursor(after: $0.id) }
        )
    }

    func fence() async throws(StoreError) -> Fence {
        guard let encoded = try await connection.read(statements.fence(), on: lease).bytes(0, 0) else {
            throw RowReader.damage
        }
        return try Fence(encoded: encoded)
    }
}
#endif
