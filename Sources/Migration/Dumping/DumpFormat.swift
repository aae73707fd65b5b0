import KeyValue

/// What a dump says of itself before its first row.
public struct DumpHeader: Hashable, Sendable {
    /// The kind of store that the rows were read from, such as "sqlite". Never where it was.
    public var system: String
    /// When the dump was begun, in seconds since the beginning of 1970, UTC.
    public var createdSeconds: UInt64
    /// Whether all rows are of one moment. Otherwise, what was written while they were read may be in it or not.
    public var isSnapshot: Bool
    /// Whether tombstones are in it.
    public var includesTombstones: Bool
    /// Whether rows come in the order of keys, each key once. Otherwise a key may come again, and the last row counts.
    public var isOrdered: Bool

    /// A header from its parts. Of a longer name as many characters are kept as fit into 255 bytes.
    public init(
        system: String,
        createdSeconds: UInt64,
        isSnapshot: Bool,
        includesTombstones: Bool,
        isOrdered: Bool
    ) {
        self.system = system
        self.createdSeconds = createdSeconds
        self.isSnapshot = isSnapshot
        self.includesTombstones = includesTombstones
        self.isOrdered = isOrdered
    }
}

/// What is in a dump.
public struct DumpSummary: Hashable, Sendable {
    /// Blocks of rows.
    public internal(set) var blocks: UInt64 = 0
    /// Rows, tombstones included.
    public internal(set) var rows: UInt64 = 0
    /// Bytes of all blocks before they were compressed.
    public internal(set) var rawBytes: UInt64 = 0

    /// Of nothing.
    public init() {}

    /// Counts rows that went elsewhere than into a block.
    public mutating func add(rows count: Int) { rows += UInt64(count) }
}

/// The format of dumps, version 1: told byte by byte in `Documentation/dump-format.md`.
enum DumpFormat {
    static let version: UInt32 = 1
    static let magic: [UInt8] = [0x89, 0x57, 0x48, 0x44, 0x55, 0x4D, 0x50, 0x0A]
    /// Magic, version, flags, time of creation and the length of the system's name.
    static let headerBytes = 25
    static let checkBytes = 16
    /// A block is closed when it has so many bytes, so only one with a single row has many more.
    static let blockBytesWanted = 512 << 10
    /// No block has more, before it is compressed.
    static let rawBytesMax = 64 << 20
    /// What the same takes at most when it can't be compressed.
    static let storedBytesMax = rawBytesMax + (rawBytesMax >> 8) + 1_024

    enum Kind {
        static let rows: UInt8 = 1
        static let end: UInt8 = 2
    }

    enum Flags {
        static let isSnapshot: UInt32 = 1
        static let includesTombstones: UInt32 = 2
        static let isOrdered: UInt32 = 4
    }

    static func check(_ bytes: ArraySlice<UInt8>, after previous: UInt128) -> UInt128 {
        let seed = DigestSeed(
            low: UInt64(truncatingIfNeeded: previous),
            high: UInt64(truncatingIfNeeded: previous >> 64)
        )
        var hash = SipHash(key: seed)
        bytes.withUnsafeBytes { hash.append($0) }
        return hash.finish()
    }

    /// `StoreError.Code.corrupted` for bytes that no writer of this format writes.
    static func damage(_ reason: StaticString, block: UInt64?) -> StoreError {
        StoreError(
            .corrupted,
            "The dump is damaged: use another copy of it, or dump the store again.",
            ["reason": "\(reason)", "block": block.map { "\($0)" } ?? "header"]
        )
    }
}

extension [UInt8] {
    mutating func append<Number: FixedWidthInteger>(littleEndian number: Number) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }
}

extension ArraySlice<UInt8> {
    /// Takes a little-endian number off the front; nil where there are too few bytes.
    mutating func popInteger<Number: FixedWidthInteger>(_: Number.Type = Number.self) -> Number? {
        let width = Number.bitWidth / 8
        guard count >= width else { return nil }
        defer { removeFirst(width) }
        return prefix(width).reversed().reduce(0) { $0 << 8 | Number(truncatingIfNeeded: $1) }
    }
}
