import KeyValue
import Synchronization

extension Animal {
    /// All rows of a range, tombstones included, in the direction of the options.
    static func list(
        _ range: KeyRange,
        _ options: ScanOptions,
        _ base: any KeyValueStore
    ) async throws(StoreError) -> [Entry] {
        var all = ScanOptions(limit: 1_000, bytesMax: .max, reverse: options.reverse, includesTombstones: true)
        all.keysOnly = options.keysOnly
        var rows: [Entry] = []
        var cursor: Cursor?
        repeat {
            let page = try await base.scan(range, all, after: cursor)
            rows += page.map(\.entry)
            cursor = page.cursor
        } while cursor != nil
        return rows
    }
}

/// What was seen for the first time.
final class Once: Sendable {
    private let seen = Mutex<Set<[UInt8]>>([])

    func take(_ bytes: [UInt8]) -> Bool { seen.withLock { $0.insert(bytes).inserted } }
}

extension BrokenStore {
    /// What a scan does whose cursor's key is gone.
    enum LostCursor {
        case goOn
        case end
        case begin
    }

    /// Changes the rows and the cursor of every page.
    mutating func changePages(
        _ identity: StoreIdentity,
        _ change: @escaping @Sendable (ScanPage, ScanOptions, Cursor?) -> ([Entry], Cursor?)
    ) {
        onScan = { (base, range, options, cursor) async throws(StoreError) in
            let page = try await base.scan(range, options, after: cursor)
            let (rows, next) = change(page, options, cursor)
            return Animal.rebuilt(rows, next, range.space, options, identity)
        }
    }

    /// Changes the options of every scan.
    mutating func changeScans(_ change: @escaping @Sendable (inout ScanOptions) -> Void) {
        changeScans { _, options in change(&options) }
    }

    /// Changes the bounds of every range within a partition.
    mutating func changeBounds(
        lower changeLower: @escaping @Sendable ([UInt8]?, _ reverse: Bool) -> [UInt8]?,
        upper changeUpper: @escaping @Sendable ([UInt8]?, _ reverse: Bool) -> [UInt8]?
    ) {
        changeScans { range, options in
            guard case .keys(let partition, let lower, let upper) = range.extent else { return }
            range.extent = .keys(
                partition: partition,
                lower: changeLower(lower, options.reverse),
                upper: changeUpper(upper, options.reverse)
            )
        }
    }

    /// Scans by reading the whole range and looking for the cursor's key in an order of its own.
    mutating func scanByList(
        _ identity: StoreIdentity,
        whenLost: LostCursor = .goOn,
        countsShown: Bool = false,
        by precedes: @escaping @Sendable (Key, Key) -> Bool
    ) {
        onScan = { (base, range, options, cursor) async throws(StoreError) in
            // For its checks of the arguments.
            _ = try await base.scan(range, options, after: cursor)
            var rows = try await Animal.list(range, options, base)
            rows.sort { options.reverse ? precedes($1.key, $0.key) : precedes($0.key, $1.key) }
            if let cursor {
                let key = try cursor.position(in: range)
                if let index = rows.firstIndex(where: { $0.key == key }) {
                    rows.removeFirst(index + 1)
                } else {
                    switch whenLost {
                    case .goOn: rows.removeAll { options.reverse ? !precedes($0.key, key) : !precedes(key, $0.key) }
                    case .end: rows = []
                    case .begin: break
                    }
                }
            }
            var builder = ScanPageBuilder(store: identity, space: range.space, options: options)
            var shown = 0
            for row in rows {
                let nonce = row.revision.nonce(at: row.key, in: identity) ?? 0
                builder.append(row.key, value: row.value, nonce: nonce, isTombstone: row.isTombstone)
                shown += row.isTombstone && !options.includesTombstones ? 0 : 1
                let isFull = countsShown ? shown >= options.limit : builder.isFull
                if isFull { return builder.page(cursor: Cursor(after: row.key)) }
            }
            return builder.page(cursor: nil)
        }
    }
}
