import Synchronization

/// How hard an index is built or dropped while others use the store.
public struct IndexWorkPace: Hashable, Sendable {
    /// How many records or entries are read at once.
    public var pageSize: Int
    /// How many records are entered side by side.
    public var width: Int
    /// How long to rest after each page.
    public var rest: Duration

    /// Pages of 1 to 256 rows, of which 1 to 64 are worked on side by side, without rest unless one is asked for.
    public init(pageSize: Int = 128, width: Int = 8, rest: Duration = .zero) {
        self.pageSize = min(256, max(1, pageSize))
        self.width = min(64, max(1, width))
        self.rest = rest
    }
}

/// What building an index did.
public struct IndexBuildReport: Hashable, Sendable {
    /// How many records duplicates are named of.
    public static let duplicatesMax = 100

    /// How many records were entered.
    public internal(set) var entered = 0
    /// How many records were found to miss an entry when all should have been there, and were entered then.
    public internal(set) var mended = 0
    /// How many records can't be entered in a unique index, since another holds their values.
    public internal(set) var duplicateCount = 0
    /// The first of them. Change or delete them, or those that they are like, and build again.
    public internal(set) var duplicates: [RecordAddress] = []
    /// What state the index is in now: readable, or write-only where there are duplicates.
    public internal(set) var state = IndexState.writeOnly
}

/// How far work on an index has come.
public struct IndexWorkProgress: Hashable, Sendable {
    /// What is being done.
    public enum Phase: Hashable, Sendable {
        /// Records are entered in the index, or counted for it.
        case entering
        /// Records are held against their entries, or rows against each other.
        case verifying
    }

    /// What is being done.
    public let phase: Phase
    /// How many records or rows this call is done with in the phase.
    public let rows: Int
}

/// Adds up what work on an index has done, and tells whoever wants to know.
final class IndexWorkWatch: Sendable {
    private let rows = Mutex<[IndexWorkProgress.Phase: Int]>([:])
    private let report: @Sendable (IndexWorkProgress) -> Void

    init(_ report: @escaping @Sendable (IndexWorkProgress) -> Void = { _ in }) { self.report = report }

    func note(_ phase: IndexWorkProgress.Phase, _ count: Int) {
        let sum = rows.withLock { rows in
            let sum = rows[phase, default: 0] + count
            rows[phase] = sum
            return sum
        }
        report(IndexWorkProgress(phase: phase, rows: sum))
    }
}
