import ArgumentParser
import Drivers
import KeyValue
import Migration

struct MigrationStatusCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show where a migration is.",
        discussion: """
            JSON: name, source, target (names), epoch, mode (source, weakened, captured, sourceHeld, targetHeld, switched \
            or target), settled (every client has acknowledged the mode), copied, ready (a cutover would begin now), over, \
            aborted, rows, bytes, totalRows (about), rowsPerSecond and secondsLeft (of copying, and then of proving), \
            marks (changes to carry over, 10000 for as many or more), unproven (rows of both stores that wait to be \
            verified), differences (keys), ranges (space, rows, bytes, copied), clients (id, \
            epoch, acknowledged), workers (name, leads, hindrance), paused, rowsPerSecondMax, bytesPerSecondMax, \
            latencyPercentMax, hours, holdMaxMilliseconds, marksMax, limits (what keeps it from going on), last (number, time, actor, text), \
            and for a source that other programs write guarantee, as migrate foreign list has it, lateWrites (keys that they \
            have written there since the cutover and nobody has acknowledged) and lateGap (whether there may be more). What \
            is not known is null.

            Example: wherehouse migrate status "$migration"
            """
    )

    @Argument(help: ArgumentTexts.migration) var migration: String
    @OptionGroup var options: OutputOptions

    func run(in context: CommandContext) async throws {
        let location = try MigrationLocation(migration)
        let status = try await context.withControl(location) { control in try await context.status(control) }
        try await status.show(on: context.output, json: options.json)
    }
}

struct MigrationHistoryCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "List everything that was done to a migration, and by whom.",
        discussion: """
            Each line has its number, the time, who did it, and what.

            JSON: number, time, actor, text.

            Example: wherehouse migrate history "$migration"
            """
    )

    @Argument(help: ArgumentTexts.migration) var migration: String
    @OptionGroup var options: OutputOptions

    func run(in context: CommandContext) async throws {
        let location = try MigrationLocation(migration)
        let log = try await context.withControl(location) { control in try await control.auditLog() }
        for entry in log {
            if options.json {
                try await context.output.write(try entry.jsonLine())
            } else {
                let columns = ["\(entry.number)", entry.time, entry.actor, entry.text]
                try await context.output.line(columns.map { HumanText.text($0.utf8) }.joined(separator: "\t"))
            }
        }
    }
}
