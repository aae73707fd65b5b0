import ArgumentParser
import Drivers
import KeyValue
import Migration

struct StartMigrationCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "start",
        abstract: "Begin a migration, and work on it until it is over.",
        discussion: """
            From now on every write is marked, and workers copy beside the service. Stop it with ^C and start it again at \
            any time, here or elsewhere: it goes on where it was. To work on several machines, run work on the others.

            Where another process holds one of the stores, as a service holds its SQLite file, that process works, and \
            this only asks it to begin.

            With --listen everything that migrate does to a planned migration can be done over HTTP meanwhile: GET and POST \
            below /v1/migration, with a token as `Authorization: Bearer`; /metrics is there too, for Prometheus.

            JSON: the fields of migrate status, as it ended.

            Example: wherehouse migrate start "$migration" --until copied
            """
    )

    @OptionGroup var working: WorkingOptions

    func run(in context: CommandContext) async throws { try await working.work(.start, in: context) }
}

struct WorkCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "work",
        abstract: "Work on a migration that was started, beside others or after them.",
        discussion: """
            Any number of processes may work at the same time, on any machines that reach all three stores. One of them \
            leads; when it is killed, another takes over within seconds.

            With --listen it may be started before the migration is planned, and then waits until that is done: POST \
            /v1/migration/plan does it here.

            JSON: the fields of migrate status, as it ended.

            Example: wherehouse migrate work "$migration"
            """
    )

    @OptionGroup var working: WorkingOptions

    func run(in context: CommandContext) async throws { try await working.work(nil, in: context) }
}

/// Until when a process works on a migration, or watches it.
enum MigrationMilestone: String, ExpressibleByArgument, CaseIterable {

    /// Everything has been copied, and little is left to carry over.
    case copied
    /// Reads and writes are at the target.
    case switched
    /// The migration has come to its end.
    case over
    /// Everything has been gone through by a proof, or something was found that differs.
    case proven

    func isReached(_ status: MigrationOverview) -> Bool {
        switch self {
        case .copied: status.isReadyToSwitch || MigrationMilestone.switched.isReached(status)
        case .switched: status.record.mode == .switched || status.record.mode == .target || status.isOver
        case .over: status.isOver
        case .proven: status.proof.isComplete || !status.proof.differences.isEmpty
        }
    }
}

/// What start and work have in common.
struct WorkingOptions: ParsableArguments {
    @Argument(help: ArgumentTexts.migration) var migration: String
    @Option(
        help: ArgumentHelp(
            "When to stop: copied (and ready to cut over), proven, switched, or over.",
            valueName: "point"
        )
    )
    var until = MigrationMilestone.over
    @Option(help: ArgumentHelp("How many copy at the same time here.", valueName: "count")) var copiers = 2
    @Flag(help: "Show no progress.") var quiet = false
    #if HTTP
    @OptionGroup var listening: ListenOptions
    #endif
    @OptionGroup var options: OutputOptions

    func validate() throws {
        guard (1...64).contains(copiers) else { throw ValidationError("--copiers is from 1 to 64.") }
    }

    func work(_ command: OperatorCommand?, in context: CommandContext) async throws {
        let location = try MigrationLocation(migration)
        let waitsForPlan = isListening && command == nil
        let status = try await context.withControl(location, creating: waitsForPlan) { control in
            try await run(location, control, command, context)
        }
        try await status.show(on: context.output, json: options.json)
    }

    private var isListening: Bool {
        #if HTTP
        listening.listen != nil
        #else
        false
        #endif
    }

    /// Works here if the stores can be opened, and else asks who holds them.
    ///
    /// This and what it calls are kept apart: the optimiser of Swift 6.3 crashes when it makes one function of them.
    @inline(never)
    private func run(
        _ location: MigrationLocation,
        _ control: ControlStore,
        _ command: OperatorCommand?,
        _ context: CommandContext
    ) async throws -> MigrationOverview {
        let steering = Operator(control, name: context.actor, environment: context.environment)
        guard location.source != nil, location.target != nil else {
            guard let command else { throw CommandError(.usage, "Name source and target: work needs both.") }
            return try await ask(command, steering, control, context)
        }
        // As planning does.
        var creating = false
        if isListening, command == nil { creating = try await !control.isPlanned() }
        let worked = try await context.withSides(location, control, creating: creating) {
            stores -> MigrationOverview? in
            guard let stores else { return nil }
            return try await work(stores, command, steering, context)
        }
        if let worked { return worked }
        guard let command else {
            throw CommandError(
                .failed,
                "Another process holds one of the stores: it does the work, and nobody else can."
            )
        }
        return try await ask(command, steering, control, context)
    }

    @inline(never)
    private func ask(
        _ command: OperatorCommand,
        _ steering: Operator,
        _ control: ControlStore,
        _ context: CommandContext
    ) async throws -> MigrationOverview {
        #if HTTP
        guard listening.listen == nil else {
            throw CommandError(
                .failed,
                "Another process does the work: --listen is for the one that has both stores open."
            )
        }
        #endif
        try await context.finish(steering, try await steering.request(command))
        return try await context.status(control)
    }

    private func untilPlanned(_ control: ControlStore, _ context: CommandContext) async throws(StoreError) {
        while try await !control.isPlanned() {
            do { try await context.environment.sleep(.milliseconds(100)) } catch { throw .cancelled }
        }
    }

    /// Hosts the migration until the point that was asked for.
    @inline(never)
    private func work(
        _ stores: MigrationStores,
        _ command: OperatorCommand?,
        _ steering: Operator,
        _ context: CommandContext
    ) async throws -> MigrationOverview {
        let request = if let command { try await steering.request(command) } else { Operator.Request?.none }
        let host = MigrationHost(
            stores,
            name: ProcessName.text,
            copiers: copiers,
            environment: context.environment,
            milliseconds: WallClock.milliseconds
        )
        #if HTTP
        let server = try await listening.start(stores, context)
        if server != nil {
            do {
                try await untilPlanned(stores.control, context)
            } catch {
                await server?.stop()
                throw error
            }
        }
        #endif
        let hosting = Task { await host.run() }
        let status: MigrationOverview
        do {
            if let request { try await context.finish(steering, request) }
            let follower = MigrationFollower(control: stores.control, context: context)
            let line = StatusLine(isQuiet: quiet)
            status = try await follower.follow(every: .milliseconds(250), until: until, line.show)
            line.end()
        } catch {
            #if HTTP
            await server?.stop()
            #endif
            hosting.cancel()
            await hosting.value
            throw error
        }
        #if HTTP
        await server?.stop()
        #endif
        hosting.cancel()
        await hosting.value
        return status
    }
}
