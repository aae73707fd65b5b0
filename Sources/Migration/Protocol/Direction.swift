/// Which way changes are carried over.
public enum Direction: UInt8, Hashable, Sendable, CaseIterable {
    /// From source to target, before the switch.
    case forward = 0
    /// From target to source, after the switch, so that it can be taken back.
    case reverse = 1

    /// The store whose changes are carried over, where their marks lie.
    public var origin: Side { self == .forward ? .source : .target }
    /// The store that they are carried to.
    public var destination: Side { origin.other }
}
