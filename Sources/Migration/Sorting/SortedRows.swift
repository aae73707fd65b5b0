public import KeyValue

/// The rows of a ``Sorter`` in the order of their keys.
public struct SortedRows: RowSource, Sendable {
    private static let pageRowsMax = 1_024
    private static let pageBytesMax = 256 << 10

    /// Everything, when it fitted into memory.
    private let buffer: RunBuffer
    private var bufferIndex = 0
    /// Everything, when it did not.
    private var merge: RunMerge?
    private let duplicates: SortOptions.Duplicates
    private var ahead: Row?
    /// How many rows the sort held in memory at most, pages that were given out not counted.
    let rowsInMemoryMax: Int
    /// How many rows were left out so far since another has their key.
    private(set) var repeated = 0

    init(
        _ buffer: RunBuffer,
        _ merge: RunMerge?,
        duplicates: SortOptions.Duplicates,
        rowsInMemoryMax: Int
    ) throws(StoreError) {
        self.buffer = buffer
        self.merge = merge
        self.duplicates = duplicates
        self.rowsInMemoryMax = rowsInMemoryMax
        ahead = try take()
    }

    public mutating func nextPage() async throws(StoreError) -> [Row]? {
        // A page needs few and small reads, which the system mostly has in memory, so they are made right here.
        if Task.isCancelled { throw .cancelled }
        var page: [Row] = []
        var bytes = 0
        while page.count < SortedRows.pageRowsMax, bytes < SortedRows.pageBytesMax, let row = try next() {
            bytes += row.byteCount
            page.append(row)
        }
        return page.isEmpty ? nil : page
    }

    private mutating func next() throws(StoreError) -> Row? {
        guard var row = ahead else { return nil }
        ahead = try take()
        while let following = ahead, following.key == row.key {
            repeated += 1
            switch duplicates {
            case .refuse:
                throw .invalidArgument("The same key comes twice: keep one of the two.", ["key": "\(row.key)"])
            case .keepFirst: break
            case .keepLast: row = following
            }
            ahead = try take()
        }
        return row
    }

    private mutating func take() throws(StoreError) -> Row? {
        if merge != nil { return try merge?.next() }
        defer { bufferIndex += 1 }
        return buffer.row(at: bufferIndex)
    }
}
