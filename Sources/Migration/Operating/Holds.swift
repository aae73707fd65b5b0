public import KeyValue

extension ControlStore {
    /// For how long writes have been held each time that a cutover, a rollback or a step that was taken back did so, in
    /// the order of the times, as the audit log tells on the clocks of those who made the steps.
    public func holds() async throws(StoreError) -> [Duration] { AuditEntry.holds(in: try await auditLog()) }
}

extension AuditEntry {
    private static let went = "went from "

    /// What the log says of a step.
    static func text(ofStepFrom old: MigrationMode, to new: MigrationMode) -> String { "\(went)\(old) to \(new)" }

    /// The time between each step into a mode in which writes are held and the next step out of such modes.
    static func holds(in log: [AuditEntry]) -> [Duration] {
        var holds: [Duration] = []
        var heldSince: UInt64?
        for entry in log {
            guard let isHeld = entry.leadsIntoHold else { continue }
            if isHeld {
                heldSince = heldSince ?? entry.milliseconds
            } else if let since = heldSince {
                // Another's clock may be behind.
                holds.append(.milliseconds(Int64(clamping: entry.milliseconds - min(since, entry.milliseconds))))
                heldSince = nil
            }
        }
        return holds
    }

    /// Whether the line is of a step into a mode in which writes are held; nil for a line of no step.
    private var leadsIntoHold: Bool? {
        guard text.hasPrefix(AuditEntry.went), let word = text.split(separator: " ").last else { return nil }
        return MigrationMode.allCases.first { "\($0)" == word }?.isHeld
    }
}
