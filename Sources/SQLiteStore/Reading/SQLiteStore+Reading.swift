#if SQLite
import CSQLite
public import KeyValue

extension SQLiteStore {
    public func get(_ keys: [Key], _ options: ReadOptions) async throws(StoreError) -> [Entry?] {
        try Key.validate(keys, for: capabilities.limits)
        return try await read(rows: keys.count) { (connection) throws(EngineError) in
            // One statement is a transaction by itself.
            guard keys.count > 1 else { return try entries(at: keys, options, on: connection) }
            return try connection.snapshot { (connection) throws(EngineError) in
                try entries(at: keys, options, on: connection)
            }
        }
    }

    private func entries(
        at keys: [Key],
        _ options: ReadOptions,
        on connection: Connection
    ) throws(EngineError) -> [Entry?] {
        var entries: [Entry?] = []
        entries.reserveCapacity(keys.count)
        for key in keys {
            let row = try connection.row(at: key)
            let isShown = row.map { options.includesTombstones || !$0.isTombstone } ?? false
            entries.append(isShown ? row?.entry(at: key, in: identity) : nil)
        }
        return entries
    }

    public func scan(
        _ range: KeyRange,
        _ options: ScanOptions,
        after cursor: Cursor?
    ) async throws(StoreError) -> ScanPage {
        try await scan(range, options, after: cursor, on: nil)
    }

    /// Reads a page of the store as it is, or of a snapshot.
    func scan(
        _ range: KeyRange,
        _ options: ScanOptions,
        after cursor: Cursor?,
        on snapshot: ReaderPool?
    ) async throws(StoreError) -> ScanPage {
        try range.validate(for: capabilities)
        var options = try options.validated(for: capabilities)
        options.bytesMax = min(options.bytesMax, SQLiteStore.pageBytesMax)
        let position = try cursor.position(in: range)
        let query = RangeQuery(range, keysOnly: options.keysOnly, reverse: options.reverse, after: position)
        return try await read(rows: SQLiteStore.rowsAPage, on: snapshot) { (connection) throws(EngineError) in
            var builder = ScanPageBuilder(
                store: identity,
                space: range.space,
                options: options,
                bytesExpected: SQLiteStore.bytesExpected(options)
            )
            var cursor: Cursor?
            var failure: EngineError?
            try query.forEach(on: connection) { row in
                do throws(EngineError) {
                    try builder.append(row, keysOnly: options.keysOnly, on: connection)
                } catch {
                    failure = error
                    return false
                }
                if builder.isFull { cursor = Cursor(after: row.address(in: range.space)) }
                return cursor == nil
            }
            if let failure { throw failure }
            return builder.page(cursor: cursor)
        }
    }

    /// A page is read in one go; more bytes would keep the thread for too long.
    private static let pageBytesMax = 4 << 20

    /// Room for the rows of most pages at once, the last of which goes past ``ScanOptions/bytesMax``.
    private static func bytesExpected(_ options: ScanOptions) -> Int {
        min(options.limit * 512, min(options.bytesMax, 1 << 16) + 4_096)
    }

    /// What a page is worth in look-ups, seen from other tasks.
    static let rowsAPage = 12

    public func partitions(
        in space: KeySpace,
        limit: Int,
        after cursor: Cursor?
    ) async throws(StoreError) -> PartitionPage {
        try await partitions(in: space, limit: limit, after: cursor, on: nil)
    }

    /// Lists partitions of the store as it is, or of a snapshot.
    func partitions(
        in space: KeySpace,
        limit: Int,
        after cursor: Cursor?,
        on snapshot: ReaderPool?
    ) async throws(StoreError) -> PartitionPage {
        let limit = try capabilities.limits.listingLimit(limit)
        var last = try cursor.partitionPosition(in: space)
        var found: [[UInt8]] = []
        while found.count < limit {
            // In pieces, as many look-ups would keep the thread.
            let room = min(limit - found.count, 64)
            let piece = try await read(rows: room, on: snapshot) { (connection) throws(EngineError) in
                try connection.partitions(in: space, after: last ?? [], limit: room)
            }
            found.append(contentsOf: piece)
            last = piece.last ?? last
            if piece.count < room { return PartitionPage(partitions: found, cursor: nil) }
        }
        return PartitionPage(partitions: found, cursor: last.map { Cursor(afterPartition: $0, in: space) })
    }

    public func marks(in bin: Bin, limit: Int, after cursor: Cursor?) async throws(StoreError) -> MarkPage {
        try check(bin)
        let limit = try capabilities.limits.listingLimit(limit)
        let last = try cursor.markPosition()
        let rows = try await read(rows: limit) { (connection) throws(EngineError) in
            try connection.marks(after: last?.encoded ?? [], limit: limit)
        }
        var marks: [Mark] = []
        for row in rows { marks.append(try Mark(encodedID: row.id, encodedKeys: row.keys)) }
        return MarkPage(
            marks: marks,
            cursor: marks.count < limit ? nil : marks.last.map { Cursor(after: $0.id) }
        )
    }
}

extension ScanPageBuilder {
    /// Takes in the row that a scan stands on.
    fileprivate mutating func append(_ row: ScanRow, keysOnly: Bool, on connection: Connection) throws(EngineError) {
        let none = UnsafeRawBufferPointer(start: nil, count: 0)
        let (partition, key, nonce, value) = (row.partition, row.key, row.nonce, row.value)
        if keysOnly {
            let isTombstone = value.type == SQLITE_NULL
            append(partition: partition, key: key, value: none, nonce: nonce, isTombstone: isTombstone)
        } else {
            let isLive: Void? = try connection.value(value) { bytes in
                append(partition: partition, key: key, value: bytes, nonce: nonce, isTombstone: false)
            }
            if isLive == nil { append(partition: partition, key: key, value: none, nonce: nonce, isTombstone: true) }
        }
    }
}

extension Connection {
    /// Runs reads in one transaction, so that they see one state: in the one that is open, or one of their own.
    func snapshot<Result>(_ body: (Connection) throws(EngineError) -> Result) throws(EngineError) -> Result {
        guard !isInTransaction else { return try body(self) }
        try run(.begin)
        let result: Result
        do throws(EngineError) {
            result = try body(self)
        } catch {
            // The first error counts; there is nothing to undo.
            if isInTransaction { _ = try statement(.rollback).step() }
            try statement(.rollback).reset()
            throw error
        }
        try run(.commit)
        return result
    }

    /// The first partitions after one, a look-up each.
    fileprivate func partitions(
        in space: KeySpace,
        after partition: [UInt8],
        limit: Int
    ) throws(EngineError) -> [[UInt8]] {
        var found: [[UInt8]] = []
        let statement = try statement(.partition(space))
        while found.count < limit {
            defer { statement.reset() }
            try check(statement.bind(found.last ?? partition, at: 1))
            let code = statement.step()
            try check(code)
            guard code == SQLITE_ROW else { break }
            found.append(Array(statement.bytes(0)))
        }
        return found
    }

    fileprivate func marks(
        after id: [UInt8],
        limit: Int
    ) throws(EngineError) -> [(id: [UInt8], keys: [UInt8])] {
        var found: [(id: [UInt8], keys: [UInt8])] = []
        let statement = try statement(.marks)
        defer { statement.reset() }
        try check(statement.bind(id, at: 1))
        try check(statement.bind(UInt64(limit), at: 2))
        while true {
            let code = statement.step()
            guard code == SQLITE_ROW else {
                try check(code)
                return found
            }
            found.append((Array(statement.bytes(0)), Array(statement.bytes(1))))
        }
    }
}
#endif
