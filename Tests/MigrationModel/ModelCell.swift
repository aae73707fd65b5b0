import Migration

/// What is at the one key of a store.
enum ModelCell: UInt8, Hashable, Sendable {
    case vacant = 0
    case a = 1
    case b = 2
    case tombstone = 3

    /// What a reader sees: nothing, a or b.
    var view: ModelCell { self == .tombstone ? .vacant : self }

    init(_ action: WorkerWrite<ModelCell, ModelToken>.Action) {
        switch action {
        case .put(let value): self = value
        case .bury: self = .tombstone
        case .remove: self = .vacant
        }
    }

    /// The cell as the protocol sees it.
    func slot(_ token: ModelToken) -> Slot<ModelCell, ModelToken> {
        switch self {
        case .vacant: .vacant
        case .a, .b: .live(self, token)
        case .tombstone: .buried(token)
        }
    }
}

/// A token as somebody has read it. Since tokens never repeat, all that can matter is whether the row is still the one
/// that it was read from.
enum ModelToken: Hashable, Sendable {
    case fresh
    case stale
}
