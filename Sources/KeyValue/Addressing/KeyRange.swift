/// A half-open range of keys of one space: part of one partition, whole partitions, or everything.
public struct KeyRange: Hashable, Sendable {
    /// What the range spans. A nil bound is open; lower bounds are inclusive, upper bounds exclusive.
    public enum Extent: Hashable, Sendable {
        /// Every key of every partition.
        case all
        /// Every key of the partitions from `lower` up to but without `upper`. Needs ``KeyOrder/store``.
        case partitions(lower: [UInt8]?, upper: [UInt8]?)
        /// The keys of one partition from `lower` up to but without `upper`.
        case keys(partition: [UInt8], lower: [UInt8]?, upper: [UInt8]?)
    }

    /// The space whose keys are meant.
    public var space: KeySpace
    /// What the range spans.
    public var extent: Extent

    /// A range from its parts.
    public init(space: KeySpace = .records, extent: Extent) {
        self.space = space
        self.extent = extent
    }

    /// Every key of a space.
    public static func all(in space: KeySpace = .records) -> KeyRange { KeyRange(space: space, extent: .all) }

    /// The keys of one partition, or those of them from `lower` up to but without `upper`.
    public static func partition(
        _ partition: [UInt8],
        from lower: [UInt8]? = nil,
        to upper: [UInt8]? = nil,
        in space: KeySpace = .records
    ) -> KeyRange {
        KeyRange(space: space, extent: .keys(partition: partition, lower: lower, upper: upper))
    }

    /// The keys of one partition that begin with `prefix`.
    public static func prefix(
        _ prefix: [UInt8],
        of partition: [UInt8],
        in space: KeySpace = .records
    ) -> KeyRange {
        .partition(partition, from: prefix, to: ByteOrder.end(ofPrefix: prefix), in: space)
    }

    /// Whether `key` lies in the range.
    public func contains(_ key: Key) -> Bool {
        guard key.space == space else { return false }
        switch extent {
        case .all: return true
        case .partitions(let lower, let upper):
            return KeyRange.within(key.partition, lower, upper)
        case .keys(let partition, let lower, let upper):
            return key.partition == partition && KeyRange.within(key.bytes, lower, upper)
        }
    }

    private static func within(_ bytes: [UInt8], _ lower: [UInt8]?, _ upper: [UInt8]?) -> Bool {
        if let lower, ByteOrder.precedes(bytes, lower) { return false }
        if let upper, !ByteOrder.precedes(bytes, upper) { return false }
        return true
    }
}
