import KeyValue
import Tuples

/// Scrubs all rows of the declared types, in an order that is the same each time, with a row that says how far it is.
struct FullScrub: Sendable {
    /// Some partitions of a space.
    private enum Stage {
        case named([UInt8], KeySpace)
        case listed(prefix: [UInt8], KeySpace)
    }

    let writer: RecordWriter
    let schema: SchemaKeeper
    let shapes: [String: RecordShape]
    let pace: IndexWorkPace
    let watch: IndexWorkWatch

    private var store: any KeyValueStore { writer.store }

    func run(fromStart: Bool) async throws -> ScrubReport {
        guard store.capabilities.order >= .partition else {
            throw RecordError(.unsupported, "Records are scrubbed in a store that keeps keys in order.")
        }
        let description = try await schema.view().description
        let stages = try stages(description)
        let key = try writer.layout.key(.scrubbing, "all", [], in: try writer.layout.schemaKey().partition)
        var row = ScrubRow(epoch: description.epoch)
        if !fromStart, let known = try await store.get(key) {
            let known = try ScrubRow(known.value)
            // Another schema has another order.
            if known.epoch == row.epoch, known.stage <= UInt64(stages.count) { row = known }
        }
        for number in stages.indices where number >= row.stage {
            if number > row.stage { row.begin(UInt64(number)) }
            switch stages[number] {
            case .named(let partition, let space): try await scrub(partition, space, &row, key)
            case .listed(let prefix, let space): try await scrub(partitionsFrom: prefix, space, &row, key)
            }
        }
        try await store.delete(key)
        return row.report
    }

    private func stages(_ description: SchemaDescription) throws(RecordError) -> [Stage] {
        var stages: [Stage] = []
        var seen: Set<RecordPartitions.Place> = []
        for shape in shapes.values.sorted(by: { $0.name < $1.name }) {
            guard let type = description[type: shape.name] else { continue }
            let partitions = RecordPartitions(type, store, writer.layout)
            let indexes = try writer.layout.partitions(ofIndexesOf: shape)
            for space in [KeySpace.records, .reservedData] {
                stages += indexes.map { .named($0, space) }
            }
            guard seen.insert(partitions.place).inserted else { continue }
            for space in [KeySpace.records, .reservedData] {
                if let named = try partitions.named() {
                    stages += named.map { .named($0, space) }
                } else {
                    stages.append(.listed(prefix: try partitions.prefix(), space))
                }
            }
        }
        return stages
    }

    private func scrub(
        partitionsFrom prefix: [UInt8],
        _ space: KeySpace,
        _ row: inout ScrubRow,
        _ key: Key
    ) async throws {
        repeat {
            let page = try await store.partitions(in: space, limit: RecordPartitions.pageSize, after: row.listing)
            var partitions = page.partitions.filter { $0.starts(with: prefix) }[...]
            if let first = partitions.firstIndex(of: row.partition) { partitions = partitions[first...] }
            for partition in partitions {
                if partition != row.partition { row.begin(partition: partition) }
                try await scrub(partition, space, &row, key)
            }
            row.listing = page.cursor
            row.begin(partition: [])
        } while row.listing != nil
    }

    private func scrub(_ partition: [UInt8], _ space: KeySpace, _ row: inout ScrubRow, _ key: Key) async throws {
        let range = KeyRange.partition(partition, in: space)
        let options = ScanOptions(limit: pace.pageSize, includesTombstones: true)
        while !row.isDone {
            try Task.checkCancellation()
            let page = try await store.scan(range, options, after: row.cursor)
            let scrubber = Scrubber(repairer: Repairer(writer: writer), shapes: try await schema.view().shapes)
            for entry in page { try await scrubber.check(entry.entry, &row.report) }
            row.cursor = page.cursor
            row.isDone = page.cursor == nil
            if row.isDone, space == .records { row.report.partitions += 1 }
            try await store.put(row.encoded, at: key)
            watch.note(.verifying, page.count)
            if pace.rest > .zero { try await writer.environment.sleep(pace.rest) }
        }
    }
}

/// How far all rows are scrubbed, and what was found.
///
/// Format 1, integers big-endian, texts and cursors with their length in 4 bytes before them: a byte 1; the schema's epoch
/// in 8; the stage in 8; the cursor of the listing of partitions, the partition, the cursor in it, each empty for none; a
/// byte that says whether the partition is done; how
/// many partitions and rows were looked at, mended, unknown and damaged, in 8 each; of each damaged row that is named the
/// key, the code and the message.
struct ScrubRow: Hashable, Sendable {
    private static let format: UInt8 = 1

    var epoch: UInt64
    var stage: UInt64 = 0
    var listing: Cursor?
    var partition: [UInt8] = []
    var cursor: Cursor?
    /// Whether the partition is done.
    var isDone = false
    var report = ScrubReport()

    init(epoch: UInt64) { self.epoch = epoch }

    mutating func begin(_ stage: UInt64) {
        self.stage = stage
        listing = nil
        begin(partition: [])
    }

    mutating func begin(partition: [UInt8]) {
        self.partition = partition
        cursor = nil
        isDone = false
    }

    var encoded: [UInt8] {
        var writer = KeyWriter()
        writer.append(byte: ScrubRow.format)
        writer.append(integer: epoch)
        writer.append(integer: stage)
        writer.append(string: listing?.bytes ?? [])
        writer.append(string: partition)
        writer.append(string: cursor?.bytes ?? [])
        writer.append(byte: isDone ? 1 : 0)
        for count in [report.partitions, report.examined, report.mended, report.unknown, report.damagedCount] {
            writer.append(integer: UInt64(count))
        }
        for row in report.damaged {
            writer.append(key: row.key)
            writer.append(string: Array(row.code.rawValue.utf8))
            writer.append(string: Array(row.message.utf8))
        }
        return writer.bytes
    }

    init(_ bytes: [UInt8]) throws(RecordError) {
        var reader = KeyReader(bytes)
        guard reader.byte() == ScrubRow.format, let epoch = reader.integer(), let stage = reader.integer(),
            let listing = reader.string(), let partition = reader.string(), let cursor = reader.string(),
            let isDone = reader.byte(), isDone <= 1, let partitions = reader.count(), let examined = reader.count(),
            let mended = reader.count(),
            let unknown = reader.count(), let damaged = reader.count()
        else { throw ScrubRow.damaged }
        self.epoch = epoch
        self.stage = stage
        self.listing = listing.isEmpty ? nil : Cursor(bytes: listing)
        self.partition = partition
        self.cursor = cursor.isEmpty ? nil : Cursor(bytes: cursor)
        self.isDone = isDone == 1
        report.partitions = partitions
        report.examined = examined
        report.mended = mended
        report.unknown = unknown
        report.damagedCount = damaged
        while !reader.isAtEnd {
            guard let key = reader.key(), let code = reader.text().flatMap(RecordError.Code.init),
                let message = reader.text(), report.damaged.count < ScrubReport.damagedMax
            else { throw ScrubRow.damaged }
            report.damaged.append(ScrubReport.DamagedRow(key: key, code: code, message: message))
        }
    }

    private static var damaged: RecordError {
        .damaged("How far records are scrubbed can't be read: scrub them from the start.")
    }
}

extension KeyReader {
    fileprivate mutating func count() -> Int? { integer().flatMap { Int(exactly: $0) } }

    fileprivate mutating func text() -> String? { string().flatMap { String(validating: $0, as: UTF8.self) } }
}
