#if SQLite
import Synchronization

/// Says when a task that reads in place lets others have its thread, so that none waits for long behind readers.
///
/// What a task waits is what everybody in line before it reads in one turn. So a turn is short while many read, and
/// long for one that reads alone: when it gives the thread away, another is woken, at the cost of ten reads.
struct ReadTurns: ~Copyable {
    /// Look-ups that all turns together may be worth: about a millisecond of one thread.
    private static let rowsOfAll = 256
    private static let rowsMin = 4

    private let work = Atomic<Int>(0)
    private let waiting = Atomic<Int>(0)

    /// Whether the turn is over with a read that was worth this many look-ups.
    func isOver(after rows: Int) -> Bool {
        let turn = max(ReadTurns.rowsOfAll / (waiting.load(ordering: .relaxed) + 1), ReadTurns.rowsMin)
        let (before, after) = work.add(rows, ordering: .relaxed)
        return before / turn != after / turn
    }

    /// Returns when the others have had theirs.
    func pass() async {
        waiting.add(1, ordering: .relaxed)
        await Task.yield()
        waiting.subtract(1, ordering: .relaxed)
    }
}
#endif
