import ArgumentParser
import Drivers
import Glibc
import KeyValue
import Migration

struct WatchMigrationCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Show where a migration is, again and again.",
        discussion: """
            On a terminal the status is drawn anew in its place; elsewhere it is a line whenever it has changed. It ends \
            with the point that --until names, or with ^C.

            JSON: the fields of migrate status, in a line each time.

            Example: wherehouse migrate watch "$migration"
            """
    )

    @Argument(help: ArgumentTexts.migration) var migration: String
    @Option(
        help: ArgumentHelp(
            "When to stop: copied (and ready to cut over), proven, switched, or over.",
            valueName: "point"
        )
    )
    var until = MigrationMilestone.over
    @Option(help: ArgumentHelp("The time between two looks.", valueName: "ms")) var interval = 500
    @OptionGroup var options: OutputOptions

    func validate() throws {
        guard (10...3_600_000).contains(interval) else { throw ValidationError("--interval is from 10 to 3600000.") }
    }

    func run(in context: CommandContext) async throws {
        let location = try MigrationLocation(migration)
        let isDrawn = isatty(STDOUT_FILENO) == 1 && !options.json
        try await context.withControl(location) { control in
            let follower = MigrationFollower(control: control, context: context)
            var drawn = 0
            var last = ""
            _ = try await follower.follow(every: .milliseconds(interval), until: until) { status in
                if options.json {
                    try await context.output.write(try status.jsonLine())
                } else if isDrawn {
                    // Back to the first line of what was drawn last, and everything from there on is cleared.
                    let back = drawn > 0 ? "\u{1B}[\(drawn)A\r\u{1B}[J" : ""
                    let lines = status.lines.map { String($0.prefix(WatchMigrationCommand.columns)) }
                    drawn = lines.count
                    try await context.output.write(Array((back + lines.joined(separator: "\n") + "\n").utf8))
                } else if status.line != last {
                    last = status.line
                    try await context.output.line(last)
                }
                try await context.output.flush()
            }
        }
    }

    /// How many characters fit into a line of the terminal, so that none is broken in two.
    private static var columns: Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }
}

/// The status of a migration on standard error while a command works on it: on a terminal one line that is rewritten,
/// otherwise a line at each new mode, and every five seconds.
final class StatusLine {
    private let isQuiet: Bool
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private var epoch: UInt64?
    private var looks = 0
    private var isShown = false

    init(isQuiet: Bool) { self.isQuiet = isQuiet }

    /// Shows the status, of which there are four a second.
    func show(_ status: MigrationOverview) {
        guard !isQuiet else { return }
        looks += 1
        let isDue = isTerminal || epoch != status.record.epoch || looks % 20 == 0
        guard isDue else { return }
        epoch = status.record.epoch
        isShown = true
        StandardError.write(isTerminal ? "\r\u{1B}[K" + status.line : status.line + "\n")
    }

    /// Clears the line, so that what follows has its own.
    func end() {
        if isShown, isTerminal { StandardError.write("\r\u{1B}[K") }
        isShown = false
    }
}
