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

            For a target that is paid by what it does, it is told what writing the rows takes and costs, at the prices of \
            a published list. Changes that are made meanwhile and the proof in the end come on top.

            JSON: name, source, target, rows (about how many there are to copy), for a source that other programs write \
            guarantee, as migrate foreign list has it, and for a target that is paid so loading: units, an object of \
            amounts by name, cost, currency, region, date.

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
        let planned = try await context.withControl(location, creating: true) { control in
            try await context.withSides(location, control, creating: true) { stores in
                guard let stores else {
                    throw CommandError(.failed, "Another process holds one of the stores: stop it while you plan.")
                }
                var loading: BilledUnits?
                let controller = try await MigrationController.plan(
                    stores,
                    source: source,
                    target: target,
                    MigrationPlan(holdMax: .milliseconds(holdMax), marksMax: UInt64(marksMax)),
                    actor: context.actor,
                    environment: context.environment,
                    milliseconds: WallClock.milliseconds,
                    told: { loading = $0.loading }
                )
                return Planned(
                    rows: Int(clamping: try await controller.record().expectedRecords),
                    guarantee: (stores.source as? any ForeignCapture)?.guarantee,
                    bill: (stores.target as? any BilledStore).flatMap { store in loading.map { (store.tariff, $0) } }
                )
            }
        }
        guard options.json else {
            let rows = HumanText.count(planned.rows, "row")
            let line = "Planned \(location.name): \(rows) from \(source) to \(target)."
            try await context.output.line(planned.guarantee.map { "\(line) \($0.text)" } ?? line)
            if let cost = planned.cost { try await context.output.line(cost) }
            return
        }
        var object = JSONObject()
        object.add("name", location.name)
        object.add("source", source)
        object.add("target", target)
        object.add("rows", planned.rows)
        if let guarantee = planned.guarantee { object.add("guarantee", guarantee.rawValue) }
        if let loading = planned.loading { object.add("loading", loading) }
        try await context.output.line(object)
    }
}

/// What a plan found out.
private struct Planned {
    let rows: Int
    let guarantee: ForeignGuarantee?
    /// What writing all rows to the target is billed.
    let bill: (tariff: Tariff, units: BilledUnits)?

    var cost: String? {
        guard let (tariff, units) = bill else { return nil }
        let amounts = zip(tariff.units, units.counts).filter { $0.1 > 0 }.map { unit, count in
            "\(HumanText.number(Int(count.rounded(.up)))) \(unit.name)"
        }
        let price = HumanText.decimal(tariff.price(of: units), digits: 2)
        return "Writing them takes \(amounts.joined(separator: ", ")): \(price) \(tariff.source)."
    }

    var loading: JSONObject? {
        guard let (tariff, units) = bill else { return nil }
        var amounts = JSONObject()
        for (unit, count) in zip(tariff.units, units.counts) { amounts.add(unit.name, count) }
        var object = JSONObject()
        object.add("units", amounts)
        object.add("cost", tariff.price(of: units))
        object.add("currency", tariff.currency)
        object.add("region", tariff.region ?? "")
        object.add("date", tariff.date)
        return object
    }
}
