import KeyValue

extension ControlRecord {
    /// Whether the migration has ended, one way or the other, and no worker is needed any more.
    public var isOver: Bool { state.isOver && state.isRetired && hasPassedBarrier }
}

extension MigrationController {
    /// Does what an operator asks for; throws why not.
    func perform(_ command: OperatorCommand) async throws(StoreError) {
        let record = try await record()
        var throttle = record.throttle
        switch command {
        case .start: return try await start(from: record)
        case .cutover: return try await switchOver()
        case .rollback: return try await rollBack()
        case .finalize: return try await finalize()
        case .abort: return try await abandon()
        case .verify: return try await proveAgain(from: record)
        case .repair:
            _ = try await repair()
            return
        case .pause: throttle.isPaused = true
        case .resume: throttle.isPaused = false
        case .throttle(var asked):
            asked.isPaused = throttle.isPaused
            throttle = asked
        }
        guard !record.state.isOver else { throw .migrationIsOver }
        try await self.throttle(throttle)
    }

    private func proveAgain(from record: ControlRecord) async throws(StoreError) {
        guard record.mode.direction != nil else {
            throw .invalidArgument(
                "Records can be verified while changes are marked, before the cutover or after it.",
                ["mode": "\(record.mode)"]
            )
        }
        try await proveAgain()
    }

    /// Goes on to the mode in which changes are marked. One that is there already, or further, stays.
    private func start(from record: ControlRecord) async throws(StoreError) {
        guard !record.state.isOver else { throw .migrationIsOver }
        if record.mode == .source { try await step(to: .weakened) }
        if try await self.record().mode == .weakened { try await step(to: .captured) }
    }
}

extension StoreError {
    fileprivate static var migrationIsOver: StoreError {
        .invalidArgument("The migration is over: plan another, under another name.")
    }
}
