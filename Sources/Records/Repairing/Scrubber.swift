import KeyValue
import Tuples

/// Holds every entry and claim of a partition against its record, and every record against its entries: finds what no
/// intent names, such as a write that arrived after its writer had been given up.
struct Scrubber: Sendable {
    let repairer: Repairer
    let shapes: [String: RecordShape]

    private var writer: RecordWriter { repairer.writer }

    /// Scrubs one partition, of records or of a global index. A row that can't be read is noted, and left as it is.
    func scrub(_ partition: [UInt8]) async throws -> ScrubReport {
        var report = ScrubReport()
        report.partitions = 1
        for space in [KeySpace.records, .reservedData] {
            let range = KeyRange.partition(partition, in: space)
            try await RowPages(writer.store, range, includesTombstones: true).visit { page in
                for entry in page { try await check(entry, &report) }
            }
        }
        return report
    }

    /// Scrubs some rows of a partition.
    func check(_ entry: Entry, _ report: inout ScrubReport) async throws {
        report.examined += 1
        guard let (kind, name, elements) = RecordLayout.decode(entry.key),
            let shape = shapes[RecordLayout.type(of: name)]
        else {
            report.unknown += 1
            return
        }
        do {
            if try await check(entry, kind, name, elements, shape) { report.mended += 1 }
        } catch let error as RecordError where error.isOfDamage {
            // What names a damaged record is left with it: whether it is amiss can't be seen.
            let isOwn = kind != .entry && kind != .claim
            if isOwn || error.metadata["row"] != nil { report.note(error, at: entry.key) }
        }
    }

    /// Whether a row had to be mended.
    private func check(
        _ entry: Entry,
        _ kind: RecordLayout.Kind,
        _ name: String,
        _ elements: ArraySlice<TupleElement>,
        _ shape: RecordShape
    ) async throws -> Bool {
        if entry.isTombstone { return try await collect(entry) }
        switch kind {
        case .entry:
            guard let record = try RecordLayout.record(of: entry.key, elements, shape) else {
                throw RecordError.damaged("An index entry names no record.", ["row": name])
            }
            return try await mend([entry.key], of: record, shape) { !$0.projection.entries.contains(entry.key) }
        case .claim:
            // Why it names none is of no interest.
            guard let record = try? ClaimRow(entry.value).holder else {
                throw RecordError.damaged("A claim on a unique value does not name a record.", ["row": name])
            }
            return try await mend([entry.key], of: record, shape) { $0.projection.claims[entry.key] == nil }
        case .record:
            let row = try RecordRow(entry, at: entry.key, now: writer.wallClock(), shape, writer.layout)
            try requireOwnKey(row, shape)
            let found = try await writer.rows(at: row.projection.entries)
            let missing = row.projection.entries.filter { found[$0]?.isTombstone ?? true }
            return try await mend(missing, of: entry.key, shape) { _ in !missing.isEmpty }
        case .progress: return try await forget(entry, name, shape)
        case .total, .published:
            guard Counter.decode(entry.value) == nil else { return false }
            throw RecordError.damaged("A total is no number.", ["type": shape.name])
        case .intent:
            _ = try IntentRow(entry.value)
            return false
        case .doubt, .stamp, .notice, .moment, .counting, .counted, .scrubbing: return false
        }
    }

    /// A record that lies where another belongs would be found by neither's key.
    private func requireOwnKey(_ row: RecordRow, _ shape: RecordShape) throws(RecordError) {
        guard let envelope = row.envelope else { return }
        let address = try shape.address(of: try shape.extract(envelope.body))
        guard try writer.layout.key(of: address, shape) != row.key else { return }
        throw RecordError.damaged("A record lies at the key of another.", ["type": shape.name])
    }

    /// Removes a tombstone where that can be told from removing what has come in its place. Whoever was about to write
    /// over it begins anew.
    private func collect(_ tombstone: Entry) async throws -> Bool {
        guard writer.store.capabilities.conditionalDelete else { return false }
        let removal = WriteBatch.Operation(.delete, at: tombstone.key, if: .revision(tombstone.revision))
        if case .failure(let error) = await writer.write([removal]), !RecordWriter.beginsAnew(error) { throw error }
        return false
    }

    /// Removes the progress of a build that is over. Who builds begins anew where there is none, so that it is never amiss.
    private func forget(_ progress: Entry, _ name: String, _ shape: RecordShape) async throws -> Bool {
        guard let type = try await writer.schema?.view().description[type: shape.name] else { return false }
        let index = String(name.dropFirst(shape.name.count + 1))
        guard type[index: index]?.state != .writeOnly else { return false }
        return try await writer.store.delete(progress.key) ?? true
    }

    private func mend(
        _ rows: Set<Key>,
        of record: Key,
        _ shape: RecordShape,
        if isAmiss: (RecordRow) -> Bool
    ) async throws -> Bool {
        guard isAmiss(try await writer.read(record, shape)) else { return false }
        return try await repairer.settle(IntentRow(record: record, rows: rows), shape)
    }
}

extension RecordLayout {
    /// The type that a name in a key belongs to.
    static func type(of name: String) -> String { String(name.prefix { $0 != "/" }) }

    /// The key of the record that an entry names.
    static func record(
        of entry: Key,
        _ elements: ArraySlice<TupleElement>,
        _ shape: RecordShape
    ) throws(RecordError) -> Key? {
        guard case .tuple(let primaryKey)? = elements.last else { return nil }
        var partition = entry.partition
        if case .bytes(let named)? = elements.dropLast().last, RecordLayout.isGlobal(entry, shape) {
            partition = named
        }
        let bytes = try encode(Tuple([.integer(Kind.record.rawValue), .string(shape.name)] + primaryKey.elements))
        return Key(partition: partition, bytes: bytes, space: .records)
    }

    private static func isGlobal(_ entry: Key, _ shape: RecordShape) -> Bool {
        guard let name = decode(entry)?.name else { return false }
        return shape.indexes.contains { RecordLayout.name(of: $0, shape) == name && $0.scope != .local }
    }
}
