/// What an acknowledged write survives.
public enum Durability: String, Hashable, Sendable, Comparable, CaseIterable {
    /// Nothing: it is gone with the process that holds it.
    case none
    /// The end of the process, `kill -9` included; a power loss may take the last writes.
    case processLoss = "process loss"
    /// Power loss, as far as disks keep what they have confirmed. The least that a store is opened with, unless the
    /// operator accepts less.
    case powerLoss = "power loss"

    public static func < (left: Durability, right: Durability) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .none: 0
        case .processLoss: 1
        case .powerLoss: 2
        }
    }
}
