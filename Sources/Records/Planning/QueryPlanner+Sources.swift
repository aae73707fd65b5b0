import KeyValue
import Tuples

extension QueryPlanner {
    /// The partitions that records of the query lie in, if they can be merged; none if it could be any.
    ///
    /// They are merged by what follows a fixed beginning, in the end the primary key: only where that decides upon the
    /// partition too does no place in the order belong to two records.
    func partitions(_ terms: [Filter]) -> [Tuple] {
        if let partition = query.partition { return [partition] }
        switch shape.partitionKey.kind {
        case .shards(let count, let names):
            guard count <= QueryPlanner.placesMax, names.allSatisfy(shape.primaryKey.contains) else { return [] }
            return (0..<count).map { Tuple([TupleElement($0)]) }
        case .fields(let names):
            let named = QueryPlanner.partitions(names, terms) ?? []
            guard named.count <= 1 || names.allSatisfy(shape.primaryKey.contains) else { return [] }
            return named
        }
    }

    /// The partitions that terms name by the values of these fields; nil if they could be others too.
    static func partitions(_ names: [String], _ terms: [Filter]) -> [Tuple]? {
        var partitions: [[TupleElement]] = [[]]
        for name in names {
            guard let values = values(of: .field(name), terms), partitions.count * values.count <= placesMax else {
                return nil
            }
            // Nothing of a key is null or missing.
            let present = values.filter { $0 != .null && $0 != .missing }
            partitions = partitions.flatMap { partition in present.map { partition + [$0] } }
        }
        return partitions.map { Tuple($0) }
    }

    /// The records of a partition, or of some that are merged, by their primary key.
    func primary(_ terms: [Filter], in partitions: [Tuple]) throws(RecordError) -> Source? {
        try source(nil, columns: shape.primaryKey.map { .field($0) }, in: partitions, partitions.count, terms)
    }

    func scan(
        ofIndexAt place: Int,
        _ terms: [Filter],
        in partitions: [Tuple]
    ) throws(RecordError) -> Source? {
        let index = shape.indexes[place]
        switch (index.scope, query.partition) {
        case (.local, _): return try source(place, columns: index.columns, in: partitions, partitions.count, terms)
        case (.global(let shards), nil): return try source(place, columns: index.columns, in: [], shards, terms)
        default: return nil
        }
    }

    /// A source over so many partitions, or nil if it can't give the query's order or would leave records out.
    private func source(
        _ index: Int?,
        columns: [KeyExpression],
        in partitions: [Tuple],
        _ places: Int,
        _ terms: [Filter]
    ) throws(RecordError) -> Source? {
        guard places > 0 else { return nil }
        var given: [[TupleElement]] = [[]]
        var rest = columns[...]
        let order = query.order.filter { !QueryPlanner.isFixed($0.field, terms) }
        while let column = rest.first, let values = QueryPlanner.values(of: column, terms) {
            // Several values of a column keep the order of what follows only if it is merged, as it is.
            guard given.count * values.count * places <= QueryPlanner.rangesMax else { break }
            // A column that is ordered by may have several values only if they come one after the other.
            if column.fieldName == order.first?.field, values.count > 1 { break }
            given = given.flatMap { given in values.map { given + [$0] } }
            rest = rest.dropFirst()
        }
        // An entry for each of many values would deliver a record more than once, or not at all.
        guard let isReversed = isReversed(order, by: rest), !rest.contains(where: \.fansOut) else { return nil }
        return Source(
            index: index,
            partitions: partitions,
            given: given,
            open: rest,
            bounds: try QueryPlanner.bounds(of: rest.first, terms),
            fixed: columns.count - rest.count,
            isReversed: isReversed
        )
    }

    func isGlobal(_ source: Source) -> Bool { source.index.map { shape.indexes[$0].scope != .local } ?? false }

    /// The ranges of a source.
    func union(of source: Source) throws(RecordError) -> QueryPlan.Union {
        let index = source.index.map { shape.indexes[$0] }
        let kind: RecordLayout.Kind = index == nil ? .record : .entry
        let name =
            if let place = source.index { shape.encodedNames[place] } else {
                try RecordLayout.encode([.string(shape.name)])
            }
        var places: [[UInt8]] = []
        if case .global(let shards)? = index?.scope {
            for shard in 0..<shards {
                places.append(layout.partition(ofIndex: name, shard: shard))
            }
        } else {
            for partition in source.partitions {
                let address = RecordAddress(type: shape.name, partition: partition, primaryKey: [])
                places.append(try layout.partition(of: address, shape))
            }
        }
        var prefixes: [[UInt8]] = []
        for given in source.given {
            prefixes.append(
                try RecordLayout.encode { encoder throws(TupleError) in
                    encoder.append(kind.rawValue)
                    encoder.append(encoded: name)
                    for element in given { try encoder.append(element) }
                }
            )
        }
        let bounds = source.bounds
        return QueryPlan.Union(
            indexes: index.map { [$0.name] } ?? [],
            ranges: places.flatMap { place in
                prefixes.map { prefix in
                    QueryPlan.Range(partition: place, prefix: prefix, lower: bounds.lower, upper: bounds.upper)
                }
            },
            open: Array(source.open),
            isGlobal: isGlobal(source),
            fixed: source.fixed,
            isBounded: bounds.isBounded
        )
    }

    /// Whether columns give an order when they are read from their end; nil if they don't give it at all.
    private func isReversed(_ order: [SortKey], by columns: ArraySlice<KeyExpression>) -> Bool? {
        guard order.count <= columns.count else { return nil }
        var found: Bool?
        for (key, column) in zip(order, columns) {
            guard let given = column.sortKey, given.field == key.field, given.isCaseFolded == key.isCaseFolded else {
                return nil
            }
            let isReversed = (given.isDescending != key.isDescending) != query.isDescending
            guard found == nil || found == isReversed else { return nil }
            found = isReversed
        }
        return found ?? query.isDescending
    }
}
