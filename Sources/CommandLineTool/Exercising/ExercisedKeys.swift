import KeyValue

/// One writer's keys and what has to be in them, as a value: the oracle that a store is held to.
///
/// A write of unknown outcome leaves two values possible until a read tells which of them it is. Nobody else writes
/// these keys, so whatever is read beside what is possible has been lost or made up.
struct ExercisedKeys {
    /// What may be in a key; nil for no record.
    private var possible: [[[UInt8]?]]
    private let writer: Int

    init(writer: Int, count: Int) {
        self.writer = writer
        possible = Array(repeating: [], count: count)
    }

    var indices: Range<Int> { possible.indices }

    func key(_ index: Int) -> Key { Key("exercise", "\(writer)-\(index)") }

    /// Takes what is there before the first write for right.
    mutating func begin(_ index: Int, with value: [UInt8]?) { possible[index] = [value] }

    /// Takes in that a write was acknowledged.
    mutating func wrote(_ value: [UInt8]?, at index: Int) { possible[index] = [value] }

    /// Takes in that it is not known what became of a write.
    mutating func mayHaveWritten(_ value: [UInt8]?, at index: Int) { possible[index].append(value) }

    /// Whether what was read is right. What is found is taken for right from then on, so that a loss counts once.
    mutating func read(_ value: [UInt8]?, at index: Int) -> Bool {
        defer { possible[index] = [value] }
        return possible[index].contains(value)
    }
}

/// What came of an exercise.
struct ExerciseReport: Sendable {
    var writes = 0
    var deletes = 0
    var reads = 0
    /// Writes that failed for certain.
    var refused = 0
    /// Writes of unknown outcome.
    var unknown = 0
    /// The longest that a write took that was acknowledged.
    var longest = Duration.zero
    /// Keys in which something else was found than had been acknowledged.
    var lost: [Key] = []

    mutating func add(_ other: ExerciseReport) {
        writes += other.writes
        deletes += other.deletes
        reads += other.reads
        refused += other.refused
        unknown += other.unknown
        longest = max(longest, other.longest)
        lost += other.lost
    }

    var json: JSONObject {
        var object = JSONObject()
        object.add("writes", writes)
        object.add("deletes", deletes)
        object.add("reads", reads)
        object.add("refused", refused)
        object.add("unknown", unknown)
        object.add("longestMilliseconds", Int(longest / .milliseconds(1)))
        object.add("lost", lost.count)
        return object
    }

    var text: String {
        let parts = [
            HumanText.count(writes, "write"), HumanText.count(deletes, "delete"), HumanText.count(reads, "read"),
            "the longest write took \(Int(longest / .milliseconds(1))) ms", "\(refused) refused",
            "\(unknown) of unknown outcome", "\(lost.count) lost",
        ]
        return parts.joined(separator: ", ") + "."
    }
}
