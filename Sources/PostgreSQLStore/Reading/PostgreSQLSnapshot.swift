#if PostgreSQL
import KeyValue
import Synchronization

/// The store at one moment: a transaction on a connection of its own.
final class PostgreSQLSnapshot: StoreSnapshot {
    private let reader: RowReader
    private let lease: Lease
    private let isClosed = Mutex(false)

    init(_ reader: RowReader, _ lease: Lease) {
        self.reader = reader
        self.lease = lease
    }

    deinit { release() }

    func scan(_ range: KeyRange, _ options: ScanOptions, after cursor: Cursor?) async throws(StoreError) -> ScanPage {
        try requireOpen()
        return try await reader.scan(range, options, after: cursor)
    }

    func partitions(
        in space: KeySpace,
        limit: Int,
        after cursor: Cursor?
    ) async throws(StoreError) -> PartitionPage {
        try requireOpen()
        return try await reader.partitions(in: space, limit: limit, after: cursor)
    }

    func close() async { release() }

    private func requireOpen() throws(StoreError) {
        guard isClosed.withLock({ !$0 }) else {
            throw StoreError(.unavailable, "The snapshot has been closed: take another.")
        }
    }

    private func release() {
        let isFirst = isClosed.withLock { isClosed in
            defer { isClosed = true }
            return !isClosed
        }
        if isFirst { reader.connection.release(lease) }
    }
}
#endif
