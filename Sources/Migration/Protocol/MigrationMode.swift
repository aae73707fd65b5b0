/// What everybody who takes part in a migration has to go by: which store is read, which is written, and what is
/// marked.
///
/// Clients act in the current mode or in one that a single step leads to or from, never further apart. So each mode is
/// safe beside its neighbours, and a barrier stands before every step.
public enum MigrationMode: UInt8, Hashable, Sendable, CaseIterable {
    /// 0: the source is read and written, as before the migration. Nothing is marked.
    case source = 0
    /// 1: the source is read and written, and every write leaves a mark there.
    case captured = 1
    /// 2: the source is read. Writes wait.
    case sourceHeld = 2
    /// 3: the target is read. Writes wait.
    case targetHeld = 3
    /// 4: the target is read and written, and every write leaves a mark there, so that the switch can be taken back.
    case switched = 4
    /// 5: the target is read and written. Nothing is marked, and there is no way back.
    case target = 5
    /// Between 0 and 1: as 0, but clients already show the weaker capabilities of both stores.
    case weakened = 6

    /// The store that is read.
    public var readSide: Side {
        switch self {
        case .source, .weakened, .captured, .sourceHeld: .source
        case .targetHeld, .switched, .target: .target
        }
    }

    /// Whether writes wait.
    public var isHeld: Bool { self == .sourceHeld || self == .targetHeld }

    /// The way in which changes are carried over; nil when they are not.
    public var direction: Direction? {
        switch self {
        case .source, .weakened, .target: nil
        case .captured, .sourceHeld: .forward
        case .targetHeld, .switched: .reverse
        }
    }

    /// The modes that one step leads to.
    package func successors(_ rules: MigrationRules = .all) -> [MigrationMode] {
        switch self {
        case .source: [.weakened]
        case .weakened: [.captured, .source]
        case .captured: [.sourceHeld, .source]
        case .sourceHeld: rules.contains(.twoHeldModes) ? [.targetHeld, .captured] : [.switched, .captured]
        case .targetHeld: [.switched, .sourceHeld]
        case .switched: [.target, .targetHeld]
        case .target: []
        }
    }
}
