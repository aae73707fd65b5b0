import ArgumentParser
import Drivers
import KeyValue
import Migration

struct ForeignCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "foreign",
        abstract: "Capture what programs write to the source without this tool.",
        discussion: """
            A service that writes its own layout goes on doing so while its records move: install capture in its \
            database, then plan a migration whose source is that URL. From the cutover on the database refuses the \
            service. Remove capture when the migration is over.

            The URL is that of a raw view that says how to capture: layout=raw&capture=triggers for PostgreSQL, \
            layout=raw&capture=stream for Redis, or where its server lets nobody follow its stream, as hosted ones do, \
            layout=raw&capture=events. Of any other raw view nothing tells what changes: there you stop the writers yourself \
            when everything has been copied, and say so with freeze.

            Example: wherehouse migrate foreign install 'postgres://127.0.0.1/files?layout=raw&capture=triggers'
            """,
        subcommands: [
            InstallForeignCommand.self, ListForeignCommand.self, FreezeForeignCommand.self,
            AcknowledgeForeignCommand.self, RemoveForeignCommand.self,
        ]
    )
}

struct InstallForeignCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "install",
        abstract: "Begin to capture; what is there already stays.",
        discussion: """
            JSON: the fields of migrate foreign list.

            Example: wherehouse migrate foreign install 'postgres://127.0.0.1/files?layout=raw&capture=triggers'
            """
    )
    @OptionGroup var capturing: CapturingOptions

    func run(in context: CommandContext) async throws {
        try await capturing.withCapture(context) { capture in
            try await capture.installCapture()
            try await capturing.show(capture, context)
        }
    }
}

struct ListForeignCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Show what is installed, what is missing, and what holds.",
        discussion: """
            JSON: guarantee (marked, streamed, notified or scanned), installed, refusing, gaps, and the lists objects and missing.

            Example: wherehouse migrate foreign list 'postgres://127.0.0.1/files?layout=raw&capture=triggers'
            """
    )
    @OptionGroup var capturing: CapturingOptions

    func run(in context: CommandContext) async throws {
        try await capturing.withCapture(context) { capture in try await capturing.show(capture, context) }
    }
}

struct FreezeForeignCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "freeze",
        abstract: "Confirm that nobody writes the source any more, where nothing else tells.",
        discussion: """
            Say it when everything has been copied and the writers are stopped. Everything is compared once more, and what \
            differs is carried over; then cut over. That nothing is lost rests on your word, until the cutover is taken \
            back or the migration is given up.

            Example: wherehouse migrate foreign freeze "$migration"
            """
    )
    @OptionGroup var steering: SteeringOptions

    func run(in context: CommandContext) async throws {
        try await steering.confirm("the source is frozen", in: context) { control in
            try await control.confirmFreeze(actor: context.actor, milliseconds: WallClock.milliseconds())
        }
    }
}

struct AcknowledgeForeignCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "acknowledge",
        abstract: "Say that you know of what was written to the source since the cutover.",
        discussion: """
            Somebody let the writers in again, or the server forgot to refuse them: migrate status tells the keys that they \
            have changed since, which nobody carries over, and finalize is refused. Bring what is missing to the target \
            yourself, or roll back, and say it. What they change later has to be acknowledged again.

            Example: wherehouse migrate foreign acknowledge "$migration"
            """
    )
    @OptionGroup var steering: SteeringOptions

    func run(in context: CommandContext) async throws {
        try await steering.confirm("what was written to the source is known", in: context) { control in
            try await control.acknowledgeLateWrites(actor: context.actor, milliseconds: WallClock.milliseconds())
        }
    }
}

struct RemoveForeignCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "End capturing, and leave no trace of it.",
        discussion: """
            While the writers are refused this asks for --admit-writers: after it, they could write again what nobody \
            carries over.

            JSON: the fields of migrate foreign list.

            Example: wherehouse migrate foreign remove 'postgres://127.0.0.1/files?layout=raw&capture=triggers'
            """
    )
    @OptionGroup var capturing: CapturingOptions
    @Flag(help: "Let the writers write again, although they are refused now.") var admitWriters = false

    func run(in context: CommandContext) async throws {
        try await capturing.withCapture(context) { capture in
            guard try await !capture.captureReport().isRefusing || admitWriters else {
                throw CommandError(
                    .failed,
                    "The writers are refused, and would be let in again: say --admit-writers if that is meant."
                )
            }
            try await capture.removeCapture()
            try await capturing.show(capture, context)
        }
    }
}

extension SteeringOptions {
    /// Takes an operator's word down, and says so.
    fileprivate func confirm(
        _ word: String,
        in context: CommandContext,
        _ body: (ControlStore) async throws -> Void
    ) async throws {
        let location = try MigrationLocation(migration)
        try await context.withControl(location, body)
        if options.json { return try await context.output.line(JSONObject()) }
        try await context.output.line("\(location.name): \(word), as you say.")
    }
}

/// What the commands have in common that are about the capture itself.
struct CapturingOptions: ParsableArguments {
    @Argument(help: ArgumentTexts.store) var store: String
    @OptionGroup var options: OutputOptions

    func withCapture(
        _ context: CommandContext,
        _ body: (any ForeignCapture) async throws -> Void
    ) async throws {
        try await context.withStore(store) { store in try await body(try CapturingOptions.capture(of: store)) }
    }

    static func capture(of store: any KeyValueStore) throws -> any ForeignCapture {
        guard let capture = store as? any ForeignCapture else {
            throw CommandError(
                .usage,
                "Say in the URL how to capture: capture=triggers for PostgreSQL, capture=stream or events for Redis."
            )
        }
        return capture
    }

    func show(_ capture: any ForeignCapture, _ context: CommandContext) async throws {
        let report = try await capture.captureReport()
        guard !options.json else {
            var object = JSONObject()
            object.add("guarantee", capture.guarantee.rawValue)
            object.add("installed", report.isInstalled)
            object.add("refusing", report.isRefusing)
            object.add("gaps", Int(clamping: report.gaps))
            object.add("objects", report.objects)
            object.add("missing", report.missing)
            return try await context.output.line(object)
        }
        for object in report.objects { try await context.output.line(object) }
        for missing in report.missing { try await context.output.line("not captured: \(missing)") }
        if report.gaps > 0 { try await context.output.line("gaps: \(report.gaps)") }
        try await context.output.line(
            "Capture is \(report.isInstalled ? "installed" : "not installed"), writers are "
                + "\(report.isRefusing ? "refused" : "admitted"). \(capture.guarantee.text)"
        )
    }
}

extension ForeignGuarantee {
    /// What holds, in a sentence.
    var text: String {
        switch self {
        case .marked: "Every change is marked in the writer's own transaction: nothing is lost."
        case .streamed:
            "Every change is read from the server's replication stream: nothing is lost; gaps are compared anew."
        case .notified:
            "The server tells of changes while somebody listens: after each break everything is compared anew."
        case .scanned: "Nothing tells of changes: exact only if nobody writes from your confirmed freeze on."
        }
    }
}
