import KeyValue
package import Migration
import TestSupport

/// Leads a migration there and back, again and again until it may come to its end, from wherever the record says that it
/// is.
package struct Lead {
    private let stores: MigrationStores
    private let name: String
    /// For how long clients are left in peace after each switch.
    private let soak: Duration
    private let mayEnd: @Sendable () -> Bool

    package init(
        _ stores: MigrationStores,
        name: String,
        soak: Duration = .milliseconds(300),
        mayEnd: @escaping @Sendable () -> Bool
    ) {
        self.stores = stores
        self.name = name
        self.soak = soak
        self.mayEnd = mayEnd
    }

    /// Returns when the migration is over. What can't be done now is tried again; what can never be done is thrown.
    package func run() async throws {
        while true {
            do {
                if try await goOn() { return }
            } catch let error as StoreError {
                guard Lead.mayPass(error) else { throw error }
                say("lead: \(error.code.rawValue) \(error.message) \(error.metadata)")
            }
            try await Lapse.of(.milliseconds(50))
        }
    }

    /// Steps that are refused are among them: there may be another answer soon.
    private static func mayPass(_ error: StoreError) -> Bool {
        if error.metadata["reason"] != nil { return true }
        return [.staleMode, .outcomeUnknown, .preconditionFailed].contains(error.code) || error.retry == .always
    }

    private func goOn() async throws -> Bool {
        let controller = try await MigrationController.open(stores, actor: name, milliseconds: Lead.milliseconds)
        let record = try await controller.record()
        let switches = try await stores.control.auditLog().count { $0.text == "went from targetHeld to switched" }
        switch record.mode {
        case .source: try await controller.step(to: .weakened)
        case .weakened: try await controller.step(to: .captured)
        case .captured: try await controller.switchOver()
        case .sourceHeld: try await controller.step(to: .captured)
        case .targetHeld: try await controller.step(to: .switched)
        case .switched:
            try await Lapse.of(soak)
            if switches < 2 || !mayEnd() { try await controller.rollBack() } else { try await controller.finalize() }
        case .target:
            try await controller.finalize()
            return true
        }
        return false
    }

    package static func milliseconds() -> UInt64 { UInt64(StoreEnvironment.live.nanoseconds() / 1_000_000) }
}
