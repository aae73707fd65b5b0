import ArgumentParser
import Drivers
import KeyValue
import Migration

struct VerifyMigrationCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Prove anew that the target holds what the source does, while the service goes on.",
        discussion: """
            Workers prove by themselves what they have copied, and a cutover is refused before they have; this has it \
            proven once more, and waits for the end. Exit status 0 when nothing differs but what is marked, 1 otherwise.

            JSON: the fields of migrate status.

            Example: wherehouse migrate verify "$migration"
            """
    )
    @OptionGroup var steering: SteeringOptions

    func run(in context: CommandContext) async throws {
        let location = try MigrationLocation(steering.migration)
        let status = try await context.withControl(location) { control in
            let asking = Operator(control, name: context.actor, environment: context.environment)
            guard try await asking.isSomebodyWorking() else {
                throw CommandError(.failed, "Nobody works on this migration: run migrate work meanwhile.")
            }
            try await context.finish(asking, try await asking.request(.verify))
            let follower = MigrationFollower(control: control, context: context)
            return try await follower.follow(every: .milliseconds(200), until: .proven) { _ in }
        }
        if steering.options.json {
            try await status.show(on: context.output, json: true)
        } else if status.proof.differences.isEmpty {
            let rows = HumanText.count(Int(clamping: status.proof.records), "row")
            try await context.output.line("\(status.name): proven, \(rows) of the source.")
        }
        guard let first = status.proof.differences.first else { return }
        throw CommandError(
            .failed,
            "The stores differ where nobody has written: find out why, then repair.",
            ["differences": "\(status.proof.differences.count)", "first": first.text]
        )
    }
}

struct RepairCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair",
        abstract: "Make the records that were found to differ like those that the service sees.",
        discussion: """
            Find out first how they came to differ: somebody has written past the migration, or a store or its server has \
            a defect. Then verify again.

            JSON: the fields of migrate status.

            Example: wherehouse migrate repair "$migration"
            """
    )
    @OptionGroup var steering: SteeringOptions

    func run(in context: CommandContext) async throws { try await steering.steer(.repair, in: context) }
}
