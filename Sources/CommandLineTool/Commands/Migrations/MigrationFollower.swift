import KeyValue
import Migration

/// Follows a migration from the control store.
struct MigrationFollower {
    let control: ControlStore
    let context: CommandContext

    /// Looks again and again until the milestone is reached; the status then. A control store that can't be reached for
    /// a while is waited for.
    func follow(
        every interval: Duration,
        until milestone: MigrationMilestone,
        _ show: (MigrationOverview) async throws -> Void
    ) async throws -> MigrationOverview {
        while true {
            if let status = try await look() {
                try await show(status)
                if milestone.isReached(status) { return status }
                if status.isOver {
                    throw CommandError(.failed, "The migration was given up before that.", ["migration": status.name])
                }
            }
            do { try await context.environment.sleep(interval) } catch { throw StoreError.cancelled }
        }
    }

    private func look() async throws(StoreError) -> MigrationOverview? {
        do throws(StoreError) {
            return try await context.status(control)
        } catch {
            guard error.retry == .always, error.code != .cancelled else { throw error }
            return nil
        }
    }
}
