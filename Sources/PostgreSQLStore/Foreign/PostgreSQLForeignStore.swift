#if PostgreSQL
public import KeyValue

/// The tables of a PostgreSQL that other programs write, with what tells which of their rows change: triggers.
///
/// Records are those of a ``PostgreSQLRawStore``, read as they are at the moment, of the tables that were there when it was
/// opened. Capture marks the primary key of each row that an INSERT, UPDATE, DELETE, MERGE or COPY touches, of each that
/// a TRUNCATE removes, and of those that a foreign key's CASCADE changes, in the same transaction; a transaction that
/// is undone leaves no mark. It does so for replicated changes too. What ALTER TABLE does to rows, and attaching and
/// detaching of partitions, fires no trigger and is not captured: do neither while records move.
///
/// A mark costs a writer about as much as inserting a row of the primary key. Transactions that are REPEATABLE READ or
/// SERIALIZABLE can't TRUNCATE a captured table. ``refuseForeignWriters(waitMax:)`` waits until no transaction is open
/// that has written the tables, a third of a second at a time, for which new ones wait behind it; from then on every
/// change fails with SQLSTATE 25006. A session that has said `SET wherehouse.worker = 'yes'` is neither captured nor
/// refused.
///
/// The user has to own the tables and be allowed to create schemas in the database. Everything lies in the schema
/// `wherehouse_capture`, but for triggers whose names begin with `wherehouse_`. A superuser, or an owner who disables
/// triggers, can write past it: ``captureReport()`` shows that something is missing, and installing again counts a gap.
public final class PostgreSQLForeignStore: ForeignCapture, SamplingStore {
    private let connection: PostgreSQLConnection
    private let environment: StoreEnvironment
    private let view: RawView

    public let system = "postgresql"
    public let guarantee = ForeignGuarantee.marked
    public let capabilities: Capabilities

    private init(
        _ connection: PostgreSQLConnection,
        _ environment: StoreEnvironment,
        _ view: RawView
    ) {
        self.connection = connection
        self.environment = environment
        self.view = view
        capabilities = view.capabilities
    }

    /// Opens a view over a connection, which it takes over: closing the view closes it.
    static func open(
        _ connection: PostgreSQLConnection,
        _ options: PostgreSQLRawOptions,
        environment: StoreEnvironment
    ) async throws(StoreError) -> PostgreSQLForeignStore {
        let capabilities = Capabilities.foreign(limits: PostgreSQLRawStore.limits)
        do throws(StoreError) {
            let view = try await RawView.follow(connection, options, capabilities, environment)
            return PostgreSQLForeignStore(connection, environment, view)
        } catch {
            await connection.close()
            throw error
        }
    }

    // MARK: - Reading

    public func get(_ keys: [Key], _ options: ReadOptions) async throws(StoreError) -> [Entry?] {
        try Key.validate(keys, for: capabilities.limits)
        return try await view.get(keys)
    }

    public func scan(
        _ range: KeyRange,
        _ options: ScanOptions,
        after cursor: Cursor?
    ) async throws(StoreError) -> ScanPage {
        try await view.scan(range, options, after: cursor)
    }

    public func snapshot() async throws(StoreError) -> any StoreSnapshot {
        throw .unsupported("A view of the present has no snapshots: open it without capture=triggers.")
    }

    public func partitions(
        in space: KeySpace,
        limit: Int,
        after cursor: Cursor?
    ) async throws(StoreError) -> PartitionPage {
        try await view.partitions(in: space, limit: limit, after: cursor)
    }

    public func count(_ range: KeyRange, _ options: ReadOptions) async throws(StoreError) -> Measurement {
        Measurement(try await view.count(range), .exact)
    }

    /// Keys of the rows in some 512 of the table's blocks, which the server draws.
    public func sample(of partition: [UInt8]) async throws(StoreError) -> [[UInt8]] {
        try await view.sample(of: partition)
    }

    public func status() async throws(StoreError) -> StoreStatus {
        let report = try await captureReport()
        return StoreStatus(
            durability: capabilities.durability,
            format: Int(PostgreSQLRawRow.format),
            facts: [
                StoreStatus.Fact("layout", "raw, captured by triggers"),
                StoreStatus.Fact("tables", view.tables.map(\.name).joined(separator: ", ")),
            ] + report.facts,
            warnings: view.warnings
        )
    }

    public func close() async {
        await view.close()
        await connection.close()
    }

    // MARK: - Marks

    public func marks(in bin: Bin, limit: Int, after cursor: Cursor?) async throws(StoreError) -> MarkPage {
        try check(bin)
        let limit = try capabilities.limits.listingLimit(limit)
        let position = try cursor?.markPosition()
        var marks: [Mark] = []
        for table in view.tables.sorted(by: { $0.number < $1.number }) {
            let number = UInt64(bitPattern: table.number)
            if let position, number < position.high { continue }
            let after = position.map { $0.high == number ? Int64(bitPattern: $0.low) : 0 } ?? 0
            let query = CaptureStatements.list(table, after: after, limit: limit - marks.count)
            guard let result = try await view.read([query]).first else { continue }
            for row in 0..<result.count {
                guard let low = result.integer(row, table.key.count) else { continue }
                let key = Key(partition: table.partition, bytes: try table.key(result, row))
                marks.append(Mark(id: MarkID(high: number, low: UInt64(bitPattern: low)), keys: [key]))
            }
            if marks.count == limit { return MarkPage(marks: marks, cursor: marks.last.map { Cursor(after: $0.id) }) }
        }
        return MarkPage(marks: marks, cursor: nil)
    }

    public func clearMarks(_ ids: [MarkID], in bin: Bin) async throws(StoreError) {
        try check(bin)
        var numbers: [UInt64: [Int64]] = [:]
        for id in ids { numbers[id.high, default: []].append(Int64(bitPattern: id.low)) }
        let queries = view.tables.compactMap { table in
            numbers[UInt64(bitPattern: table.number)].map { CaptureStatements.clear($0, of: table) }
        }
        if !queries.isEmpty { _ = try await connection.write(queries) }
    }

    // MARK: - Capture

    /// A table with the tables that it is made of, itself first, and their triggers.
    private struct Captured {
        var table: RawTable
        var parts: [(name: String, triggers: Set<Substring>)]

        var names: [String] { parts.map(\.name) }

        func isComplete(_ triggers: [String]) -> Bool {
            parts.allSatisfy { $0.triggers.isSuperset(of: triggers.map { $0[...] }) }
        }

        /// Whether some of it is.
        var isFenced: Bool {
            parts.contains { !$0.triggers.isDisjoint(with: PostgreSQLForeignStore.fenceTriggers.map { $0[...] }) }
        }
    }

    private static let captureTriggers = [CaptureStatements.rowTrigger, CaptureStatements.truncateTrigger]
    private static let fenceTriggers = [CaptureStatements.rowFence, CaptureStatements.truncateFence]

    private func captured() async throws(StoreError) -> [Captured] {
        let results = try await view.read(view.tables.map(CaptureStatements.parts))
        return zip(view.tables, results).map { table, result in
            let parts = (0..<result.count).map { row in
                (result.text(row, 0) ?? "", Set((result.text(row, 1) ?? "").split(separator: " ")))
            }
            return Captured(table: table, parts: parts)
        }
    }

    public func captureReport() async throws(StoreError) -> ForeignCaptureReport {
        guard try await view.read([CaptureStatements.exists]).first?.integer(0, 0) == 1,
            let facts = try await view.read([CaptureStatements.facts]).first,
            let high = facts.integer(0, 0), let low = facts.integer(0, 1), let gaps = facts.integer(0, 2)
        else { return ForeignCaptureReport(missing: view.tables.map(\.name)) }
        let captured = try await captured()
        var report = ForeignCaptureReport(
            identity: MarkID(high: UInt64(bitPattern: high), low: UInt64(bitPattern: low)),
            objects: ["schema \(CaptureStatements.schema)"],
            gaps: UInt64(clamping: gaps),
            isRefusing: captured.allSatisfy { $0.isComplete(PostgreSQLForeignStore.fenceTriggers) }
        )
        for part in captured.flatMap(\.parts) {
            for trigger in part.triggers.sorted() { report.objects.append("trigger \(trigger) on \(part.name)") }
            if !part.triggers.isSuperset(of: PostgreSQLForeignStore.captureTriggers.map { $0[...] }) {
                report.missing.append(part.name)
            }
        }
        return report
    }

    public func installCapture() async throws(StoreError) {
        let before = try await captureReport()
        if before.isInstalled { return }
        var queries = CaptureStatements.foundation(environment.makeMarkID())
        for captured in try await captured() where !captured.isComplete(PostgreSQLForeignStore.captureTriggers) {
            if before.identity != nil {
                queries += CaptureStatements.uncapture(captured.table, parts: captured.names)
            }
            queries += CaptureStatements.capture(captured.table, parts: captured.names)
        }
        if before.identity != nil { queries.append(CaptureStatements.countGap) }
        try await change(queries, waitMax: PostgreSQLForeignStore.patience)
    }

    public func removeCapture() async throws(StoreError) {
        let queries = try await captured().flatMap { CaptureStatements.removal($0.table, parts: $0.names) }
        try await change(queries, waitMax: PostgreSQLForeignStore.patience)
        guard try await view.read([CaptureStatements.isUsed]).first?.integer(0, 0) != 1 else { return }
        _ = try await connection.write([CaptureStatements.dropSchema])
    }

    public func refuseForeignWriters(waitMax: Duration) async throws(StoreError) {
        let report = try await captureReport()
        if report.isRefusing { return }
        guard report.isInstalled else {
            throw .invalidArgument(
                "Not every change is captured: install capture again.",
                ["missing": report.missing.joined(separator: ", ")]
            )
        }
        var queries: [Query] = []
        for captured in try await captured() where !captured.isComplete(PostgreSQLForeignStore.fenceTriggers) {
            if captured.isFenced { queries += CaptureStatements.unfence(captured.table, parts: captured.names) }
            queries += CaptureStatements.fence(captured.table, parts: captured.names)
        }
        try await change(queries, waitMax: waitMax)
    }

    public func admitForeignWriters() async throws(StoreError) {
        let fenced = try await captured().filter(\.isFenced)
        let queries = fenced.flatMap { CaptureStatements.unfence($0.table, parts: $0.names) }
        try await change(queries, waitMax: PostgreSQLForeignStore.patience)
    }

    /// How long is waited for other transactions where nobody says.
    private static let patience = Duration.seconds(10)
    /// Less than the second after which a server looks for deadlocks, so that it is never a writer who is given up.
    private static let lockMilliseconds = 300

    /// Makes all of the changes or none. Writers wait behind it only for a moment at a time.
    private func change(_ queries: [Query], waitMax: Duration) async throws(StoreError) {
        if queries.isEmpty { return }
        let limit = Query(
            "SELECT pg_catalog.set_config('lock_timeout', '\(PostgreSQLForeignStore.lockMilliseconds)', true)"
        )
        let deadline = environment.now() + waitMax
        while true {
            do throws(StoreError) {
                _ = try await connection.write([limit] + queries)
                return
            } catch {
                guard error.code == .locked else { throw error }
                guard environment.now() < deadline else {
                    throw StoreError(
                        .locked,
                        "A transaction of another program has been open too long: end it, or wait longer.",
                        error.metadata
                    )
                }
            }
            do { try await environment.sleep(.milliseconds(100)) } catch { throw .cancelled }
        }
    }
}
#endif
