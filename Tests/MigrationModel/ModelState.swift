import Migration

/// Everything that the future of a model depends on.
///
/// Marks have no names here. What can ever matter of a mark is who has listed it: two marks that the same reconcilers
/// have listed are cleared together. So the marks of a direction are a set of sets of reconcilers, and what differs in
/// names alone is one state.
struct ModelState {
    /// A client: the mode that it acts in, and the write that it has made a mark for.
    struct Client {
        var mode = MigrationMode.source
        var intent: Intent?
    }

    /// A write whose mark is made before it.
    struct Intent {
        var phase = Migration.Intent.Phase.open
        /// What it puts; vacant for a delete.
        var value = ModelCell.vacant
        /// What its precondition requires: the row or the vacancy that was read.
        var token = ModelToken.fresh
        var isOverVacancy = false
        /// Which reconcilers have listed the mark while it was open, and whether it was cleared then.
        var listedBy: UInt8 = 0
        var isCleared = false
    }

    /// A reconciler in the middle of a round.
    struct Round {
        var next = Reconciliation.Step.readDestination
        var direction = Direction.forward
        var destination = ModelCell.vacant
        var token = ModelToken.fresh
        var origin = ModelCell.vacant
    }

    var migration = MigrationState()
    /// What the last write that took effect has left.
    var truth: ModelCell
    var source: ModelCell
    var target = ModelCell.vacant
    var operationsLeft: Int
    var crashesLeft: Int
    var clients: InlineArray<3, Client> = .init(repeating: Client())
    /// The write of a client that is gone.
    var orphan: Intent?
    /// What each copier has read; nil when it is idle.
    var copiers: InlineArray<2, ModelCell?> = .init(repeating: nil)
    var reconcilers: InlineArray<2, Round?> = .init(repeating: nil)
    /// By direction: bit n is set when there is a mark that was listed by just the reconcilers in n, taken as a set.
    var marks: InlineArray<2, UInt8> = .init(repeating: 0)

    /// Where a model begins: with nothing in the source, or with a record.
    static func initial(_ configuration: ModelConfiguration) -> [ModelState] {
        [ModelCell.vacant, .a].map { ModelState(configuration, initial: $0) }
    }

    init(_ configuration: ModelConfiguration, initial: ModelCell) {
        truth = initial
        source = initial
        operationsLeft = configuration.operations
        crashesLeft = configuration.crashes
    }
}

extension ModelState {
    subscript(side: Side) -> ModelCell { side == .source ? source : target }

    func slot(_ side: Side) -> Slot<ModelCell, ModelToken> { self[side].slot(.fresh) }

    /// Writes a row: every token that was read of it is stale from now on.
    mutating func set(_ side: Side, to cell: ModelCell) {
        if side == .source { source = cell } else { target = cell }
        for index in reconcilers.indices where reconcilers[index]?.direction.destination == side {
            reconcilers[index]?.token = .stale
        }
        guard side == .source else { return }
        for index in clients.indices { clients[index].intent?.token = .stale }
        orphan?.token = .stale
    }

    /// Carries out a worker's write; false when its condition does not hold.
    mutating func apply(_ write: WorkerWrite<ModelCell, ModelToken>, to side: Side) -> Bool {
        switch write.condition {
        case .anything: break
        case .vacant: guard self[side] == .vacant else { return false }
        case .token(let token): guard token == .fresh else { return false }
        }
        set(side, to: ModelCell(write.action))
        return true
    }

    mutating func mark(_ direction: Direction, listedBy reconcilers: UInt8 = 0) {
        marks[Int(direction.rawValue)] |= 1 << reconcilers
    }

    /// Changes each mark's set of reconcilers; nil removes the mark.
    mutating func changeMarks(_ direction: Direction, _ change: (UInt8) -> UInt8?) {
        var changed: UInt8 = 0
        for listedBy in UInt8(0)..<4 where marks[Int(direction.rawValue)] & (1 << listedBy) != 0 {
            if let listedBy = change(listedBy) { changed |= 1 << listedBy }
        }
        marks[Int(direction.rawValue)] = changed
    }

    mutating func changeOpenMarks(_ change: (inout Intent) -> Void) {
        for index in clients.indices {
            if var intent = clients[index].intent {
                change(&intent)
                clients[index].intent = intent
            }
        }
        if var intent = orphan {
            change(&intent)
            orphan = intent
        }
    }

    /// Whether there are marks of a direction, those of writes that are under way included.
    func isDirty(_ direction: Direction) -> Bool {
        if marks[Int(direction.rawValue)] != 0 { return true }
        guard direction == .forward else { return false }
        return orphan.map { !$0.isCleared } ?? false || clients.indices.contains { clients[$0].intent != nil }
    }

    func facts(_ configuration: ModelConfiguration) -> MigrationFacts {
        let standings = (0..<configuration.clients).lazy.map { index -> ClientStanding in
            clients[index].mode == migration.mode ? .current : .behind
        }
        return MigrationFacts(
            isBarrierComplete: Barrier.isComplete(standings, configuration.rules),
            isDirty: migration.mode.direction.map { isDirty($0) } ?? false
        )
    }
}
