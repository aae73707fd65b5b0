import ArgumentParser
import Drivers
import KeyValue
import Migration

/// What all commands take that steer a migration.
struct SteeringOptions: ParsableArguments {
    @Argument(help: ArgumentTexts.migration) var migration: String
    @OptionGroup var options: OutputOptions

    /// Has it done, and shows where the migration is then.
    func steer(_ command: OperatorCommand, waits: Bool = false, in context: CommandContext) async throws {
        let location = try MigrationLocation(migration)
        let status = try await context.withControl(location) { control in
            if waits {
                let follower = MigrationFollower(control: control, context: context)
                _ = try await follower.follow(every: .milliseconds(200), until: .copied) { _ in }
            }
            try await context.steer(location, control, command)
            return try await context.status(control)
        }
        guard !options.json else { return try await status.show(on: context.output, json: true) }
        try await context.output.line("\(status.name): \(status.modeText).")
    }
}

struct PauseCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Let copying rest; changes are still carried over.",
        discussion: """
            A migration may rest for as long as you like: what has changed is a set of keys, not a log.

            JSON: the fields of migrate status.

            Example: wherehouse migrate pause "$migration"
            """
    )
    @OptionGroup var steering: SteeringOptions

    func run(in context: CommandContext) async throws { try await steering.steer(.pause, in: context) }
}

struct ResumeCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Let copying go on.",
        discussion: """
            JSON: the fields of migrate status.

            Example: wherehouse migrate resume "$migration"
            """
    )
    @OptionGroup var steering: SteeringOptions

    func run(in context: CommandContext) async throws { try await steering.steer(.resume, in: context) }
}

struct ThrottleCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "throttle",
        abstract: "Bound how fast copying goes.",
        discussion: """
            Each worker keeps to it, beginning with its next page. Without a bound, copying goes as fast as the stores do. \
            Bounds that are not named are taken away.

            JSON: the fields of migrate status.

            Example: wherehouse migrate throttle "$migration" --rows 5000
            """
    )
    @OptionGroup var steering: SteeringOptions
    @Option(help: ArgumentHelp("Rows that a copier may write in a second.", valueName: "count")) var rows: Int?
    @Option(help: ArgumentHelp("Bytes that a copier may write in a second.", valueName: "count")) var bytes: Int?
    @Option(
        help: ArgumentHelp(
            "How long the target may take for a row, in hundredths of what it took at first; slower than that, copying slows down.",
            valueName: "percent"
        )
    )
    var latency: Int?
    @Option(help: ArgumentHelp("When copying goes on, in UTC: 22:00-06:00.", valueName: "hours"))
    var hours: ThrottleHours?
    @Flag(help: "Take all bounds away.") var none = false

    func validate() throws {
        guard none != (rows != nil || bytes != nil || latency != nil || hours != nil) else {
            throw ValidationError("Give --rows, --bytes, --latency, --hours or --none.")
        }
        guard rows ?? 1 >= 1, bytes ?? 1 >= 1 else {
            throw ValidationError("--rows and --bytes are at least 1: to stop copying, pause.")
        }
        guard latency ?? 100 >= 100 else { throw ValidationError("--latency is at least 100.") }
    }

    func run(in context: CommandContext) async throws {
        let throttle = Throttle(
            rowsPerSecondMax: rows.map { UInt64($0) },
            bytesPerSecondMax: bytes.map { UInt64($0) },
            latencyPercentMax: latency.map { UInt64($0) },
            hours: hours?.hours
        )
        try await steering.steer(.throttle(throttle), in: context)
    }
}

/// A part of every day on the command line.
struct ThrottleHours: ExpressibleByArgument {
    let hours: Throttle.Hours

    init?(argument: String) {
        guard let hours = Throttle.Hours(argument) else { return nil }
        self.hours = hours
    }
}

struct CutoverCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "cutover",
        abstract: "Move reads and writes to the target.",
        discussion: """
            Writes are held meanwhile, for no longer than the plan allows, and never fail for it. What has changed and \
            could not be carried over in that time takes the cutover back: writes go on at the source, and the status is 1. \
            Until finalize, rollback takes it back without losing what was written since.

            JSON: the fields of migrate status.

            Example: wherehouse migrate cutover "$migration" --wait
            """
    )
    @OptionGroup var steering: SteeringOptions
    @Flag(help: "Wait until everything has been copied, and little is left to carry over.") var wait = false

    func run(in context: CommandContext) async throws { try await steering.steer(.cutover, waits: wait, in: context) }
}

struct RollbackCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback",
        abstract: "Move reads and writes back to the source, with everything that was written since.",
        discussion: """
            The target stays a warm copy: cut over again when you like.

            JSON: the fields of migrate status.

            Example: wherehouse migrate rollback "$migration"
            """
    )
    @OptionGroup var steering: SteeringOptions

    func run(in context: CommandContext) async throws { try await steering.steer(.rollback, in: context) }
}

struct FinalizeCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "finalize",
        abstract: "End a migration for good, after the cutover.",
        discussion: """
            There is no way back: changes are not carried to the source any more, which says from now on that its records \
            were moved, and refuses to be opened without ?accept=moved. The service goes on, and may open the target by its \
            own URL from now on.

            It is refused when other programs have written the source since the cutover: status tells the keys, and migrate \
            foreign acknowledge says that you know of them.

            JSON: the fields of migrate status.

            Example: wherehouse migrate finalize "$migration"
            """
    )
    @OptionGroup var steering: SteeringOptions

    func run(in context: CommandContext) async throws { try await steering.steer(.finalize, in: context) }
}

struct AbortCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "abort",
        abstract: "Give a migration up before the cutover, or after a rollback.",
        discussion: """
            The service goes on at the source. The target holds what was copied so far and is of no more use until it is \
            emptied. Another migration takes another name.

            JSON: the fields of migrate status.

            Example: wherehouse migrate abort "$migration"
            """
    )
    @OptionGroup var steering: SteeringOptions

    func run(in context: CommandContext) async throws { try await steering.steer(.abort, in: context) }
}
