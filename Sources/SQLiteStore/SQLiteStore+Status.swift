#if SQLite
import CSQLite
public import KeyValue

extension SQLiteStore {
    public func status() async throws(StoreError) -> StoreStatus {
        let (pages, pageBytes, journal, format) = try await read(rows: 4) { (connection) throws(EngineError) in
            (
                try connection.number("page_count"), try connection.number("page_size"),
                try connection.execute("PRAGMA journal_mode").first ?? "", try connection.number("user_version")
            )
        }
        let (fence, logPages, failure) = shared.withLock { ($0.fence, $0.logPages, $0.failure) }
        let facts = [
            StoreStatus.Fact("path", path),
            StoreStatus.Fact("sqlite", String(cString: sqlite3_libversion())),
            StoreStatus.Fact("journal_mode", journal),
            // Read back when the store was opened, and refused if it was not this one.
            StoreStatus.Fact("synchronous", configuration.synchronous.rawValue),
            StoreStatus.Fact("page_size", "\(pageBytes)"),
            StoreStatus.Fact("pages", "\(pages)"),
            StoreStatus.Fact("wal_pages", "\(logPages)"),
            StoreStatus.Fact("fence", "\(fence.epoch), \(fence.admission.words)"),
            StoreStatus.Fact("holder", FileLock.holder),
        ]
        var warnings: [String] = []
        if SQLiteStore.hasLogResetDefect(version: sqlite3_libversion_number()) {
            warnings.append(
                """
                This SQLite can damage a database when one connection checkpoints while another commits. Wherehouse \
                never does both; see that no other program opens the database, or use SQLite 3.51.3 or later.
                """
            )
        }
        if DatabasePath.names(of: path) > 1 {
            warnings.append("The database file has several names, of which the lock protects only this one.")
        }
        if let failure { warnings.append("No writes are taken: \(failure)") }
        return StoreStatus(
            durability: configuration.synchronous.durability,
            format: format,
            facts: facts,
            warnings: warnings
        )
    }

    /// Whether a version of SQLite has the defect by which a checkpoint that overlaps a commit on another connection
    /// can lose part of the log: 3.7.0 to 3.51.2, mended in 3.44.6 and 3.50.7 too.
    static func hasLogResetDefect(version: Int32) -> Bool {
        switch version {
        case ..<3_007_000, 3_051_003...: false
        case 3_044_006..<3_045_000, 3_050_007..<3_051_000: false
        default: true
        }
    }
}

extension Fence.Admission {
    fileprivate var words: String {
        switch self {
        case .everyone: "open to everyone"
        case .epochOnly: "open to its epoch"
        case .movedAway(let name): "moved away to \(name)"
        }
    }
}
#endif
