import Migration

/// What clients do.
extension ModelState {
    typealias Yield = (ModelAction, ModelState) -> Void

    func clientSuccessors(_ configuration: ModelConfiguration, _ yield: Yield) {
        for client in 0..<configuration.clients {
            if let intent = clients[client].intent {
                intentSuccessors(intent, client, configuration, yield)
                continue
            }
            if clients[client].mode != migration.mode {
                var next = self
                next.clients[client].mode = migration.mode
                yield(.acknowledge(client: client, migration.mode), next)
            }
            writes(of: client, configuration, yield)
        }
    }

    private func writes(of client: Int, _ configuration: ModelConfiguration, _ yield: Yield) {
        guard operationsLeft > 0, let writing = permission(of: client, configuration).writing else { return }
        for value in [ModelCell.a, .b, .vacant] {
            var next = self
            next.operationsLeft -= 1
            if writing.capture == .forward, configuration.capture == .intent {
                next.clients[client].intent = Intent(value: value, isOverVacancy: source == .vacant)
                yield(.open(client: client, value), next)
            } else {
                next.set(writing.side, to: ModelState.cell(value, writing.deletion))
                next.truth = value
                if let direction = writing.capture { next.mark(direction) }
                yield(.write(client: client, value, writing.side, isMarked: writing.capture != nil), next)
            }
        }
    }

    private static func cell(_ value: ModelCell, _ deletion: Deletion) -> ModelCell {
        value == .vacant ? ModelCell(.init(deletion)) : value
    }

    func permission(of client: Int, _ configuration: ModelConfiguration) -> ClientPermission {
        var known = migration
        known.mode = clients[client].mode
        return known.permission(configuration.rules)
    }

    /// Whether the precondition of a write holds that its client has sent.
    private func holds(_ intent: Intent) -> Bool {
        intent.isOverVacancy ? source == .vacant : intent.token == .fresh
    }

    private mutating func land(_ intent: inout Intent, _ configuration: ModelConfiguration) {
        let deletion = migration.deletion(on: .source, configuration.rules)
        intent.phase = .settled
        intent.token = .fresh
        intent.isOverVacancy = false
        set(.source, to: ModelState.cell(intent.value, deletion))
        if migration.mode.readSide == .source { truth = intent.value }
    }

    /// The mark can be listed from now on, unless it was cleared while it was open.
    private mutating func end(_ intent: Intent) {
        if !intent.isCleared { mark(.forward, listedBy: intent.listedBy) }
    }

    private func intentSuccessors(
        _ intent: Intent,
        _ client: Int,
        _ configuration: ModelConfiguration,
        _ yield: Yield
    ) {
        var next = self
        switch intent.phase {
        case .open where holds(intent):
            var landed = intent
            next.land(&landed, configuration)
            next.clients[client].intent = landed
            yield(.land(client: client, intent.value), next)
        case .open:
            next.clients[client].intent?.token = .fresh
            next.clients[client].intent?.isOverVacancy = source == .vacant
            yield(.readAgain(client: client), next)
        case .settled:
            next.clients[client].intent = nil
            next.end(intent)
            yield(.settle(client: client), next)
        }
        guard crashesLeft > 0, orphan == nil else { return }
        var crashed = self
        crashed.crashesLeft -= 1
        crashed.clients[client].intent = nil
        crashed.orphan = intent
        yield(.crash("client", client), crashed)
    }

    /// What becomes of the write of a client that is gone.
    func orphanSuccessors(_ configuration: ModelConfiguration, _ yield: Yield) {
        guard let orphan else { return }
        if orphan.phase == .open, holds(orphan) {
            var next = self
            var landed = orphan
            next.land(&landed, configuration)
            next.orphan = orphan.isCleared ? nil : landed
            yield(.landLate(orphan.value), next)
        }
        guard !orphan.isCleared else { return }
        var next = self
        let reaping = Migration.Intent.next(orphan.phase, configuration.rules)
        switch reaping {
        case .rewrite:
            next.set(.source, to: source == .vacant ? .tombstone : source)
            next.orphan?.phase = .settled
        case .end:
            next.end(orphan)
            // Only with a rule taken away: the mark has ended, and the write is still on its way.
            next.orphan?.isCleared = true
            if orphan.phase == .settled { next.orphan = nil }
        }
        yield(.reap(reaping), next)
    }
}
