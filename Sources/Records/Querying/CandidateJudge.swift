import KeyValue
import Tuples

/// Holds candidates of one source against their records. Each record is decoded at most once, and of its fields only
/// those are taken that the filter or the source asks for.
struct CandidateJudge<Message: Sendable>: Sendable {
    /// Where a candidate's record is, and what the candidate says of it.
    struct Place: Sendable {
        var key: Key
        /// The values of the source's columns that its ranges leave open.
        var columns: ArraySlice<TupleElement>
    }

    private let filter: Filter
    private let type: RecordType<Message>
    private let now: Timestamp
    private let reader: FieldReader<Message>
    /// The index, or nil where candidates are the records themselves.
    private let index: Index?
    private let openColumns: ArraySlice<KeyExpression>
    private let recordPrefix: [UInt8]

    init(
        _ source: QueryPlan.Union,
        _ filter: Filter,
        _ type: RecordType<Message>,
        now: Timestamp
    ) throws(RecordError) {
        self.filter = filter
        self.type = type
        self.now = now
        index = type.shape.indexes.first { $0.name == source.index }
        openColumns = index?.columns.dropFirst(source.fixed) ?? []
        recordPrefix = try RecordLayout.recordPrefix(of: type.shape)
        var names = filter.fieldNames
        names.formUnion(openColumns.map(\.fieldName))
        if let expiry = type.shape.expiryField { names.insert(expiry) }
        reader = type.reader(of: names)
    }

    var isIndexed: Bool { index != nil }

    func place(of candidate: Candidate) throws(RecordError) -> Place {
        guard let index else {
            let key = Key(partition: candidate.partition, bytes: candidate.prefix + candidate.position)
            return Place(key: key, columns: [])
        }
        var elements = try elements(of: candidate)[...]
        guard case .tuple(let primaryKey)? = elements.popLast() else { throw damaged }
        var partition = candidate.partition
        if index.scope != .local {
            guard case .bytes(let named)? = elements.popLast() else { throw damaged }
            partition = named
        }
        guard elements.count == openColumns.count else { throw damaged }
        let key = Key(partition: partition, bytes: recordPrefix + (try RecordLayout.encode(primaryKey)))
        return Place(key: key, columns: elements)
    }

    private func elements(of candidate: Candidate) throws(RecordError) -> [TupleElement] {
        do {
            return try Tuple(decoding: candidate.position).elements
        } catch {
            throw damaged
        }
    }

    private var damaged: RecordError {
        .damaged("An index entry names no record.", ["type": type.name, "index": index?.name ?? ""])
    }

    /// The record of a row, if it is as the query asks and as the candidate says. An entry is a hint: it may be left over
    /// from another value. Columns that the source's ranges fix follow from the filter, so the others are compared.
    func record(_ row: [UInt8], at place: Place) throws(RecordError) -> RecordStore.Stored<Message>? {
        let envelope = try Envelope(row, of: type.shape)
        let message = reader.needsMessage ? try type.decode(envelope.body) : nil
        let values = try reader.values(of: envelope.body) { () throws(RecordError) in
            if let message { message } else { try type.decode(envelope.body) }
        }
        guard !type.shape.isExpired(values, now: now),
            zip(openColumns, place.columns).allSatisfy({ $0.gives($1, for: values) }), filter.holds(of: values)
        else { return nil }
        let found = if let message { message } else { try type.decode(envelope.body) }
        return RecordStore.Stored(message: found, version: envelope.version)
    }
}

extension KeyExpression {
    /// Whether a record with these values has an entry with this one in the column.
    func gives(_ element: TupleElement, for values: FieldValues) -> Bool {
        let found = values[fieldName]
        switch self {
        case .field: return (found.first ?? .missing) == element
        case .each: return found.contains(element)
        case .caseFolded, .trigrams:
            return alternatives(found).contains(element)
        }
    }
}
