import KeyValue

/// How far it has been proven that source and target hold the same records, apart from what is marked.
public struct ProofReport: Hashable, Sendable, Codable {
    /// A record in which the stores differ although nobody has written it: something that should not be.
    public struct Found: Hashable, Sendable, Codable {
        /// How they differ: `missing` in the target, `extra` there, or `different`.
        public var kind: String
        /// The space of the key: `records` or `reservedData`.
        public var space: String
        /// The partition of the key.
        public var partition: [UInt8]
        /// The key in it.
        public var key: [UInt8]
        /// Both for people.
        public var text: String
        /// When it was found, in milliseconds since 1970.
        public var firstSeen: UInt64
        /// When it was found the last time.
        public var lastSeen: UInt64
    }

    /// Whether both stores have been gone through, and every row was found equal or changing.
    public var isComplete: Bool
    /// How many rows of the source have been compared.
    public var records: UInt64
    /// How many rows of the target have been compared.
    public var targetRecords: UInt64
    /// How many of them changed while they were compared; each of these changes is marked, and is carried over.
    public var moved: UInt64
    /// About how many rows of both stores are not proven yet, with those that differ; at least 1 as long as there is
    /// anything to do.
    public var debt: UInt64
    /// When the proof was begun, in milliseconds since 1970; nil before that.
    public var began: UInt64?
    /// When it was complete; nil before that.
    public var ended: UInt64?
    /// Records that differ.
    public var differences: [Found]
}

/// A difference as the control store keeps it.
struct FoundDifference: Hashable, Sendable {
    private static let format: UInt8 = 1

    var kind: Difference.Kind
    var key: Key
    var firstSeen: UInt64
    var lastSeen: UInt64

    /// Format 1: the byte 1; the kind as a byte: 0 missing, 1 extra, 2 different; the key; two times.
    var encoded: [UInt8] {
        var writer = KeyWriter()
        writer.append(byte: FoundDifference.format)
        writer.append(byte: UInt8(Difference.Kind.allCases.firstIndex(of: kind) ?? 0))
        writer.append(key: key)
        writer.append(integer: firstSeen)
        writer.append(integer: lastSeen)
        return writer.bytes
    }

    init(kind: Difference.Kind, key: Key, firstSeen: UInt64, lastSeen: UInt64) {
        self.kind = kind
        self.key = key
        self.firstSeen = firstSeen
        self.lastSeen = lastSeen
    }

    /// Throws `StoreError.Code.newerFormat` or `StoreError.Code.corrupted`.
    init(encoded: [UInt8]) throws(StoreError) {
        var reader = KeyReader(encoded)
        try reader.requireFormat(FoundDifference.format)
        guard let kind = reader.byte(), kind < Difference.Kind.allCases.count, let key = reader.key(),
            let firstSeen = reader.integer(), let lastSeen = reader.integer(), reader.isAtEnd
        else { throw .damagedControl }
        self.init(kind: Difference.Kind.allCases[Int(kind)], key: key, firstSeen: firstSeen, lastSeen: lastSeen)
    }

    var found: ProofReport.Found {
        ProofReport.Found(
            kind: kind.rawValue,
            space: "\(key.space)",
            partition: key.partition,
            key: key.bytes,
            text: "\(key)",
            firstSeen: firstSeen,
            lastSeen: lastSeen
        )
    }
}

extension Key {
    /// By which number the control store keeps what it knows of a key.
    var number: UInt64 {
        var hash = SipHash(key: DigestSeed(low: 0, high: 0))
        var writer = KeyWriter()
        writer.append(key: self)
        writer.bytes.withUnsafeBytes { hash.append($0) }
        return UInt64(truncatingIfNeeded: hash.finish())
    }
}
