import KeyValue

extension MigrationStores {
    /// The source, if programs write it without this library.
    var foreign: (any ForeignCapture)? { source as? any ForeignCapture }

    /// Whether nothing can be carried over to there.
    func isForeign(_ side: Side) -> Bool { side == .source && foreign != nil }
}

extension MigrationMode {
    /// Whether programs that write the source without this library may do so.
    var admitsForeignWriters: Bool {
        switch self {
        case .source, .weakened, .captured: true
        case .sourceHeld, .targetHeld, .switched, .target: false
        }
    }
}

extension MigrationController {
    /// Lets programs that write the source without this library do so or not, as the mode says.
    func setForeignFence(of record: ControlRecord) async throws(StoreError) {
        guard let foreign = stores.foreign else { return }
        if record.mode.admitsForeignWriters {
            if try await foreign.captureReport().isRefusing { try await foreign.admitForeignWriters() }
        } else {
            try await foreign.refuseForeignWriters(waitMax: record.plan.holdMax)
        }
    }

    /// The same for one that has gone between refusing others and its step. What an operator has confirmed stays.
    func restoreForeignFence() async throws(StoreError) {
        guard let foreign = stores.foreign, foreign.guarantee != .scanned else { return }
        try await setForeignFence(of: try await record())
    }

    /// Holds up the programs that write the source, before anybody else is: what they have begun may take too long, and
    /// then no step has been made.
    func refuseForeignWriters() async throws(StoreError) {
        guard let foreign = stores.foreign else { return }
        let record = try await settle()
        try await requireStep(to: .sourceHeld, from: record)
        try await foreign.refuseForeignWriters(waitMax: record.plan.holdMax)
    }

    /// Throws unless the marks of the source tell all that has changed there, and nothing can change any more.
    func foreignRefusal(
        ofStepTo mode: MigrationMode,
        from record: ControlRecord
    ) async throws(StoreError) -> StepRefusal? {
        guard let foreign = stores.foreign, record.mode.direction == .forward else { return nil }
        let report = try await foreign.captureReport()
        switch mode {
        case .sourceHeld where !report.isInstalled: return .notCaptured
        case .sourceHeld, .targetHeld:
            if try await stores.control.comparedGaps() != report.gaps { return .unproven }
            return mode == .targetHeld && !report.isRefusing ? .foreignWriters : nil
        default: return nil
        }
    }

    /// Has everything compared anew when changes may have gone by, and carries over what was found to differ since.
    ///
    /// Behind a switch it takes down what was written past the fence, and refuses writers again whose server has forgotten
    /// that it does.
    func watchForeignWriters() async throws(StoreError) {
        guard let foreign = stores.foreign else { return }
        let record = try await stores.control.read()
        if record.mode == .switched { return try await lookForLateWrites(foreign, record) }
        guard record.mode == .captured else { return }
        let gaps = try await foreign.captureReport().gaps
        if try await stores.control.comparedGaps() != gaps {
            try await proveAgain()
            try await stores.control.keep(comparedGaps: gaps)
        }
        guard gaps > 0 || foreign.guarantee == .scanned, try await !stores.control.differences().isEmpty else { return }
        try await repair()
    }
}

// MARK: - Behind the switch

extension MigrationController {
    private func lookForLateWrites(_ foreign: any ForeignCapture, _ record: ControlRecord) async throws(StoreError) {
        // Before they are refused again, while it still shows that they were not.
        let late = try await foreign.lateMarks(limit: ControlStore.lateWritesMax)
        try await stores.control.note(lateMarks: late, milliseconds: milliseconds())
        if foreign.guarantee != .scanned {
            let gaps = try await foreign.captureReport().gaps
            let compared = try await stores.control.comparedGaps()
            try await stores.control.changeStanding { standing in
                standing.gapsAtSwitch = compared
                standing.gaps = gaps
            }
        }
        try await setForeignFence(of: record)
    }

    /// Throws when programs have changed the source since the switch, as far as nobody has acknowledged that.
    func requireNoLateWrites() async throws(StoreError) {
        guard stores.foreign != nil else { return }
        // What comes in before they are refused again is seen the second time.
        for _ in 0..<2 { try await watchForeignWriters() }
        let late = try await stores.control.lateWrites().filter { !$0.isAcknowledged }
        let hasGap = try await stores.control.standing()?.hasLateGap ?? false
        guard hasGap || !late.isEmpty else { return }
        var metadata = ["keys": "\(late.count)"]
        metadata["first"] = late.first.map { "\($0.key)" }
        if hasGap { metadata["gap"] = "there may be more" }
        throw .invalidArgument(
            """
            Programs may have written the source since the cutover, which nobody carries over: see status, bring what is \
            missing to the target, and say so with: migrate foreign acknowledge.
            """,
            metadata
        )
    }
}

// MARK: - What is kept

extension ControlStore {
    private static let gaps = "gaps"

    /// How many gaps of capture a comparison of everything has been begun for.
    func comparedGaps() async throws(StoreError) -> UInt64 {
        guard let entry = try await store.get(key(ControlStore.gaps)) else { return 0 }
        var reader = KeyReader(entry.value)
        guard let gaps = reader.integer(), reader.isAtEnd else { throw .damagedControl }
        return gaps
    }

    /// Keeps what is known of a source before its migration begins; nil for one that no program writes without this library.
    ///
    /// What another plan of the same name has left, whose record was never made, is written over.
    func keepStanding(of foreign: (any ForeignCapture)?) async throws(StoreError) {
        guard let foreign else { return try await removeStanding() }
        // What went by before is there to be copied.
        try await keep(comparedGaps: try await foreign.captureReport().gaps)
        try await keep(ForeignStanding(foreign.guarantee))
    }

    func keep(comparedGaps gaps: UInt64) async throws(StoreError) {
        var writer = KeyWriter()
        writer.append(integer: gaps)
        _ = try await put(writer.bytes, at: key(ControlStore.gaps), if: nil)
    }
}
