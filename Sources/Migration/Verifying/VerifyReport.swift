public import KeyValue

/// What two stores have in common and what not.
public struct VerifyReport: Hashable, Sendable {
    /// Live records of the source.
    public internal(set) var source = StoreDigest()
    /// Live records of the target.
    public internal(set) var target = StoreDigest()
    /// Records that only the source has.
    public internal(set) var missing = 0
    /// Records that only the target has.
    public internal(set) var extra = 0
    /// Records that both have, with different values.
    public internal(set) var different = 0
    /// How often a store without order delivered a key once more. Such keys were looked at one by one.
    public internal(set) var repeated = 0
    /// Records that seemed to differ and were found equal when both stores were asked for them by key: somebody was
    /// writing.
    public internal(set) var cleared = 0

    /// Whether both hold the same records with the same values.
    public var isEqual: Bool { missing == 0 && extra == 0 && different == 0 }

    mutating func add(_ kind: Difference.Kind) {
        switch kind {
        case .missing: missing += 1
        case .extra: extra += 1
        case .different: different += 1
        }
    }
}

/// One record in which two stores differ.
public struct Difference: Hashable, Sendable {
    /// How they differ.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// Only the source has it.
        case missing
        /// Only the target has it.
        case extra
        /// Both have it, with different values.
        case different
    }

    /// How they differ.
    public let kind: Kind
    /// Where.
    public let key: Key
}
