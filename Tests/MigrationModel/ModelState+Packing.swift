import Migration

/// A row of bit fields, written and read in the same order.
struct BitFields {
    var bits: UInt128 = 0
    private var width: UInt128 = 0

    init(_ bits: UInt128 = 0) { self.bits = bits }

    mutating func append(_ value: UInt8, _ count: UInt128) {
        bits |= UInt128(value) << width
        width += count
    }

    mutating func append(_ value: Bool) { append(value ? 1 : 0, 1) }

    mutating func take(_ count: UInt128) -> UInt8 {
        defer { bits >>= count }
        return UInt8(truncatingIfNeeded: bits) & UInt8((1 << count) - 1)
    }

    mutating func take() -> Bool { take(1) == 1 }

    mutating func takeCell() -> ModelCell { ModelCell(rawValue: take(2)) ?? .vacant }
}

/// The state in 128 bits, so that millions of them fit.
extension ModelState {
    func packed(_ configuration: ModelConfiguration) -> UInt128 {
        var fields = BitFields()
        fields.append(migration.mode.rawValue, 3)
        fields.append(migration.isCaptureComplete)
        fields.append(migration.isCopied)
        fields.append(migration.hasSwitched)
        fields.append(migration.isRetired)
        fields.append(truth.rawValue, 2)
        fields.append(source.rawValue, 2)
        fields.append(target.rawValue, 2)
        fields.append(UInt8(operationsLeft), 3)
        fields.append(UInt8(crashesLeft), 2)
        for index in marks.indices { fields.append(marks[index], 4) }
        for index in 0..<configuration.copiers {
            fields.append(copiers[index] != nil)
            fields.append((copiers[index] ?? .vacant).rawValue, 2)
        }
        for index in 0..<configuration.reconcilers { ModelState.append(reconcilers[index], to: &fields) }
        for index in 0..<configuration.clients { fields.append(clients[index].mode.rawValue, 3) }
        if configuration.capture == .intent {
            for index in 0..<configuration.clients { ModelState.append(clients[index].intent, to: &fields) }
            ModelState.append(orphan, to: &fields)
        }
        return fields.bits
    }

    init(packed: UInt128, _ configuration: ModelConfiguration) {
        var fields = BitFields(packed)
        self.init(configuration, initial: .vacant)
        migration.mode = MigrationMode(rawValue: fields.take(3)) ?? .source
        migration.isCaptureComplete = fields.take()
        migration.isCopied = fields.take()
        migration.hasSwitched = fields.take()
        migration.isRetired = fields.take()
        truth = fields.takeCell()
        source = fields.takeCell()
        target = fields.takeCell()
        operationsLeft = Int(fields.take(3))
        crashesLeft = Int(fields.take(2))
        for index in marks.indices { marks[index] = fields.take(4) }
        for index in 0..<configuration.copiers {
            let isBusy: Bool = fields.take()
            let cell = fields.takeCell()
            copiers[index] = isBusy ? cell : nil
        }
        for index in 0..<configuration.reconcilers { reconcilers[index] = ModelState.takeRound(from: &fields) }
        for index in 0..<configuration.clients {
            clients[index].mode = MigrationMode(rawValue: fields.take(3)) ?? .source
        }
        if configuration.capture == .intent {
            for index in 0..<configuration.clients { clients[index].intent = ModelState.takeIntent(from: &fields) }
            orphan = ModelState.takeIntent(from: &fields)
        }
    }

    static func append(_ round: Round?, to fields: inout BitFields) {
        let round = round ?? Round(next: .listMarks)
        fields.append(round.next.rawValue, 3)
        fields.append(round.direction.rawValue, 1)
        fields.append(round.destination.rawValue, 2)
        fields.append(round.token == .stale)
        fields.append(round.origin.rawValue, 2)
    }

    private static func takeRound(from fields: inout BitFields) -> Round? {
        let round = Round(
            next: Reconciliation.Step(rawValue: fields.take(3)) ?? .listMarks,
            direction: Direction(rawValue: fields.take(1)) ?? .forward,
            destination: fields.takeCell(),
            token: fields.take() ? .stale : .fresh,
            origin: fields.takeCell()
        )
        return round.next == .listMarks ? nil : round
    }

    static func append(_ intent: Intent?, to fields: inout BitFields) {
        let isThere = intent != nil
        let intent = intent ?? Intent()
        fields.append(isThere)
        fields.append(intent.phase.rawValue, 1)
        fields.append(intent.value.rawValue, 2)
        fields.append(intent.token == .stale)
        fields.append(intent.isOverVacancy)
        fields.append(intent.listedBy, 2)
        fields.append(intent.isCleared)
    }

    private static func takeIntent(from fields: inout BitFields) -> Intent? {
        let isThere: Bool = fields.take()
        let intent = Intent(
            phase: Migration.Intent.Phase(rawValue: fields.take(1)) ?? .open,
            value: fields.takeCell(),
            token: fields.take() ? .stale : .fresh,
            isOverVacancy: fields.take(),
            listedBy: fields.take(2),
            isCleared: fields.take()
        )
        return isThere ? intent : nil
    }
}
