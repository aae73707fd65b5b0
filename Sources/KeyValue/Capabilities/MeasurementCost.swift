/// What a count costs.
public enum MeasurementCost: Int, Hashable, Sendable, Comparable {
    /// The same whatever the range holds.
    case constant
    /// One step a partition of the range.
    case partitions
    /// One step a row of the range, in bounded pieces.
    case rows

    public static func < (left: MeasurementCost, right: MeasurementCost) -> Bool { left.rawValue < right.rawValue }
}
