/// Decides which runs are merged when: the pure half of a sort with more runs than can be merged at once.
///
/// Runs are kept from the oldest to the newest, and only neighbours are merged, so that rows of one key stay in their
/// order. As soon as the newest `fanInMax` runs have gone through equally many merges they become one. So each row is
/// written once a level, and the runs that exist at a time are at most `fanInMax` a level.
struct MergePlanner {
    private let fanInMax: Int
    /// For each run, through how many merges its rows have gone.
    private var levels: [Int] = []

    init(fanInMax: Int) { self.fanInMax = max(2, fanInMax) }

    var runs: Int { levels.count }

    mutating func addRun() { levels.append(0) }

    /// How many of the newest runs to merge into one now; nil when there is nothing to do yet.
    mutating func nextMerge() -> Int? {
        guard let level = levels.last, levels.count >= fanInMax,
            levels.suffix(fanInMax).allSatisfy({ $0 == level })
        else { return nil }
        return merge(fanInMax)
    }

    /// The same once the last run is there: until at most `fanInMax` are left. The newest are the smallest, so they go
    /// first, and no more of them than needed.
    mutating func nextFinalMerge() -> Int? {
        levels.count > fanInMax ? merge(min(fanInMax, levels.count - fanInMax + 1)) : nil
    }

    private mutating func merge(_ count: Int) -> Int {
        let level = levels.suffix(count).max() ?? 0
        levels.removeLast(count)
        levels.append(level + 1)
        return count
    }
}
