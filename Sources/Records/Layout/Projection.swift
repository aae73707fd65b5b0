import KeyValue
import Tuples

/// Everything that a record keeps in indexes: what is compared before and after a change.
///
/// Most rows of a record are the same after a change as before, so that only their columns are kept, and a key is made of
/// what somebody asks for.
struct Projection: Sendable {
    /// What the record keeps in one index.
    struct Part: Hashable, Sendable {
        /// The columns of each row.
        var columns: [Columns] = []
        /// What the record adds to the total of each, if the index has totals.
        var amount: Int64 = 0
    }

    let indexes: [Index]
    /// The encoded names of the indexes.
    let names: [[UInt8]]
    /// What is kept in each of the indexes.
    private(set) var parts: [Part]
    private let values: FieldValues
    /// Where the record is, and what follows from it; of no meaning where there is none.
    private let address: RecordAddress?
    private let place: RecordPlace

    /// That of no record.
    static let empty = Projection()

    /// How many entries one record may have in all its indexes.
    static let entriesMax = 512

    private init() {
        indexes = []
        names = []
        parts = []
        values = FieldValues([], [])
        address = nil
        place = RecordPlace()
    }

    /// That of a record with these values.
    ///
    /// - Parameter former: That of the same record as it was, from which what stays is taken over.
    init(
        of values: FieldValues,
        at address: RecordAddress,
        _ shape: RecordShape,
        _ layout: RecordLayout,
        after former: Projection = .empty
    ) throws(RecordError) {
        indexes = shape.indexes
        names = shape.encodedNames
        self.values = values
        self.address = address
        place = address == former.address ? former.place : try RecordPlace(address, shape, layout)
        parts = []
        parts.reserveCapacity(indexes.count)
        let isAlike = names == former.names
        var entries = 0
        for (position, index) in indexes.enumerated() {
            let part =
                isAlike && index.isTheSame(of: values, as: former.values)
                ? former.parts[position] : try Projection.part(of: index, values)
            if !index.isAggregate { entries += part.columns.count }
            parts.append(part)
        }
        guard entries <= Projection.entriesMax else {
            throw RecordError(
                .tooLarge,
                "The record has too many index entries: shorten the text or the list that is indexed.",
                ["type": shape.name, "entries": "\(entries)", "maximum": "\(Projection.entriesMax)"]
            )
        }
        try requireKeys()
    }

    private static func part(of index: Index, _ values: FieldValues) throws(RecordError) -> Part {
        switch index.kind {
        case .value, .unique: return Part(columns: try columns(of: index, values))
        case .count: return Part(columns: try columns(of: index, values), amount: 1)
        case .sum(let field):
            guard case .integer(let amount)? = values.first(of: field) else { return Part() }
            return Part(columns: try columns(of: index, values), amount: amount)
        }
    }

    /// Throws unless all keys can be made.
    private func requireKeys() throws(RecordError) {
        for (name, part) in zip(names, parts) {
            for columns in part.columns {
                try RecordLayout.requireRoom(forKeyOf: name, columns.bytes, place.globalEnding)
            }
        }
    }

    /// What it keeps in one index, which is named as in keys.
    func keeping(_ name: String) -> Projection {
        let encoded = RecordLayout.encodedName(name)
        return filter { $0 == encoded }
    }

    /// What it keeps in all indexes but one.
    func leavingOut(_ name: String) -> Projection {
        let encoded = RecordLayout.encodedName(name)
        return filter { $0 != encoded }
    }

    private func filter(_ isKept: ([UInt8]) -> Bool) -> Projection {
        var projection = self
        for (position, name) in names.enumerated() where !isKept(name) { projection.parts[position] = Part() }
        return projection
    }

    /// The partition that a row of an index lies in.
    static func place(
        of index: Index,
        _ encodedName: [UInt8],
        spreadBy bytes: [UInt8],
        _ partition: [UInt8],
        _ layout: RecordLayout
    ) -> [UInt8] {
        guard case .global(let shards) = index.scope else { return partition }
        return layout.partition(ofIndex: encodedName, shard: RecordShape.shardNumber(of: bytes, among: shards))
    }
}

// MARK: - Rows

extension Projection {
    /// Entries of value and unique indexes.
    var entries: Set<Key> {
        var entries: Set<Key> = []
        for (position, index) in indexes.enumerated() where !index.isAggregate {
            entries.formUnion(self.entries(of: parts[position].columns, at: position))
        }
        return entries
    }

    /// Claims on unique values, and the name of the index of each.
    var claims: [Key: String] {
        var claims: [Key: String] = [:]
        for (position, index) in indexes.enumerated() where index.kind == .unique {
            for claim in self.claims(of: parts[position].columns, at: position) { claims[claim] = index.name }
        }
        return claims
    }

    /// What the record adds to counts and sums.
    var totals: [Key: Int64] {
        var totals: [Key: Int64] = [:]
        for (position, index) in indexes.enumerated() where index.isAggregate {
            for columns in parts[position].columns { totals[total(of: columns, at: position)] = parts[position].amount }
        }
        return totals
    }

    /// Where those of them are published that are.
    var publications: [Key: Publication] {
        var publications: [Key: Publication] = [:]
        for (position, index) in indexes.enumerated() where index.isAggregate {
            for columns in parts[position].columns {
                publications[total(of: columns, at: position)] = publication(of: columns, at: position)
            }
        }
        return publications
    }

    /// The entries of these columns in the index at a position.
    func entries(of columns: [Columns], at position: Int) -> [Key] {
        guard !columns.isEmpty else { return [] }
        let (index, name) = (indexes[position], names[position])
        let partition = Projection.place(of: index, name, spreadBy: place.spread, place.partition, place.layout)
        let ending = index.scope == .local ? place.localEnding : place.globalEnding
        return columns.map { place.layout.entireKey(.entry, ofIndex: name, $0.bytes, ending, in: partition) }
    }

    /// The claims on these columns in the unique index at a position.
    func claims(of columns: [Columns], at position: Int) -> [Key] {
        let (index, name) = (indexes[position], names[position])
        return columns.filter { !$0.hasGap }.map { columns in
            let partition = Projection.place(of: index, name, spreadBy: columns.bytes, place.partition, place.layout)
            return place.layout.entireKey(.claim, ofIndex: name, columns.bytes, in: partition)
        }
    }

    func total(of columns: Columns, at position: Int) -> Key {
        place.layout.entireKey(.total, ofIndex: names[position], columns.bytes, in: place.partition)
    }

    func publication(of columns: Columns, at position: Int) -> Publication? {
        Publication(of: indexes[position], names[position], columns.bytes, in: place.partition, place.layout)
    }
}

/// What the keys of a record's rows have in common.
private struct RecordPlace {
    let layout: RecordLayout
    let partition: [UInt8]
    /// What chooses among the shards of an index.
    let spread: [UInt8]
    /// What the keys of entries end with in indexes of the partition, and in those of all.
    let localEnding: [UInt8]
    let globalEnding: [UInt8]

    /// That of no record.
    init() {
        layout = RecordLayout(namespace: "")
        partition = []
        spread = []
        localEnding = []
        globalEnding = []
    }

    init(_ address: RecordAddress, _ shape: RecordShape, _ layout: RecordLayout) throws(RecordError) {
        self.layout = layout
        partition = try layout.partition(of: address, shape)
        let named = try RecordLayout.encode([.bytes(partition)])
        spread = named + (try RecordLayout.encode(address.primaryKey))
        localEnding = try RecordLayout.encode([.tuple(address.primaryKey)])
        globalEnding = named + localEnding
    }
}
