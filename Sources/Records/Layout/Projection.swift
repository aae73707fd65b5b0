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
        let partition = try layout.partition(of: address, shape)
        for index in shape.indexes {
            let name = RecordLayout.name(of: index, shape)
            for columns in try Projection.columns(of: index, values) {
                switch index.kind {
                case .value: break
                case .unique:
                    guard !columns.contains(where: { $0 == .null || $0 == .missing }) else { break }
                    let place = try Projection.place(of: index, spreadBy: columns, partition, shape, layout)
                    claims[try layout.key(.claim, name, columns, in: place)] = index.name
                case .count:
                    try insertTotal(of: 1, try layout.key(.total, name, columns, in: partition), shape, layout)
                    continue
                case .sum(let field):
                    guard case .integer(let amount)? = values[field].first else { continue }
                    try insertTotal(of: amount, try layout.key(.total, name, columns, in: partition), shape, layout)
                    continue
                }
                try insertEntry(of: index, columns, address, partition, shape, layout)
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
        _ total: Key,
        _ shape: RecordShape,
        _ layout: RecordLayout
    ) throws(RecordError) {
        totals[total] = amount
        publications[total] = try Publication(of: total, shape, layout)
    }

    private mutating func insertEntry(
        of index: Index,
        _ columns: [TupleElement],
        _ address: RecordAddress,
        _ partition: [UInt8],
        _ shape: RecordShape,
        _ layout: RecordLayout
    ) throws(RecordError) {
        var elements = columns
        if index.scope != .local { elements.append(.bytes(partition)) }
        elements.append(.tuple(address.primaryKey))
        let spread = [.bytes(partition)] + address.primaryKey.elements
        let place = try Projection.place(of: index, spreadBy: spread, partition, shape, layout)
        entries.insert(try layout.key(.entry, RecordLayout.name(of: index, shape), elements, in: place))
    }

    /// The partition that a row of an index lies in.
    private static func place(
        of index: Index,
        spreadBy elements: [TupleElement],
        _ partition: [UInt8],
        _ shape: RecordShape,
        _ layout: RecordLayout
    ) throws(RecordError) -> [UInt8] {
        guard case .global(let shards) = index.scope else { return partition }
        let shard = RecordShape.shard(of: try RecordLayout.encode(Tuple(elements)), among: shards)
        return try layout.partition(of: index, shape, shard: shard)
    }

    /// The columns of each entry: one, or one for each value of the column that fans out.
    private static func columns(of index: Index, _ values: FieldValues) throws(RecordError) -> [[TupleElement]] {
        var rows: [[TupleElement]] = [[]]
        for column in index.columns {
            let found = try column.alternatives(values[column.fieldName])
            rows = rows.flatMap { row in found.map { row + [$0] } }
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

extension KeyExpression {
    /// The values of the column in the entries of a record whose field holds these.
    func alternatives(_ elements: [TupleElement]) throws(RecordError) -> [TupleElement] {
        switch self {
        case .field: return [elements.first ?? .missing]
        case .each: return Array(Set(elements))
        case .caseFolded:
            guard case .string(let text)? = elements.first else { return [elements.first ?? .missing] }
            return [.string(text.lowercased())]
        case .trigrams:
            guard case .string(let text)? = elements.first else { return [] }
            return Trigrams.of(text).map { .string($0) }
        case .descending(let column):
            var turned: [TupleElement] = []
            for element in try column.alternatives(elements) { turned.append(try KeyExpression.turned(element)) }
            return turned
        }
    }

    /// An element by which the order of another is turned round: the complement of its encoding, in which no value begins
    /// with another.
    static func turned(_ element: TupleElement) throws(RecordError) -> TupleElement {
        .bytes(try RecordLayout.encode(Tuple([element])).map(~))
    }
}
