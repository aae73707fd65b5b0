import KeyValue
import Tuples

extension QueryPlanner {
    /// The partitions that records of the query lie in, if they can be merged; none if it could be any.
    ///
    /// They are merged by what follows a fixed beginning, in the end the primary key: only where that decides upon the
    /// partition too does no place in the order belong to two records.
    private func places(_ terms: [Filter]) throws(RecordError) -> [[UInt8]] {
        var partitions: [Tuple] = []
        if let partition = query.partition {
            partitions = [partition]
        } else {
            switch shape.partitionKey.kind {
            case .shards(let count, let names):
                guard count <= QueryPlanner.placesMax, names.allSatisfy(shape.primaryKey.contains) else { break }
                partitions = (0..<count).map { Tuple([TupleElement($0)]) }
            case .fields(let names):
                let named = QueryPlanner.partitions(names, terms) ?? []
                guard named.count <= 1 || names.allSatisfy(shape.primaryKey.contains) else { break }
                partitions = named
            }
        }
        var places: [[UInt8]] = []
        for partition in partitions {
            let address = RecordAddress(type: shape.name, partition: partition, primaryKey: [])
            places.append(try layout.partition(of: address, shape))
        }
        return places
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
    func primary(_ terms: [Filter]) throws(RecordError) -> Source? {
        let places = try places(terms)
        guard !places.isEmpty else { return nil }
        return try source(
            nil,
            beginning: [.integer(RecordLayout.Kind.record.rawValue), .string(shape.name)],
            columns: shape.primaryKey.map { .field($0) },
            in: places,
            terms
        )
    }

    func scan(of index: Index, _ terms: [Filter]) throws(RecordError) -> Source? {
        var places: [[UInt8]] = []
        switch (index.scope, query.partition) {
        case (.local, _): places = try self.places(terms)
        case (.global(let shards), nil):
            for shard in 0..<shards {
                places.append(try layout.partition(of: index, shape, shard: Tuple([TupleElement(shard)])))
            }
        default: return nil
        }
        guard !places.isEmpty else { return nil }
        return try source(
            index,
            beginning: [
                .integer(RecordLayout.Kind.entry.rawValue), .string(RecordLayout.name(of: index, shape)),
            ],
            columns: index.columns,
            in: places,
            terms
        )
    }

    /// The ranges of a source, or nil if it can't give the query's order or would leave records out.
    private func source(
        _ index: Index?,
        beginning: [TupleElement],
        columns: [KeyExpression],
        in places: [[UInt8]],
        _ terms: [Filter]
    ) throws(RecordError) -> Source? {
        var prefixes = [beginning]
        var rest = columns[...]
        let order = query.order.filter { !QueryPlanner.isFixed($0.field, terms) }
        while let column = rest.first, let values = QueryPlanner.values(of: column, terms) {
            // Several values of a column keep the order of what follows only if it is merged, as it is.
            guard prefixes.count * values.count * places.count <= QueryPlanner.rangesMax else { break }
            // A column that is ordered by may have several values only if they come one after the other.
            if column.fieldName == order.first?.field, values.count > 1 { break }
            prefixes = prefixes.flatMap { prefix in values.map { prefix + [$0] } }
            rest = rest.dropFirst()
        }
        // An entry for each of many values would deliver a record more than once, or not at all.
        guard let isReversed = isReversed(order, by: rest), !rest.contains(where: \.fansOut) else { return nil }
        let bounds = try QueryPlanner.bounds(of: rest.first, terms)
        var ranges: [QueryPlan.Range] = []
        for place in places {
            for prefix in prefixes {
                let bytes = try RecordLayout.encode(Tuple(prefix))
                ranges.append(
                    QueryPlan.Range(partition: place, prefix: bytes, lower: bounds.lower, upper: bounds.upper)
                )
            }
        }
        let union = QueryPlan.Union(
            indexes: index.map { [$0.name] } ?? [],
            ranges: ranges,
            open: Array(rest),
            isGlobal: index.map { $0.scope != .local } ?? false,
            fixed: columns.count - rest.count,
            isBounded: bounds.isBounded
        )
        return Source(union: union, isReversed: isReversed)
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
