public import KeyValue

/// What a scrub found.
public struct ScrubReport: Hashable, Sendable {
    /// Of how many damaged rows it says which they are.
    public static let damagedMax = 100

    /// A row that can't be read.
    public struct DamagedRow: Hashable, Sendable {
        /// Where it is.
        public let key: Key
        /// What is wrong with it.
        public let code: RecordError.Code
        /// The same in words, with what varies.
        public let message: String

        init(_ error: RecordError, at key: Key) {
            self.init(key: key, code: error.code, message: "\(error)")
        }

        init(key: Key, code: RecordError.Code, message: String) {
            self.key = key
            self.code = code
            self.message = message
        }
    }

    /// How many partitions were looked at.
    public internal(set) var partitions = 0
    /// How many rows were looked at.
    public internal(set) var examined = 0
    /// How many rows were amiss and were mended: entries and claims that were left over or missing.
    public internal(set) var mended = 0
    /// How many rows are of no type that the scrub knows, such as those of another program in the same partition. They
    /// were left alone.
    public internal(set) var unknown = 0
    /// How many rows can't be read. They were left as they are, and so was what names them.
    public internal(set) var damagedCount = 0
    /// The first of them.
    public internal(set) var damaged: [DamagedRow] = []

    mutating func note(_ error: RecordError, at key: Key) {
        damagedCount += 1
        guard damaged.count < ScrubReport.damagedMax else { return }
        damaged.append(DamagedRow(error, at: key))
    }

    mutating func add(_ other: ScrubReport) {
        partitions += other.partitions
        examined += other.examined
        mended += other.mended
        unknown += other.unknown
        damagedCount += other.damagedCount
        damaged += other.damaged.prefix(ScrubReport.damagedMax - damaged.count)
    }
}
