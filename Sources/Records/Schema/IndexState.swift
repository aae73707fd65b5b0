/// How far an index is on its way into use, or out of it.
///
/// It goes from one state to its neighbour only, and the next step waits until no program can act on the state before:
/// so of all programs at any time, some are in one state and the others in a neighbouring one, which is safe.
public enum IndexState: String, Hashable, Sendable, Comparable, CaseIterable, Codable {
    /// Nobody keeps it and nobody reads it. A program that does not know the index may write records.
    case disabled
    /// Every writer keeps it, and nobody reads it: it is being built, or on its way out.
    case writeOnly = "write-only"
    /// It has an entry for every record, and queries may use it.
    case readable

    /// Orders states by how much an index in them is used.
    public static func < (left: IndexState, right: IndexState) -> Bool { left.rank < right.rank }

    /// Whether writers keep the index.
    var isLive: Bool { self > .disabled }

    private var rank: Int {
        switch self {
        case .disabled: 0
        case .writeOnly: 1
        case .readable: 2
        }
    }
}

/// How writers help to count the records that are there, while a count or a sum is built.
///
/// A change adds what it changes, which is right only of a record that is counted already. So writers look whether it is,
/// and count it themselves if not.
public enum CountingPhase: String, Hashable, Sendable, Codable {
    /// Not everybody knows the index yet: nobody counts a record, and who finds one counted adds what he changes.
    case waiting
    /// Everybody knows the index: a change of a record that is not counted counts it.
    case counting
}
