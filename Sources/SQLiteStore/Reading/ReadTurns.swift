#if SQLite
import Synchronization

/// Says when a task that reads in place lets others have its thread, so that none waits for long behind readers.
///
/// What a task waits is what everybody in line before it reads in one turn. So a turn is short while many read, and
/// long for one that reads alone, to whom giving the thread away would cost more than the reads: it wakes another
/// thread.
struct ReadTurns: ~Copyable {
    /// Look-ups that all turns together may be worth: half a millisecond of two threads.
    private static let rowsOfAll = 256
    private static let rowsMin = 4
    private static let rowsMax = 64

    private let work = Atomic<Int>(0)
    private let waiting = Atomic<Int>(0)

    /// Whether the turn is over with a read that was worth this many look-ups.
    func isOver(after rows: Int) -> Bool {
        let shared = ReadTurns.rowsOfAll / (waiting.load(ordering: .relaxed) + 1)
        let turn = min(max(shared, ReadTurns.rowsMin), ReadTurns.rowsMax)
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
