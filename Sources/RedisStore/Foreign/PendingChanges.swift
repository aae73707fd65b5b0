/// The changes of a stream that were not carried over yet: each key once, under a number that only grows.
struct PendingChanges: Sendable {
    struct Change: Sendable {
        let key: [UInt8]
        let node: String
        /// From where the stream tells of it again.
        let before: RedisStreamPosition
        /// The place behind it.
        let position: RedisStreamPosition
    }

    /// In the order of their numbers; nil for those that are done with, or that a later change of the key stands in for.
    private var changes: [(number: UInt64, change: Change?)] = []
    private var next: UInt64 = 1
    private var latest: [[UInt8]: UInt64] = [:]

    var count: Int { latest.count }

    /// Constant on average.
    mutating func add(_ change: Change) {
        if let number = latest[change.key] { drop(number) }
        latest[change.key] = next
        changes.append((next, change))
        next += 1
    }

    mutating func remove(_ number: UInt64) {
        if let key = drop(number)?.key { latest[key] = nil }
    }

    /// The number of the change that came last.
    var last: UInt64 { next - 1 }

    /// Removes all up to a number, but for keys that were changed again since.
    mutating func remove(upTo number: UInt64) {
        let end = index(after: number)
        for case (_, .some(let change)) in changes[..<end] { latest[change.key] = nil }
        changes.removeFirst(end)
    }

    /// Changes behind a number, at most so many; only those that are asked for.
    func list(
        after number: UInt64 = 0,
        limit: Int,
        where isWanted: (UInt64, Change) -> Bool = { _, _ in true }
    ) -> [(number: UInt64, change: Change)] {
        var found: [(number: UInt64, change: Change)] = []
        for (number, change) in changes[index(after: number)...] {
            if found.count == limit { break }
            if let change, isWanted(number, change) { found.append((number, change)) }
        }
        return found
    }

    /// From where a node's stream has to be read so that none of these goes by; nil when none is of this node.
    func oldest(of node: String) -> RedisStreamPosition? {
        for case (_, .some(let change)) in changes where change.node == node { return change.before }
        return nil
    }

    @discardableResult
    private mutating func drop(_ number: UInt64) -> Change? {
        let place = index(after: number) - 1
        guard place >= 0, changes[place].number == number, let change = changes[place].change else { return nil }
        changes[place].change = nil
        // Holes are closed once they are most of it, which costs each of them once.
        if changes.count > 64, changes.count > 2 * latest.count { changes.removeAll { $0.change == nil } }
        return change
    }

    /// The first place behind a number.
    private func index(after number: UInt64) -> Int {
        var (low, high) = (0, changes.count)
        while low < high {
            let middle = (low + high) / 2
            if changes[middle].number <= number { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
