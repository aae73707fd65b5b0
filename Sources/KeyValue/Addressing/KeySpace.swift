/// The three spaces of keys that every store keeps apart.
///
/// A range, a scan or a count speaks of exactly one space, so what lies in reserved space is invisible unless asked
/// for by name. The raw values are part of the encodings of `Cursor` and `Mark` and never change.
public enum KeySpace: UInt8, Hashable, Sendable, CaseIterable {
    /// What the callers of the store keep.
    case records = 0
    /// Reserved for the layers above (outboxes, claims, index states). It travels with the records: copied, captured,
    /// verified and dumped.
    case reservedData = 1
    /// Reserved for what belongs to this one store (leases, run state). It is never copied.
    case reservedLocal = 2
}

extension KeySpace: Comparable {
    public static func < (left: KeySpace, right: KeySpace) -> Bool { left.rawValue < right.rawValue }
}
