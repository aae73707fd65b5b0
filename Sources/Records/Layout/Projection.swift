import KeyValue
import Tuples

/// Everything that a record keeps in indexes, as rows: what is compared before and after a change.
struct Projection: Hashable, Sendable {
    /// Entries of value and unique indexes.
    var entries: Set<Key> = []
    /// Claims on unique values, and the name of the index of each.
    var claims: [Key: String] = [:]
    /// What the record adds to counts and sums.
    var totals: [Key: Int64] = [:]
    /// Where those of them are published that are.
    var publications: [Key: Publication] = [:]

    /// That of no record.
    static let empty = Projection()

    /// How many entries one record may have in all its indexes.
    static let entriesMax = 512

    private init() {}

    /// That of a record with these values.
    init(
        of values: FieldValues,
        at address: RecordAddress,
        _ shape: RecordShape,
        _ layout: RecordLayout
    ) throws(RecordError) {
        let record = try RecordPlace(address, shape, layout)
        for (index, name) in zip(shape.indexes, shape.encodedNames) {
            for columns in try Projection.columns(of: index, values) {
                switch index.kind {
                case .value: break
                case .unique:
                    guard !columns.hasGap else { break }
                    let place = try Projection.place(of: index, name, spreadBy: columns.bytes, record.partition, layout)
                    claims[try layout.key(.claim, ofIndex: name, columns.bytes, in: place)] = index.name
                case .count:
                    try insertTotal(of: 1, index, name, columns.bytes, record, layout)
                    continue
                case .sum(let field):
                    guard case .integer(let amount)? = values.first(of: field) else { continue }
                    try insertTotal(of: amount, index, name, columns.bytes, record, layout)
                    continue
                }
                let place = try Projection.place(of: index, name, spreadBy: record.spread, record.partition, layout)
                let ending = index.scope == .local ? record.localEnding : record.globalEnding
                entries.insert(try layout.key(.entry, ofIndex: name, columns.bytes, ending, in: place))
            }
        }
        guard entries.count <= Projection.entriesMax else {
            throw RecordError(
                .tooLarge,
                "The record has too many index entries: shorten the text or the list that is indexed.",
                ["type": shape.name, "entries": "\(entries.count)", "maximum": "\(Projection.entriesMax)"]
            )
        }
    }

    /// The same without what it adds to an index.
    func leavingOut(totalsOf name: String) -> Projection {
        var projection = self
        projection.totals = totals.filter { RecordLayout.decode($0.key)?.name != name }
        return projection
    }

    private mutating func insertTotal(
        of amount: Int64,
        _ index: Index,
        _ name: [UInt8],
        _ columns: [UInt8],
        _ record: RecordPlace,
        _ layout: RecordLayout
    ) throws(RecordError) {
        let total = try layout.key(.total, ofIndex: name, columns, in: record.partition)
        totals[total] = amount
        publications[total] = try Publication(of: index, name, columns, in: record.partition, layout)
    }

    /// The partition that a row of an index lies in.
    static func place(
        of index: Index,
        _ encodedName: [UInt8],
        spreadBy bytes: [UInt8],
        _ partition: [UInt8],
        _ layout: RecordLayout
    ) throws(RecordError) -> [UInt8] {
        guard case .global(let shards) = index.scope else { return partition }
        return try layout.partition(ofIndex: encodedName, shard: RecordShape.shard(of: bytes, among: shards))
    }

    /// What an entry says of an index's columns, encoded.
    struct Columns {
        var bytes: [UInt8] = []
        /// Whether a column is null or missing.
        var hasGap = false
    }

    /// The columns of each entry: one, or one for each value of the column that fans out.
    static func columns(of index: Index, _ values: FieldValues) throws(RecordError) -> [Columns] {
        var rows = [Columns()]
        for column in index.columns {
            let found = try column.alternatives(values[column.fieldName])
            if found.count == 1, rows.count == 1 {
                try rows[0].append(found[0])
                continue
            }
            var longer: [Columns] = []
            longer.reserveCapacity(rows.count * found.count)
            for row in rows {
                for element in found {
                    longer.append(row)
                    try longer[longer.count - 1].append(element)
                }
            }
            rows = longer
            guard rows.count <= entriesMax else {
                throw RecordError(
                    .tooLarge,
                    "The record has too many entries in one index: shorten the text or the list that is indexed.",
                    ["index": index.name, "maximum": "\(entriesMax)"]
                )
            }
        }
        return rows
    }
}

extension Projection.Columns {
    fileprivate mutating func append(_ element: TupleElement) throws(RecordError) {
        hasGap = hasGap || element == .null || element == .missing
        bytes += try RecordLayout.encode { encoder throws(TupleError) in try encoder.append(element) }
    }
}

/// What the keys of a record's rows have in common.
private struct RecordPlace {
    let partition: [UInt8]
    /// What chooses among the shards of an index.
    let spread: [UInt8]
    /// What the keys of entries end with in indexes of the partition, and in those of all.
    let localEnding: [UInt8]
    let globalEnding: [UInt8]

    init(_ address: RecordAddress, _ shape: RecordShape, _ layout: RecordLayout) throws(RecordError) {
        partition = try layout.partition(of: address, shape)
        let named = try RecordLayout.encode([.bytes(partition)])
        spread = named + (try RecordLayout.encode(address.primaryKey))
        localEnding = try RecordLayout.encode([.tuple(address.primaryKey)])
        globalEnding = named + localEnding
    }
}

extension KeyExpression {
    /// The values of the column in the entries of a record whose field holds these.
    func alternatives(_ elements: [TupleElement]) throws(RecordError) -> [TupleElement] {
        switch self {
        case .each: return Array(Set(elements))
        case .trigrams:
            guard case .string(let text)? = elements.first else { return [] }
            return Trigrams.of(text).map { .string($0) }
        case .field, .caseFolded, .descending: return [try element(elements.first ?? .missing)]
        }
    }

    /// The value of a column that does not fan out in the entry of a record whose field holds this.
    func element(_ element: TupleElement) throws(RecordError) -> TupleElement {
        switch self {
        case .field, .each, .trigrams: return element
        case .caseFolded:
            guard case .string(let text) = element else { return element }
            return .string(text.lowercased())
        case .descending(let column): return try KeyExpression.turned(try column.element(element))
        }
    }

    /// An element by which the order of another is turned round: the complement of its encoding, in which no value begins
    /// with another.
    static func turned(_ element: TupleElement) throws(RecordError) -> TupleElement {
        .bytes(try RecordLayout.encode(Tuple([element])).map(~))
    }
}
