import Migration

/// What copiers, reconcilers and the collector do.
extension ModelState {
    func copierSuccessors(_ configuration: ModelConfiguration, _ yield: Yield) {
        for copier in 0..<configuration.copiers {
            var next = self
            guard let read = copiers[copier] else {
                guard migration.mayCopy(configuration.rules) else { continue }
                next.copiers[copier] = source
                yield(.copierReads(copier, source), next)
                continue
            }
            next.copiers[copier] = nil
            next.migration = migration.copied()
            let write = LiveCopy.write(of: read.slot(.fresh), configuration.rules)
            let succeeds = write.map { next.apply($0, to: .target) } ?? false
            yield(.copierWrites(copier, succeeds: succeeds), next)
            crash("copier", copier, yield) { $0.copiers[copier] = nil }
        }
    }

    private func crash(_ who: String, _ number: Int, _ yield: Yield, _ forget: (inout ModelState) -> Void) {
        guard crashesLeft > 0 else { return }
        var next = self
        next.crashesLeft -= 1
        forget(&next)
        yield(.crash(who, number), next)
    }

    func reconcilerSuccessors(_ configuration: ModelConfiguration, _ yield: Yield) {
        for number in 0..<configuration.reconcilers {
            if let round = reconcilers[number] {
                goOn(round, number, configuration, yield)
                crash("reconciler", number, yield) { $0.endRound(number, round.direction) }
            } else {
                for direction in Direction.allCases { beginRound(number, direction, configuration, yield) }
            }
        }
    }

    private func beginRound(
        _ number: Int,
        _ direction: Direction,
        _ configuration: ModelConfiguration,
        _ yield: Yield
    ) {
        let bit = UInt8(1) << number
        guard migration.mayReconcile(direction, configuration.rules),
            let step = Reconciliation.Step.listMarks.next(configuration.rules)
        else { return }
        var next = self
        var isThere = marks[Int(direction.rawValue)] != 0
        next.changeMarks(direction) { $0 | bit }
        if direction == .forward {
            next.changeOpenMarks { intent in
                guard !intent.isCleared, Migration.Intent.isListed(.open, configuration.rules),
                    !Migration.Intent.isListed(.open)
                else { return }
                intent.listedBy |= bit
                isThere = true
            }
        }
        guard isThere else { return }
        next.reconcilers[number] = Round(next: step, direction: direction)
        yield(.reconciler(number, direction, .listMarks, ""), next)
    }

    /// Forgets what a reconciler has listed and read.
    private mutating func endRound(_ number: Int, _ direction: Direction) {
        let bit = UInt8(1) << number
        reconcilers[number] = nil
        changeMarks(direction) { $0 & ~bit }
        if direction == .forward { changeOpenMarks { $0.listedBy &= ~bit } }
    }

    private func goOn(_ round: Round, _ number: Int, _ configuration: ModelConfiguration, _ yield: Yield) {
        let rules = configuration.rules
        let (origin, destination) = (round.direction.origin, round.direction.destination)
        var next = self
        var result = ""
        var isOver = false
        switch round.next {
        case .listMarks: return
        case .readDestination:
            next.reconcilers[number]?.destination = self[destination]
            next.reconcilers[number]?.token = .fresh
            result = "\(self[destination])"
        case .checkMode:
            isOver = !migration.mayReconcile(round.direction, rules)
            if isOver { result = "another direction" }
        case .readOrigin:
            next.reconcilers[number]?.origin = self[origin]
            result = "\(self[origin])"
        case .write:
            let write = Reconciliation.write(
                of: round.origin.slot(.fresh),
                over: round.destination.slot(round.token),
                deletion: migration.deletion(on: destination, rules),
                rules
            )
            if let write {
                isOver = !next.apply(write, to: destination)
                result = isOver ? "refused" : "\(ModelCell(write.action))"
            } else {
                result = "nothing, since both are equal"
            }
            // What was read is of no use any more.
            next.reconcilers[number]?.destination = .vacant
            next.reconcilers[number]?.origin = .vacant
            next.reconcilers[number]?.token = .fresh
        case .clearMarks: next.clearMarks(listedBy: number, round.direction, rules)
        }
        if let step = round.next.next(rules), !isOver {
            next.reconcilers[number]?.next = step
        } else {
            next.endRound(number, round.direction)
        }
        yield(.reconciler(number, round.direction, round.next, result), next)
    }

    private mutating func clearMarks(listedBy number: Int, _ direction: Direction, _ rules: MigrationRules) {
        let bit = UInt8(1) << number
        let clearing = Reconciliation.clearing(rules)
        changeMarks(direction) { clearing == .all || $0 & bit != 0 ? nil : $0 }
        guard direction == .forward else { return }
        changeOpenMarks { if $0.listedBy & bit != 0 { $0.isCleared = true } }
    }

    func collectorSuccessors(_ configuration: ModelConfiguration, _ yield: Yield) {
        let side = migration.mode.readSide
        guard migration.mayCollect(configuration.rules), self[side] == .tombstone else { return }
        var next = self
        next.set(side, to: .vacant)
        yield(.collect, next)
    }
}
