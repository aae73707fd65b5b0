import ArgumentParser
import Drivers
import KeyValue
import Migration

struct PlanMigrationCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Plan a migration: check both stores, and make its control record.",
        discussion: """
            Nothing moves yet, and the service goes on as before. The target has to be empty; an SQLite target is made. \
            From now on the target admits the migration alone. The names are what people and the control record call the \
            stores; a service that opens the source by its own URL after the end is told the target's name.

            The service has to open its store by the URL of the migration before start: whoever does not is refused from \
            then on.

            JSON: name, source, target, rows (about how many there are to copy), and for a source that other programs \
            write guarantee, as migrate foreign list has it.

            Example: wherehouse migrate plan \
            'migration:files?control=redis://127.0.0.1:6379/1&source=redis://127.0.0.1:6379&target=sqlite:new.db'
            """
    )

    @Argument(help: ArgumentTexts.migration) var migration: String
    @Option(help: ArgumentHelp("What to call the source; its kind unless given.", valueName: "name"))
    var sourceName: String?
    @Option(help: ArgumentHelp("What to call the target; its kind unless given.", valueName: "name"))
    var targetName: String?
    @Option(help: ArgumentHelp("For how long a cutover may hold writes before it is taken back.", valueName: "ms"))
    var holdMax = 1_000
    @Option(help: ArgumentHelp("How many changes may be left when a cutover begins.", valueName: "count"))
    var marksMax = 1_000
    @OptionGroup var options: OutputOptions

    func validate() throws {
        guard (1...3_600_000).contains(holdMax) else { throw ValidationError("--hold-max is from 1 to 3600000.") }
        guard marksMax >= 1 else { throw ValidationError("--marks-max is at least 1.") }
    }

    func run(in context: CommandContext) async throws {
        let location = try MigrationLocation(migration)
        let urls = try location.sides()
        let kinds = (try StoreLocation(urls.source).scheme, try StoreLocation(urls.target).scheme)
        let areAlike = kinds.0 == kinds.1
        let source = sourceName ?? (areAlike ? "\(kinds.0)-source" : kinds.0)
        let target = targetName ?? (areAlike ? "\(kinds.1)-target" : kinds.1)
        let (rows, guarantee) = try await context.withControl(location, creating: true) { control in
            try await context.withSides(location, control, creating: true) { stores in
                guard let stores else {
                    throw CommandError(.failed, "Another process holds one of the stores: stop it while you plan.")
                }
                let controller = try await MigrationController.plan(
                    stores,
                    source: source,
                    target: target,
                    MigrationPlan(holdMax: .milliseconds(holdMax), marksMax: UInt64(marksMax)),
                    actor: context.actor,
                    environment: context.environment,
                    milliseconds: WallClock.milliseconds
                )
                let rows = Int(clamping: try await controller.record().expectedRecords)
                return (rows, (stores.source as? any ForeignCapture)?.guarantee)
            }
        }
        guard options.json else {
            let line = "Planned \(location.name): \(HumanText.count(rows, "row")) from \(source) to \(target)."
            return try await context.output.line(guarantee.map { "\(line) \($0.text)" } ?? line)
        }
        var object = JSONObject()
        object.add("name", location.name)
        object.add("source", source)
        object.add("target", target)
        object.add("rows", rows)
        if let guarantee { object.add("guarantee", guarantee.rawValue) }
        try await context.output.line(object)
    }
}
