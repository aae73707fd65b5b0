#if HTTP
import CoreMetrics
import FoundationEssentials
import HTTPTypes
public import Hummingbird
public import KeyValue
public import Migration
import NIOCore
public import Telemetry

/// Steers one migration: what `wherehouse migrate` does by command, with the same JSON.
///
/// - `GET /v1/migration`: where it stands, as `migrate status --json` prints it.
/// - `GET /v1/migration/history`: the audit log, one object a line.
/// - `POST /v1/migration/start`, `pause`, `resume`, `throttle`, `verify`, `repair`, `cutover`, `rollback`, `finalize` and
///   `abort`: has it done, and answers with where the migration stands then. `throttle` takes an object with any of
///   `rowsPerSecondMax`, `bytesPerSecondMax`, `latencyPercentMax` and `hours`, the others no body.
/// - `POST /v1/migration/plan`: plans the migration, where this process has both stores open. It takes an object with any of
///   `sourceName`, `targetName`, `holdMaxMilliseconds` and `marksMax`.
/// - `POST /v1/migration/freeze` and `acknowledge`: what the operator says of the programs that write the source, as
///   `migrate foreign freeze` and `acknowledge` do.
///
/// A step that can't be made now is status 409 with the code `refused`, and changes nothing; `detail` says why. Status
/// 503 says that no worker leads, and that nothing was done; status 500 with the code `outcomeUnknown` that whoever led
/// is gone. But for planning it needs the control store alone: a worker has both stores open, in this process or another.
public struct MigrationService: HTTPService {
    private let control: ControlStore
    private let stores: MigrationStores?
    private let environment: StoreEnvironment
    private let milliseconds: @Sendable () -> UInt64
    private let takenWithin: Duration

    /// The service of a migration.
    ///
    /// - Parameters:
    ///   - control: what the migration is controlled from. It is not closed.
    ///   - stores: both stores, for planning; nil where they are not open in this process.
    ///   - environment: time and randomness.
    ///   - milliseconds: the time since 1970.
    ///   - takenWithin: for how long a request waits for a worker that leads. One that was killed is followed by another
    ///     within fifteen seconds, if there is one.
    public init(
        _ control: ControlStore,
        stores: MigrationStores? = nil,
        environment: StoreEnvironment = .live,
        milliseconds: @escaping @Sendable () -> UInt64,
        takenWithin: Duration = .seconds(15)
    ) {
        self.control = control
        self.stores = stores
        self.environment = environment
        self.milliseconds = milliseconds
        self.takenWithin = takenWithin
    }

    public var path: String { "/v1/migration" }

    /// A step waits for clients that hang, for a minute at each of its barriers.
    public var limits: RequestLimits { RequestLimits(bodyBytesMax: 4_096, timeMax: .seconds(600)) }

    public func addRoutes(to routes: RouterGroup<ServiceContext>) {
        routes.get { _, _ in try await status() }
        routes.get("history") { _, _ in
            let lines = try await control.auditLog().flatMap { try $0.jsonLine() }
            return Response(
                status: .ok,
                headers: [.contentType: "application/jsonl", .cacheControl: "no-store"],
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: lines))
            )
        }
        for command in [
            OperatorCommand.start, .pause, .resume, .verify, .repair, .cutover, .rollback, .finalize, .abort,
        ] {
            routes.post(RouterPath(command.name)) { _, context in
                try await perform(command, context)
                return try await status()
            }
        }
        routes.post("throttle") { request, context in
            try await perform(.throttle(ThrottleBody(of: request).throttle()), context)
            return try await status()
        }
        addWords(to: routes)
    }

    private func addWords(to routes: RouterGroup<ServiceContext>) {
        routes.post("plan") { request, context in
            try await plan(PlanBody(of: request), context)
            return try await status()
        }
        routes.post("freeze") { _, context in
            try await control.confirmFreeze(actor: actor(context), milliseconds: milliseconds())
            return try await status()
        }
        routes.post("acknowledge") { _, context in
            try await control.acknowledgeLateWrites(actor: actor(context), milliseconds: milliseconds())
            return try await status()
        }
    }

    private func actor(_ context: ServiceContext) -> String { "\(context.caller) over HTTP" }

    private func plan(_ body: PlanBody, _ context: ServiceContext) async throws {
        guard let stores else {
            throw Problem(
                .conflict,
                code: "refused",
                "Both stores have to be open in this process: ask one that was started with migrate work --listen."
            )
        }
        let names = stores.kinds
        let plan = try body.plan()
        do throws(StoreError) {
            try await MigrationController.create(
                stores,
                source: body.sourceName ?? names.source,
                target: body.targetName ?? names.target,
                plan,
                actor: actor(context),
                environment: environment,
                milliseconds: milliseconds
            )
        } catch {
            guard error.code == .invalidArgument else { throw error }
            throw Problem(.conflict, code: "refused", error.message, error.metadata)
        }
    }

    private func status() async throws -> Response {
        try Response(json: try await control.status(milliseconds: milliseconds()))
    }

    private func perform(_ command: OperatorCommand, _ context: ServiceContext) async throws {
        let steering = Operator(control, name: actor(context), environment: environment)
        let request = try await steering.request(command)
        guard case .failed(let reason) = try await steering.outcome(of: request, takenWithin: takenWithin) else {
            return
        }
        throw Problem(.conflict, code: "refused", reason, ["command": command.name])
    }

    public func hindrance() async -> String? {
        do throws(StoreError) {
            _ = try await control.isPlanned()
            return nil
        } catch {
            return "The migration's control store can't be read."
        }
    }

    public func measure(into metrics: MetricsRegistry) async {
        do throws(StoreError) {
            MigrationMetrics(metrics, migration: control.name)
                .note(try await control.status(milliseconds: milliseconds()), holds: try await control.holds())
        } catch {
            // What can't be read keeps its last values, and this tells that they are old.
            Counter(
                label: "migration_reads_failed_total",
                dimensions: [("migration", control.name), ("code", error.code.rawValue)],
                factory: metrics
            ).increment()
        }
    }
}
#endif
