import KeyValue
import TestSupport

@testable import Migration

/// Whoever leads a simulated migration: there and back, and there again, as chance wants it.
struct LiveOperator: Sendable {
    let stores: MigrationStores
    let process: LiveProcess

    private var world: LiveWorld { process.world }

    /// Leads on until the migration is over; whether it is.
    func run(steps: Int = 40) async -> Bool {
        for _ in 0..<steps where !process.isDead {
            do {
                let controller = try await MigrationController.open(
                    stores,
                    actor: "operator",
                    environment: world.environment,
                    milliseconds: { 0 }
                )
                if try await goOn(controller) { return true }
                await world.pause(.milliseconds(100))
            } catch { continue }
        }
        return false
    }

    private func goOn(_ controller: MigrationController) async throws -> Bool {
        let record = try await controller.record()
        switch record.mode {
        case .source where record.state.isOver:
            try await controller.abandon()
            return true
        case .source: try await controller.step(to: .weakened)
        case .weakened: try await controller.step(to: .captured)
        case .captured:
            if world.random(below: 12) == 0 {
                try await controller.abandon()
            } else {
                try await controller.switchOver()
            }
        case .sourceHeld: try await controller.step(to: .captured)
        case .targetHeld: try await controller.step(to: .switched)
        case .switched:
            switch world.random(below: 6) {
            case 0: try await controller.finalize()
            case 1...3: try await controller.rollBack()
            default: break
            }
        case .target:
            try await controller.finalize()
            return true
        }
        return false
    }
}
