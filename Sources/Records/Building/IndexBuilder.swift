import KeyValue
import Tuples

/// Builds an index over the records that are there, while writers go on.
///
/// 1. The index becomes write-only, in a new generation, and everybody is waited for: from then on, every change of a
///    record keeps it.
/// 2. Every record is entered, partition by partition, page by page: in the way of a change that leaves the record as it
///    is, so that all that the protocol of changes promises holds here too. A row in each partition says how far it is.
/// 3. Every record is held against its entries, until there is nothing to mend; how far that is, is kept in the same row.
/// 4. The index becomes readable, if it is still in that generation.
///
/// A count or a sum is built by ``TotalBuilder``.
struct IndexBuilder: Sendable {
    let writer: RecordWriter
    let schema: SchemaKeeper
    let shape: RecordShape
    let index: Index
    let pace: IndexWorkPace
    var watch = IndexWorkWatch()

    var store: any KeyValueStore { writer.store }
    var layout: RecordLayout { writer.layout }
    var name: String { RecordLayout.name(of: index, shape) }

    func build() async throws -> IndexBuildReport {
        guard store.capabilities.order >= .partition else {
            throw RecordError(.unsupported, "Indexes need a store that keeps keys in order.", ["index": index.name])
        }
        var report = IndexBuildReport()
        guard !index.isAggregate else {
            try await TotalBuilder(builder: self).build(&report)
            return report
        }
        let (begun, type) = try await begin()
        guard begun.state == .writeOnly else {
            report.state = begun.state
            return report
        }
        let partitions = RecordPartitions(type, store, layout)
        try await partitions.visit { try await fill($0, begun.generation, &report) }
        try await partitions.visit { try await verify($0, begun.generation, &report) }
        guard report.duplicateCount == 0 else { return report }
        try await partitions.visit { partition in
            try await store.delete(try layout.key(.progress, name, [], in: partition))
        }
        try await finish(begun.generation)
        try await store.delete(try progressKey())
        report.state = .readable
        return report
    }

    // MARK: - The states

    /// Step 1. Whoever begins after a crash finds the generation of before, and whether everybody was waited for.
    func begin() async throws -> (IndexDescription, RecordTypeDescription) {
        let generation = writer.environment.random()
        let isCounted = index.isAggregate
        let changed = try await schema.change { (description) throws(RecordError) in
            try description.update(index.name, of: shape.name) { (index) throws(RecordError) in
                guard index.state == .disabled else { return }
                index.state = .writeOnly
                index.generation = generation
                index.isBehind = nil
                if isCounted { index.counting = .waiting }
            }
        }
        guard let type = changed[type: shape.name], let begun = type[index: index.name] else {
            throw RecordError(.outdatedSchema, "The index is gone from the schema.", ["index": index.name])
        }
        guard begun.state == .writeOnly else { return (begun, type) }
        let key = try progressKey()
        let known = try await store.get(key).map { (entry) throws(RecordError) in try BuildRow(entry.value) }
        if known?.generation != begun.generation {
            try await schema.barrier()
            try await store.put(BuildRow(generation: begun.generation).encoded, at: key)
        }
        return (begun, type)
    }

    /// Step 4.
    func finish(_ generation: UInt64) async throws {
        _ = try await schema.change { (description) throws(RecordError) in
            try description.update(index.name, of: shape.name) { (index) throws(RecordError) in
                let isSame = index.generation == generation || !writer.rules.contains(.sameGeneration)
                guard isSame, index.state.isLive else { throw dropped }
                index.state = .readable
                index.counting = nil
            }
        }
    }

    var dropped: RecordError {
        RecordError(
            .indexNotReady,
            "The index was dropped while it was built: build it again.",
            ["type": shape.name, "index": index.name]
        )
    }

    /// The row that says of a build that is under way what was waited for.
    func progressKey() throws(RecordError) -> Key {
        try layout.key(.progress, name, [], in: try layout.schemaKey().partition)
    }

    func rest() async throws {
        try Task.checkCancellation()
        if pace.rest > .zero { try await writer.environment.sleep(pace.rest) }
    }

    // MARK: - The records

    /// How far a partition is in this life of the index.
    func progress(at key: Key, _ generation: UInt64) async throws -> BuildRow {
        if let entry = try await store.get(key) {
            let known = try BuildRow(entry.value)
            if known.generation == generation { return known }
        }
        return BuildRow(generation: generation)
    }

    /// Step 2 in one partition, from where it was left.
    private func fill(_ partition: [UInt8], _ generation: UInt64, _ report: inout IndexBuildReport) async throws {
        let key = try layout.key(.progress, name, [], in: partition)
        var row = try await progress(at: key, generation)
        let range = try layout.range(of: .record, [.string(shape.name)], in: partition)
        while row.phase == .entering {
            let page = try await store.scan(
                range,
                ScanOptions(limit: pace.pageSize, keysOnly: true),
                after: row.cursor
            )
            try await enter(page.map(\.key), &report)
            row.cursor = page.cursor
            if page.cursor == nil { row.phase = .entered }
            // Without a condition: of two builders at once, each has entered all that its row says.
            try await store.put(row.encoded, at: key)
            try await rest()
        }
    }

    /// Enters records, some of them side by side. Duplicates are left out, and noted when all is held against all.
    private func enter(_ records: [Key], _ report: inout IndexBuildReport) async throws {
        var entered = 0
        try await withThrowingTaskGroup(of: Bool.self) { group in
            var rest = records[...]
            for record in rest.prefix(pace.width) { group.addTask { try await enter(record) } }
            rest = rest.dropFirst(pace.width)
            while let isEntered = try await group.next() {
                if isEntered { entered += 1 }
                guard let record = rest.popFirst() else { continue }
                group.addTask { try await enter(record) }
            }
        }
        report.entered += entered
        watch.note(.entering, records.count)
    }

    /// False where another record holds the values.
    func enter(_ record: Key) async throws -> Bool {
        if !writer.rules.contains(.buildAnew) {
            let row = try await writer.read(record, try await schema.view().writing(shape))
            if try await missing([row]).isEmpty { return true }
        }
        do {
            _ = try await writer.apply(Change(entering: record, in: index.name), shape)
            return true
        } catch let error as RecordError {
            guard error.code == .notUnique else { throw error }
            return false
        }
    }
}
