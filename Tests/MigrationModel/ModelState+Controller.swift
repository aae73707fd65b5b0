import Migration

/// What the controller does, and what has to hold.
extension ModelState {
    func successors(_ configuration: ModelConfiguration, _ yield: Yield) {
        controllerSuccessors(configuration, yield)
        clientSuccessors(configuration, yield)
        orphanSuccessors(configuration, yield)
        copierSuccessors(configuration, yield)
        reconcilerSuccessors(configuration, yield)
        collectorSuccessors(configuration, yield)
    }

    private func controllerSuccessors(_ configuration: ModelConfiguration, _ yield: Yield) {
        let facts = facts(configuration)
        for mode in migration.mode.successors(configuration.rules)
        where migration.refusal(ofStepTo: mode, facts, configuration.rules) == nil {
            var next = self
            next.migration = migration.stepped(to: mode)
            yield(.step(mode), next)
        }
        if facts.isBarrierComplete, migration.passedBarrier() != migration {
            var next = self
            next.migration = migration.passedBarrier()
            yield(.passBarrier, next)
        }
        if orphan == nil, let retired = migration.retired(facts) {
            var next = self
            next.migration = retired
            next.copiers = .init(repeating: nil)
            next.reconcilers = .init(repeating: nil)
            next.marks = .init(repeating: 0)
            yield(.retire, next)
        }
    }

    /// What is wrong with the state; nil when nothing is.
    func violation(_ configuration: ModelConfiguration) -> String? {
        for client in 0..<configuration.clients {
            let side = permission(of: client, configuration).reads
            guard self[side].view == truth else {
                return "client \(client) reads \(self[side].view) from the \(side), but \(truth) was written last"
            }
        }
        let areIdle =
            copiers.indices.allSatisfy { copiers[$0] == nil }
            && reconcilers.indices.allSatisfy { reconcilers[$0] == nil }
        guard migration.isCopied, areIdle, source.view != target.view, let direction = migration.mode.direction,
            !isDirty(direction)
        else { return nil }
        return "nothing is marked \(direction), but the source has \(source.view) and the target \(target.view)"
    }
}
