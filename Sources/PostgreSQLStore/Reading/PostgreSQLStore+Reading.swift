#if PostgreSQL
public import KeyValue

extension PostgreSQLStore {
    public func get(_ keys: [Key], _ options: ReadOptions) async throws(StoreError) -> [Entry?] {
        if keys.isEmpty { try connection.requireOpen() }
        return try await reader.get(keys, options)
    }

    public func scan(
        _ range: KeyRange,
        _ options: ScanOptions,
        after cursor: Cursor?
    ) async throws(StoreError) -> ScanPage {
        try await reader.scan(range, options, after: cursor)
    }

    public func snapshot() async throws(StoreError) -> any StoreSnapshot {
        let lease = try await connection.leaseSnapshot()
        let reader = RowReader(
            connection: connection,
            lease: lease,
            statements: reader.statements,
            identity: reader.identity,
            capabilities: capabilities,
            rowSizes: reader.rowSizes
        )
        return PostgreSQLSnapshot(reader, lease)
    }

    public func partitions(
        in space: KeySpace,
        limit: Int,
        after cursor: Cursor?
    ) async throws(StoreError) -> PartitionPage {
        try await reader.partitions(in: space, limit: limit, after: cursor)
    }

    public func count(_ range: KeyRange, _ options: ReadOptions) async throws(StoreError) -> Measurement {
        let total = try await reader.total(of: range)
        return Measurement(Int(options.includesTombstones ? total.rows : total.records), .exact)
    }

    public func size(_ range: KeyRange, _ options: ReadOptions) async throws(StoreError) -> Measurement {
        let total = try await reader.total(of: range)
        return Measurement(Int(total.bytes - (options.includesTombstones ? 0 : total.tombstoneBytes)), .exact)
    }

    public func bins() async throws(StoreError) -> [Bin] {
        if Task.isCancelled { throw .cancelled }
        try connection.requireOpen()
        return [PostgreSQLStore.bin]
    }

    public func fence(of bin: Bin) async throws(StoreError) -> Fence {
        try check(bin)
        return try await reader.fence()
    }

    public func marks(in bin: Bin, limit: Int, after cursor: Cursor?) async throws(StoreError) -> MarkPage {
        try check(bin)
        return try await reader.marks(limit: limit, after: cursor)
    }
}
#endif
