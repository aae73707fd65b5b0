/// How far following has come.
public struct FollowReport: Hashable, Sendable {
    /// How often everything was compared: once at the beginning, and again wherever changes may have gone by.
    public internal(set) var comparisons = 0
    /// How many uploads were looked at by that.
    public internal(set) var compared = 0
    /// How many changed keys were carried over since.
    public internal(set) var changes = 0
    /// How many changed keys are known that are not carried over yet.
    public internal(set) var behind = 0
    /// How often an upload was written.
    public internal(set) var written = 0
    /// How many uploads were removed, which are gone there, or can't be carried any more.
    public internal(set) var removed = 0
    /// What is not carried as of now, by the key.
    var standing: [[UInt8]: Set<ImportFinding>] = [:]

    /// How many things are not carried as of now, by the reason.
    public var findings: [ImportFinding.Reason: Int] {
        standing.values.reduce(into: [:]) { counts, findings in
            for finding in findings { counts[finding.reason, default: 0] += 1 }
        }
    }

    /// How many whole uploads are not carried as of now.
    public var lostUploads: Int {
        findings.reduce(0) { $0 + ($1.key.loss == .upload ? $1.value : 0) }
    }

    /// A report of nothing.
    public init() {}
}
