package import KeyValue

/// Copies the ranges of a live source into the target, beside clients that go on writing, and proves in the end that
/// everything is there. Any number of them may work at the same time; leases keep them from doing the same work twice,
/// and nothing else rests on leases.
package struct LiveCopier: Sendable {
    /// What came of a step.
    package enum Step: Hashable, Sendable {
        /// A chunk was copied, or compared; there may be more.
        case copied
        /// Nothing may be copied now: the mode is another, or copying rests.
        case resting
        /// Somebody else is at the ranges that are left.
        case taken
        /// Everything has been copied, and it has been proven that it was.
        case finished
    }

    /// For how long pages are copied before it is kept how far they went.
    private static let chunkTime = Duration.milliseconds(500)
    private static let writesInFlightMax = 4

    private let stores: MigrationStores
    private var leases: RangeLeases
    private let environment: StoreEnvironment
    private let milliseconds: @Sendable () -> UInt64
    private let rules: MigrationRules
    private let proves: Bool
    private var prover: Prover
    private var layout: [KeyRange]?
    /// Whether everything was found to be copied, which stays so.
    private var isCopied = false
    private var pacer = Pacer()

    /// A copier of a migration, which holds a range for as long as `lease` without a word. Only tests take rules away,
    /// and let it prove nothing.
    package init(
        _ stores: MigrationStores,
        lease: Duration = .seconds(10),
        environment: StoreEnvironment = .live,
        milliseconds: @escaping @Sendable () -> UInt64 = WallClock.milliseconds,
        proves: Bool = true,
        _ rules: MigrationRules = .all
    ) throws(StoreError) {
        self.stores = stores
        self.environment = environment
        self.milliseconds = milliseconds
        self.rules = rules
        self.proves = proves
        prover = try Prover(stores, lease: lease, environment: environment, milliseconds: milliseconds)
        let keeper = try LeaseKeeper(store: stores.control.store, duration: lease, environment: environment)
        leases = RangeLeases(keeper, name: "migration/\(stores.control.name)/range")
    }

    /// Copies one chunk of some range.
    package mutating func step() async throws(StoreError) -> Step {
        if isCopied { return try await prove() }
        let record = try await stores.control.read()
        guard let layout = try await readLayout(record) else { return .resting }
        var known: [UInt64: (range: RangeRecord, revision: Revision)] = [:]
        for (number, range, revision) in try await stores.control.ranges() { known[number] = (range, revision) }
        let open = layout.indices.map { UInt64($0) }.filter { known[$0]?.range.isCopied != true }
        isCopied = open.isEmpty
        if isCopied { return try await prove() }
        guard record.state.mayCopy(rules), record.throttle.resting(at: milliseconds()) == nil else { return .resting }
        guard let (number, lease) = try await leases.acquire(open) else { return .taken }
        let keys = layout[Int(number)]
        let range = known[number]?.range ?? RangeRecord(space: keys.space)
        guard range.token <= lease.token else { return .taken }
        var next = range
        next.token = lease.token
        let rest = try await copy(keys, &next, record)
        // If somebody else has taken over, that one's word counts, and the chunk is copied once more.
        let precondition = known[number].map { Precondition.revision($0.revision) } ?? .absent
        _ = try await stores.control.keep(next, number: number, if: precondition)
        if next.isCopied { try await leases.release() }
        if rest > .zero { do { try await environment.sleep(rest) } catch { throw .cancelled } }
        return .copied
    }

    private mutating func prove() async throws(StoreError) -> Step {
        try await proves ? prover.step() : prover.pretend()
    }

    /// The ranges, once they may be laid down: earlier there may be little of what there is to copy then.
    private mutating func readLayout(_ record: ControlRecord) async throws(StoreError) -> [KeyRange]? {
        if let layout { return layout }
        if record.state.mayCopy(rules) {
            layout = try await stores.control.layout(of: stores.source).ranges
        } else {
            layout = try await stores.control.readLayout()?.ranges
        }
        return layout
    }

    /// Copies pages for a while, and takes down how far the range has come; how long to rest.
    private mutating func copy(
        _ keys: KeyRange,
        _ range: inout RangeRecord,
        _ record: ControlRecord
    ) async throws(StoreError) -> Duration {
        let began = environment.now()
        let chunk = try await copiedPages(keys, from: range.cursor, record, until: began + LiveCopier.chunkTime)
        range.cursor = chunk.cursor
        range.isCopied = chunk.cursor == nil
        range.rows += UInt64(chunk.rows)
        range.bytes += UInt64(chunk.bytes)
        let elapsed = environment.now() - began
        let rest = pacer.rest(after: chunk.rows, bytes: chunk.bytes, in: elapsed, record.throttle)
        range.limit = pacer.reason
        return rest
    }

    private struct Chunk {
        var rows = 0
        var bytes = 0
        var cursor: Cursor?
    }

    /// How much is read at once: no more than what may be written in a second, so that rests are short and a change of
    /// the throttle is soon heard of.
    private static func page(_ throttle: Throttle) -> ScanOptions {
        ScanOptions(
            limit: Int(clamping: max(1, min(throttle.rowsPerSecondMax ?? 4_096, 4_096))),
            bytesMax: Int(clamping: max(1, min(throttle.bytesPerSecondMax ?? 1 << 20, 1 << 20)))
        )
    }

    /// Reads page after page, and has them written side by side meanwhile.
    private func copiedPages(
        _ keys: KeyRange,
        from cursor: Cursor?,
        _ record: ControlRecord,
        until deadline: Duration
    ) async throws(StoreError) -> Chunk {
        let options = CopyOptions(
            onExisting: rules.contains(.copyIntoVacancy) ? .keep : .replace,
            includesTombstones: false,
            epoch: record.epoch
        )
        let writer = ChunkWriter(target: stores.target, options: options, environment: environment)
        let page = LiveCopier.page(record.throttle)
        let isThrottled = record.throttle.rowsPerSecondMax != nil || record.throttle.bytesPerSecondMax != nil
        let result = await withTaskGroup(of: Result<CopyReport, StoreError>.self) { group in
            var chunk = Chunk(cursor: cursor)
            var underWay = 0
            do throws(StoreError) {
                repeat {
                    let rows = try await stores.source.scan(keys, page, after: chunk.cursor)
                    chunk.cursor = rows.cursor
                    chunk.rows += rows.count
                    for part in try parts(of: rows, &chunk) {
                        if underWay >= LiveCopier.writesInFlightMax {
                            try LiveCopier.take(await group.next())
                            underWay -= 1
                        }
                        underWay += 1
                        group.addTask { await LiveCopier.written(part, writer) }
                    }
                } while chunk.cursor != nil && !isThrottled && environment.now() < deadline
                while let result = await group.next() { try LiveCopier.take(result) }
                return Result<Chunk, StoreError>.success(chunk)
            } catch {
                group.cancelAll()
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// What of a page goes to the target, in parts as it takes them.
    private func parts(of page: ScanPage, _ chunk: inout Chunk) throws(StoreError) -> [[Row]] {
        var rows = [Row](page, in: page.space)
        for row in rows { chunk.bytes += row.byteCount }
        rows.removeAll { LiveCopy.write(of: Slot($0), rules) == nil }
        // An ordered store takes them much faster that way.
        if stores.source.capabilities.order < .store, stores.target.capabilities.order > .none {
            rows.sort { $0.key < $1.key }
        }
        var builder = ChunkBuilder(for: stores.target.capabilities.limits, rowsMax: 1_024)
        var parts: [[Row]] = []
        for row in rows {
            if let refusal = builder.refusal(of: row) { throw refusal }
            if let part = builder.append(row) { parts.append(part) }
        }
        if let part = builder.finish() { parts.append(part) }
        return parts
    }

    private static func written(_ part: [Row], _ writer: ChunkWriter) async -> Result<CopyReport, StoreError> {
        do throws(StoreError) {
            return .success(try await writer.write(part))
        } catch {
            return .failure(error)
        }
    }

    /// Throws what a part failed with, or what kept one of its rows from being written.
    private static func take(_ result: Result<CopyReport, StoreError>?) throws(StoreError) {
        guard let report = try result?.get(), let failure = report.failures.first else { return }
        throw .invalidArgument(
            "The target does not take a record: change it, or give the migration up.",
            ["key": "\(failure.key)"]
        )
    }

    /// Whether every range has been copied.
    static func isFinished(_ control: ControlStore) async throws(StoreError) -> Bool {
        guard let layout = try await control.readLayout() else { return false }
        let copied = try await control.ranges().filter(\.range.isCopied).map(\.number)
        return Set(copied).isSuperset(of: layout.ranges.indices.map { UInt64($0) })
    }
}

extension Slot where Value == [UInt8], Token == Int {
    /// A row that was read, of which nothing but the value is asked.
    fileprivate init(_ row: Row) { self = row.isTombstone ? .buried(0) : .live(row.value, 0) }
}
