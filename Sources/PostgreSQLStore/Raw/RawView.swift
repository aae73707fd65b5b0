#if PostgreSQL
import KeyValue
import Synchronization
import Tuples

/// The tables of a raw view: at one moment, in a transaction on a connection of its own, or as they are whenever they are
/// read.
final class RawView: StoreSnapshot {
    private let connection: PostgreSQLConnection
    /// The connection of the one moment; nil for a view of the present.
    private let lease: Lease?
    let capabilities: Capabilities
    private let identity: StoreIdentity
    private let environment: StoreEnvironment
    private let isClosed = Mutex(false)
    let tables: [RawTable]
    /// The tables without a primary key, which are not shown.
    private let keyless: [String]

    /// What whoever looks at it has to know.
    var warnings: [String] {
        keyless.isEmpty
            ? [] : ["Tables without a primary key are not shown: " + keyless.sorted().joined(separator: ", ")]
    }

    private init(
        _ store: PostgreSQLConnection,
        _ lease: Lease?,
        _ capabilities: Capabilities,
        _ environment: StoreEnvironment,
        _ found: (tables: [RawTable], keyless: [String])
    ) {
        connection = store
        self.lease = lease
        var capabilities = capabilities
        capabilities.order = found.tables.allSatisfy(\.isOrdered) ? .store : .none
        self.capabilities = capabilities
        self.environment = environment
        identity = environment.makeIdentity()
        (tables, keyless) = found
    }

    deinit { release() }

    static func take(
        _ connection: PostgreSQLConnection,
        _ options: PostgreSQLRawOptions,
        _ capabilities: Capabilities,
        _ environment: StoreEnvironment
    ) async throws(StoreError) -> RawView {
        let lease = try await connection.leaseSnapshot()
        do throws(StoreError) {
            let found = try await RawCatalog.tables(options, connection, lease)
            return RawView(connection, lease, capabilities, environment, found)
        } catch {
            connection.release(lease)
            throw error
        }
    }

    /// A view of what is there whenever it is read, of the tables that are there now.
    static func follow(
        _ connection: PostgreSQLConnection,
        _ options: PostgreSQLRawOptions,
        _ capabilities: Capabilities,
        _ environment: StoreEnvironment
    ) async throws(StoreError) -> RawView {
        let moment = try await take(connection, options, capabilities, environment)
        defer { moment.release() }
        return RawView(connection, nil, capabilities, environment, (moment.tables, moment.keyless))
    }

    func read(_ queries: [Query]) async throws(StoreError) -> [QueryResult] {
        guard isClosed.withLock({ !$0 }) else { throw .closed }
        if queries.isEmpty { return [] }
        if let lease { return try await connection.read(queries, on: lease) }
        return Array(try await connection.read([RawCatalog.settings] + queries).dropFirst())
    }

    /// What tells a row from itself at another time: of one moment, anything.
    private func nonce(_ value: [UInt8], _ drawn: UInt64) -> UInt64 {
        lease == nil ? Revision.nonce(digesting: value) : drawn
    }

    private func tables(in range: KeyRange) -> [RawTable] {
        guard range.space == .records else { return [] }
        switch range.extent {
        case .all: return tables
        case .partitions(let lower, let upper):
            return tables.filter { table in
                lower.map { !ByteOrder.precedes(table.partition, $0) } ?? true
                    && upper.map { ByteOrder.precedes(table.partition, $0) } ?? true
            }
        case .keys(let partition, _, _): return tables.filter { $0.partition == partition }
        }
    }

    /// Throws unless a range can be read. Beyond what the capabilities promise of the whole view, each table that is in
    /// order is read in ranges: workers that open the view after another table has come go on with the ranges of others.
    private func validate(_ range: KeyRange) throws(StoreError) {
        var readable = capabilities
        readable.order = .store
        if case .keys = range.extent, !tables(in: range).allSatisfy(\.isOrdered) { readable.order = .none }
        try range.validate(for: readable)
    }

    /// Between which places a range's rows of a table lie.
    private func bounds(of table: RawTable, in range: KeyRange) -> (lower: RawBound, upper: RawBound?) {
        guard case .keys(_, let lower, let upper) = range.extent else { return (.start, nil) }
        return (lower.map { table.bound(at: $0) } ?? .start, upper.map { table.bound(at: $0) })
    }

    func get(_ keys: [Key]) async throws(StoreError) -> [Entry?] {
        let nonce = environment.random()
        var asked: [(index: Int, table: RawTable, query: Query)] = []
        for (index, key) in keys.enumerated() where key.space == .records {
            guard let table = tables.first(where: { $0.partition == key.partition }),
                let query = table.row(at: key.bytes)
            else { continue }
            asked.append((index, table, query))
        }
        var found = [Entry?](repeating: nil, count: keys.count)
        for (result, (index, table, _)) in zip(try await read(asked.map(\.query)), asked) where result.count > 0 {
            let key = keys[index]
            // A key that only equals it in the eyes of the column's collation is another.
            guard try table.key(result, 0) == key.bytes else { continue }
            let value = try table.value(result, 0)
            let revision = Revision(store: identity, key: key, nonce: self.nonce(value, nonce))
            found[index] = Entry(key: key, value: value, revision: revision)
        }
        return found
    }

    func scan(_ range: KeyRange, _ options: ScanOptions, after cursor: Cursor?) async throws(StoreError) -> ScanPage {
        try validate(range)
        let options = try options.validated(for: capabilities)
        var builder = ScanPageBuilder(store: identity, space: range.space, options: options)
        let tables = tables(in: range)
        let position = try cursor.position(in: range)
        var index = 0
        if let position {
            guard let found = tables.firstIndex(where: { $0.partition == position.partition }) else {
                throw .invalidArgument("The cursor is of a table that is not there any more: begin the scan anew.")
            }
            index = found
        }
        let nonce = environment.random()
        var after = position?.bytes
        // Doubled while rows are small, so that a page of large ones is not read many times over.
        var size = 64
        while index < tables.count {
            let table = tables[index]
            let limit = min(size, options.limit - builder.examined)
            var (lower, upper) = bounds(of: table, in: range)
            if let after { lower = try table.bound(behind: after) }
            let query = table.page(from: lower, to: upper, limit: limit, keysOnly: options.keysOnly)
            guard let result = try await read([query]).first else { break }
            for row in 0..<result.count {
                let key = Key(partition: table.partition, bytes: try table.key(result, row))
                let value = options.keysOnly ? [] : try table.value(result, row)
                builder.append(key, value: value, nonce: self.nonce(value, nonce), isTombstone: false)
                after = key.bytes
                if builder.isFull { return builder.page(cursor: Cursor(after: key)) }
            }
            size *= 2
            if result.count < limit {
                index += 1
                after = nil
            }
        }
        return builder.page(cursor: nil)
    }

    func partitions(
        in space: KeySpace,
        limit: Int,
        after cursor: Cursor?
    ) async throws(StoreError) -> PartitionPage {
        let limit = try capabilities.limits.listingLimit(limit)
        let last = try cursor.partitionPosition(in: space)
        var found: [[UInt8]] = []
        for table in tables(in: .all(in: space)) where last.map({ ByteOrder.precedes($0, table.partition) }) ?? true {
            let query = table.page(from: .start, to: nil, limit: 1, keysOnly: true)
            guard let result = try await read([query]).first, result.count > 0 else { continue }
            found.append(table.partition)
            if found.count == limit {
                return PartitionPage(partitions: found, cursor: Cursor(afterPartition: table.partition, in: space))
            }
        }
        return PartitionPage(partitions: found, cursor: nil)
    }

    /// Keys of a table, from pages that the server draws.
    func sample(of partition: [UInt8]) async throws(StoreError) -> [[UInt8]] {
        guard let table = tables.first(where: { $0.partition == partition }),
            let blocks = try await read([table.blocks]).first?.integer(0, 0),
            let result = try await read([table.sample(ofBlocks: Int(clamping: blocks))]).first
        else { return [] }
        var keys: [[UInt8]] = []
        keys.reserveCapacity(result.count)
        for row in 0..<result.count { keys.append(try table.key(result, row)) }
        return keys
    }

    func count(_ range: KeyRange) async throws(StoreError) -> Int {
        try validate(range)
        let queries = tables(in: range).map { table in
            let (lower, upper) = bounds(of: table, in: range)
            return table.count(from: lower, to: upper)
        }
        return try await read(queries).reduce(0) { $0 + Int($1.integer(0, 0) ?? 0) }
    }

    func close() async { release() }

    private func release() {
        let isFirst = isClosed.withLock { isClosed in
            defer { isClosed = true }
            return !isClosed
        }
        if isFirst, let lease { connection.release(lease) }
    }
}
#endif
