#if PostgreSQL
import KeyValue
import Synchronization

/// How many rows to ask for to fill a page, and how long their values may be.
///
/// The server is not asked to add up lengths and stop, which would cost it more than the reading itself. It is asked
/// for about as many rows as are expected to fill the page, and leaves out values so long that all of them together
/// would be too much for a message. What comes too much is not used, and a value that was left out begins the next page.
struct PageFetch: Hashable, Sendable {
    let rows: Int
    let valueBytesMax: Int

    /// Fewer are not worth being reckoned out.
    private static let rowsMin = 64

    /// For rows of the length that is expected; nil when nothing is known.
    init(_ options: ScanOptions, rowBytes: Int?) {
        guard !options.keysOnly, let rowBytes, options.limit > PageFetch.rowsMin else {
            self.init(rows: options.limit)
            return
        }
        let filling = options.bytesMax / max(rowBytes, 1)
        self.init(rows: min(options.limit, max(filling + filling / 16, PageFetch.rowsMin)))
    }

    /// For a page whose first value has this length.
    init(_ options: ScanOptions, first length: Int) {
        rows = max(1, min(options.limit, min(options.bytesMax, RowReader.pageBytesMax) / max(length, 1)))
        valueBytesMax = max(length, RowReader.pageBytesMax / rows)
    }

    private init(rows: Int) {
        self.rows = rows
        valueBytesMax = RowReader.pageBytesMax / max(rows, 1)
    }
}

/// How long rows are, keys and values together, on the pages that were read last.
final class RowSizes: Sendable {
    private let mean = Mutex<Int?>(nil)

    /// Nil before the first page.
    var expected: Int? { mean.withLock { $0 } }

    /// Takes in the mean of a page; each counts for a quarter.
    func note(_ bytes: Int) { mean.withLock { $0 = $0.map { $0 - $0 / 4 + bytes / 4 } ?? bytes } }
}
#endif
