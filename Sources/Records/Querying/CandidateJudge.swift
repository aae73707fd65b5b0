import KeyValue
import Tuples

/// Holds candidates of one branch of a plan against their records. Each record is decoded at most once, and of its fields
/// only those are taken that somebody asks for.
struct CandidateJudge: Sendable {
    /// Where a candidate's record is, and what the candidate says of it.
    struct Place: Sendable {
        var candidate: Candidate
        var key: Key
        /// How many bytes of the position hold the columns that the ranges leave open.
        var columnsEnd: Int
    }

    private let filter: Filter
    private let shape: RecordShape
    private let now: Timestamp?
    private let rules: WriteRules
    private let source: QueryPlan.Union
    private let entryFilter: EntryFilter?
    private let recordPrefix: [UInt8]
    private let judging: RecordJudging

    init(
        _ branch: QueryPlan.Branch,
        _ source: QueryPlan.Union,
        _ shape: RecordShape,
        now: Timestamp?,
        _ rules: WriteRules,
        _ judging: RecordJudging
    ) throws(RecordError) {
        filter = branch.filter
        self.shape = shape
        self.now = now
        self.rules = rules
        self.source = source
        self.judging = judging
        entryFilter = branch.entryFilter(of: source)
        recordPrefix = try RecordLayout.recordPrefix(of: shape)
    }

    var isIndexed: Bool { !source.indexes.isEmpty }

    /// The fields that are asked for, beside those of the filter.
    static func names(_ plan: QueryPlan, _ shape: RecordShape) -> Set<String> {
        var names: Set<String> = []
        for branch in plan.branches {
            names.formUnion(branch.filter.fieldNames)
            for union in branch.unions { names.formUnion(union.open.map(\.fieldName)) }
        }
        if let expiry = shape.expiryField { names.insert(expiry) }
        return names
    }

    /// Where the record of a candidate is; nil if no record that the candidate is of can be as the filter asks.
    func place(of candidate: Candidate) throws(RecordError) -> Place? {
        let range = source.ranges[candidate.range]
        guard isIndexed else {
            let key = Key(partition: range.partition, bytes: range.prefix + candidate.position)
            return Place(candidate: candidate, key: key, columnsEnd: 0)
        }
        do throws(TupleError) {
            var decoder = try TupleDecoder(candidate.position)
            if let entryFilter {
                guard try entryFilter.holds(of: &decoder) else { return nil }
            } else {
                for _ in source.open { try decoder.skip() }
            }
            if let place = try place(of: candidate, behind: &decoder, range.partition) { return place }
        } catch {
            throw damaged(["cause": error.message])
        }
        throw damaged([:])
    }

    private func damaged(_ metadata: [String: String]) -> RecordError {
        .damaged(
            "An index entry names no record.",
            ["type": shape.name, "index": source.indexes.joined(separator: ",")].merging(metadata) { $1 }
        )
    }

    /// The place that an entry names behind its columns; nil if it names none.
    private func place(
        of entry: Candidate,
        behind columns: inout TupleDecoder,
        _ own: [UInt8]
    ) throws(TupleError) -> Place? {
        let bytes = entry.position
        let columnsEnd = columns.offset
        var partition = own
        if source.isGlobal {
            guard case .bytes(let named)? = try columns.next() else { return nil }
            partition = named
        }
        let start = columns.offset
        guard try columns.skip(), columns.offset == bytes.count, bytes[start] == CandidateJudge.tupleCode else {
            return nil
        }
        // Nothing of a primary key is null, so inside of a tuple it is encoded as it is by itself.
        var key = recordPrefix
        key.reserveCapacity(recordPrefix.count + bytes.count - start)
        key += bytes[(start + 1)..<(bytes.count - 1)]
        return Place(candidate: entry, key: Key(partition: partition, bytes: key), columnsEnd: columnsEnd)
    }

    /// What an encoded tuple inside of another begins with.
    private static let tupleCode: UInt8 = 0x05

    /// A record that is as it is asked for.
    struct Judged: Sendable {
        var version: RecordVersion
        var body: ArraySlice<UInt8>
        var content: RecordJudging.Content
    }

    /// The record of a row, if it is as the query asks and as the candidate says. An entry is a hint: it may be left over
    /// from another value. Columns that the source's ranges fix follow from the filter, so the others are compared: as
    /// `encoder`, which keeps its memory from one candidate to the next, has them.
    func record(
        _ row: [UInt8],
        at place: Place,
        _ encoder: inout TupleEncoder
    ) throws(RecordError) -> Judged? {
        let envelope = try Envelope(row, of: shape)
        let content = try judging.content(envelope.body)
        guard !isHidden(content.values),
            !rules.contains(.holdToRecord) || filter.holds(of: content.values),
            try isAsSaid(content.values, place, &encoder)
        else { return nil }
        return Judged(version: envelope.version, body: envelope.body, content: content)
    }

    private func isHidden(_ values: FieldValues) -> Bool {
        guard let now, rules.contains(.hideExpired) else { return false }
        return shape.isExpired(values, now: now)
    }

    private func isAsSaid(
        _ values: FieldValues,
        _ place: Place,
        _ encoder: inout TupleEncoder
    ) throws(RecordError) -> Bool {
        guard place.columnsEnd > 0, rules.contains(.compareColumns) else { return true }
        encoder.removeAll()
        for column in source.open {
            guard let value = values.first(of: column.fieldName) else { return false }
            let element = try column.element(value)
            do throws(TupleError) {
                try encoder.append(element)
            } catch {
                // What can't be encoded is in no entry.
                return false
            }
        }
        return encoder.bytes.withUnsafeBytes { said in
            place.candidate.position.withUnsafeBytes { position in
                ByteOrder.compare(UnsafeRawBufferPointer(rebasing: position[..<place.columnsEnd]), said) == 0
            }
        }
    }
}

/// Takes what queries ask for from records of one type, whatever its messages.
struct RecordJudging: Sendable {
    /// What is known of a record's content.
    struct Content: Sendable {
        var values: FieldValues
        /// The message, if it had to be decoded.
        var message: (any Sendable)?
    }

    let content: @Sendable (ArraySlice<UInt8>) throws(RecordError) -> Content
}

extension RecordType {
    /// What takes the values of some fields from records.
    func judging(_ names: Set<String>) -> RecordJudging {
        let reader = reader(of: names)
        if let values = reader.withoutMessages {
            return RecordJudging { body throws(RecordError) in
                RecordJudging.Content(values: try values(body), message: nil)
            }
        }
        return RecordJudging { body throws(RecordError) in
            let message = try decode(body)
            let values = try reader.values(of: body) { () throws(RecordError) in message }
            return RecordJudging.Content(values: values, message: message)
        }
    }

    /// The messages of records that were judged, with their versions.
    func stored(_ found: [QueryRunner.Found]) throws(RecordError) -> [RecordStore.Stored<Message>] {
        var stored: [RecordStore.Stored<Message>] = []
        stored.reserveCapacity(found.count)
        for record in found {
            // Asked for in two steps, since a cast of an optional is many times as expensive.
            if let known = record.content.message, let message = known as? Message {
                stored.append(RecordStore.Stored(message: message, version: record.version))
            } else {
                stored.append(RecordStore.Stored(message: try decode(record.body), version: record.version))
            }
        }
        return stored
    }
}
