/// A mark that is made before the write that it is for, on a source whose batches can't carry marks.
///
/// The client makes the mark, writes the row under a precondition that its own write breaks, and ends the mark. When
/// the client is gone, somebody else has to end it: see ``next(_:_:)``.
package enum Intent {
    /// How far the write of a mark has come.
    package enum Phase: UInt8, Hashable, Sendable {
        /// The mark is there; the write may be under way.
        case open = 0
        /// The write is over: it took effect, or never will.
        case settled = 1
    }

    /// What is done about the mark of a client that is gone.
    package enum Reaping: Hashable, Sendable {
        /// The row is written anew as it is, a tombstone where there is none: a write of the client that is still on
        /// its way finds another row than it requires.
        case rewrite
        /// The mark is ended.
        case end
    }

    /// Whether a reconciler may take up a mark.
    package static func isListed(_ phase: Phase, _ rules: MigrationRules = .all) -> Bool {
        phase == .settled || !rules.contains(.clearDoneOnly)
    }

    /// What comes next for a mark whose client's lease is over, and with it the time limit of the client's requests.
    package static func next(_ phase: Phase, _ rules: MigrationRules = .all) -> Reaping {
        phase == .open && rules.contains(.rewriteBeforeReaping) ? .rewrite : .end
    }
}
