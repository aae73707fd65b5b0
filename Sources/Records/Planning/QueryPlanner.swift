import KeyValue
import Tuples

/// Chooses how a query is answered. Pure.
struct QueryPlanner {
    let shape: RecordShape
    let layout: RecordLayout
    let query: Query

    /// The best plan.
    ///
    /// - Throws: ``RecordError/Code/notServed`` where there is none, or only a scan that the query does not allow.
    func plan() throws(RecordError) -> QueryPlan {
        let terms = QueryPlanner.terms(of: query.filter)
        var candidates: [QueryPlan.Union] = []
        if let union = try primary(terms) { candidates.append(union) }
        for index in shape.indexes where !index.isAggregate {
            if let union = try scan(of: index, terms) { candidates.append(union) }
        }
        guard let best = candidates.max(by: { QueryPlanner.worth($0) < QueryPlanner.worth($1) }) else {
            throw RecordError(
                .notServed,
                "No index serves the query: name the partition, order by an index, or declare one.",
                ["type": shape.name]
            )
        }
        let plan = QueryPlan(unions: try intersection(with: best, among: candidates, terms))
        guard plan.isServed || query.filter == .everything || query.allowsScan else {
            throw RecordError(
                .notServed,
                "No index serves the filter and the query allows no scan: declare one, or allow it.",
                ["type": shape.name]
            )
        }
        return plan
    }

    private static func worth(_ union: QueryPlan.Union) -> Int {
        4 * union.fixed + (union.isBounded ? 2 : 0) + (union.index == nil ? 1 : 0)
    }

    /// What has to hold in any case.
    private static func terms(of filter: Filter) -> [Filter] {
        guard case .and(let parts) = filter else { return [filter] }
        return parts.flatMap(terms)
    }

    /// Indexes all of whose columns are given deliver records in one order, that of their keys, so that they can be
    /// intersected.
    private func intersection(
        with best: QueryPlan.Union,
        among candidates: [QueryPlan.Union],
        _ terms: [Filter]
    ) throws(RecordError) -> [QueryPlan.Union] {
        guard let name = best.index, isComplete(best), let scope = index(name)?.scope, query.order.isEmpty else {
            return [best]
        }
        let isLocal = scope == .local
        let others = candidates.filter { other in
            other != best && isComplete(other)
                && other.index.flatMap(index).map { ($0.scope == .local) == isLocal } ?? false
        }
        return [best] + (try trigrams(beside: best, terms)) + others.prefix(2)
    }

    private func index(_ name: String) -> Index? { shape.indexes.first { $0.name == name } }

    private func isComplete(_ union: QueryPlan.Union) -> Bool {
        union.index.flatMap(index).map { $0.columns.count == union.fixed } ?? false
    }

    /// The partitions that records of the query can lie in; none if it could be any.
    ///
    /// Those of all shards are merged by what follows a fixed beginning, in the end the primary key: only where that
    /// decides upon the shard too does no place in the order belong to two records.
    private func partitions() throws(RecordError) -> [[UInt8]] {
        var partitions: [Tuple] = []
        if let partition = query.partition {
            partitions = [partition]
        } else if case .shards(let count, let names) = shape.partitionKey.kind, count <= QueryPlanner.shardsMax,
            names.allSatisfy(shape.primaryKey.contains)
        {
            partitions = (0..<count).map { Tuple([TupleElement($0)]) }
        }
        var places: [[UInt8]] = []
        for partition in partitions {
            let address = RecordAddress(type: shape.name, partition: partition, primaryKey: [])
            places.append(try layout.partition(of: address, shape))
        }
        return places
    }

    /// Over how many shards a query goes at most.
    private static let shardsMax = 64

    /// The records of one partition, or of all shards, by their primary key.
    private func primary(_ terms: [Filter]) throws(RecordError) -> QueryPlan.Union? {
        let places = try partitions()
        guard !places.isEmpty else { return nil }
        return try union(
            nil,
            beginning: [.integer(RecordLayout.Kind.record.rawValue), .string(shape.name)],
            columns: shape.primaryKey.map { .field($0) },
            in: places,
            terms
        )
    }

    private func scan(of index: Index, _ terms: [Filter]) throws(RecordError) -> QueryPlan.Union? {
        var places: [[UInt8]] = []
        switch (index.scope, query.partition) {
        case (.local, _): places = try partitions()
        case (.global(let shards), nil):
            for shard in 0..<shards {
                places.append(try layout.partition(of: index, shape, shard: Tuple([TupleElement(shard)])))
            }
        default: return nil
        }
        guard !places.isEmpty else { return nil }
        return try union(
            index.name,
            beginning: [
                .integer(RecordLayout.Kind.entry.rawValue), .string(RecordLayout.name(of: index, shape)),
            ],
            columns: index.columns,
            in: places,
            terms
        )
    }

    /// The ranges of a source, or nil if it can't give the query's order or would leave records out.
    private func union(
        _ index: String?,
        beginning: [TupleElement],
        columns: [KeyExpression],
        in places: [[UInt8]],
        _ terms: [Filter]
    ) throws(RecordError) -> QueryPlan.Union? {
        var prefixes = [beginning]
        var rest = columns[...]
        let order = query.order.filter { !QueryPlanner.isFixed($0, terms) }
        while let column = rest.first, let values = QueryPlanner.values(of: column, terms) {
            // Several values of a column keep the order of what follows only if it is merged, as it is.
            guard prefixes.count * values.count * places.count <= 256 else { break }
            // A column that is ordered by may have several values only if they come one after the other.
            if column.fieldName == order.first, values.count > 1 { break }
            prefixes = prefixes.flatMap { prefix in values.map { prefix + [$0] } }
            rest = rest.dropFirst()
        }
        let fixed = columns.count - rest.count
        guard order.elementsEqual(rest.prefix(order.count).map(\.fieldName)),
            rest.prefix(order.count).allSatisfy({ if case .field = $0 { true } else { false } }),
            // An entry for each of many values would deliver a record more than once, or not at all.
            !rest.contains(where: \.fansOut)
        else { return nil }
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
        return QueryPlan.Union(index: index, ranges: ranges, fixed: fixed, isBounded: bounds.isBounded)
    }

    /// A scan for each further run of three characters, up to three of them.
    private func trigrams(beside best: QueryPlan.Union, _ terms: [Filter]) throws(RecordError) -> [QueryPlan.Union] {
        guard let index = best.index.flatMap(index), case .trigrams(let field)? = index.columns.last,
            index.columns.count == 1
        else { return [] }
        var unions: [QueryPlan.Union] = []
        for case .contains(field, let text) in terms {
            for run in Trigrams.of(text).sorted().dropFirst().prefix(3) {
                var union = best
                let prefix = try RecordLayout.encode(
                    Tuple([
                        .integer(RecordLayout.Kind.entry.rawValue), .string(RecordLayout.name(of: index, shape)),
                        .string(run),
                    ])
                )
                for position in union.ranges.indices { union.ranges[position].prefix = prefix }
                unions.append(union)
            }
        }
        return unions
    }
}

// MARK: - What terms say of a column

extension QueryPlanner {
    private static func isFixed(_ name: String, _ terms: [Filter]) -> Bool {
        terms.contains { if case .compare(name, .equal, _) = $0 { true } else { false } }
    }

    /// The values that a column can have, each once; nil if terms don't say.
    private static func values(of column: KeyExpression, _ terms: [Filter]) -> [TupleElement]? {
        for term in terms {
            switch (column, term) {
            case (.field(let name), .compare(let other, .equal, let value)) where name == other: return [value]
            case (.each(let name), .any(let other, .equal, let value)) where name == other: return [value]
            case (.field(let name), .isIn(let other, let values)) where name == other && !values.isEmpty:
                return Set(values).sorted()
            case (.caseFolded(let name), .compare(let other, .equal, .string(let text))) where name == other:
                return [.string(text.lowercased())]
            case (.trigrams(let name), .contains(let other, let text)) where name == other:
                if let run = Trigrams.of(text).min() { return [.string(run)] }
            case (_, .or(let branches)) where !branches.isEmpty:
                var values: Set<TupleElement> = []
                let isComplete = branches.allSatisfy { branch in
                    let found = QueryPlanner.values(of: column, QueryPlanner.terms(of: branch))
                    values.formUnion(found ?? [])
                    return found != nil
                }
                if isComplete { return values.sorted() }
            default: continue
            }
        }
        return nil
    }

    /// Between which bytes the next column lies.
    private static func bounds(
        of column: KeyExpression?,
        _ terms: [Filter]
    ) throws(RecordError) -> (lower: [UInt8], upper: [UInt8], isBounded: Bool) {
        var bounds = (lower: [UInt8](), upper: [UInt8.max], isBounded: false)
        guard case .field(let name)? = column else { return bounds }
        for term in terms {
            switch term {
            case .compare(name, let comparison, let value):
                let bytes = try RecordLayout.encode(Tuple([value]))
                // What goes on behind the value lies before the value and a byte 0xff.
                switch comparison {
                case .greater: raise(&bounds.lower, to: bytes + [.max])
                case .greaterOrEqual: raise(&bounds.lower, to: bytes)
                case .less: lower(&bounds.upper, to: bytes)
                case .lessOrEqual: lower(&bounds.upper, to: bytes + [.max])
                case .equal, .notEqual: continue
                }
            case .hasPrefix(name, let text):
                do {
                    let range = try TupleRange(stringsBeginningWith: text)
                    raise(&bounds.lower, to: range.lower)
                    if let upper = range.upper { lower(&bounds.upper, to: upper) }
                } catch {
                    throw RecordError(.tooLarge, "The beginning of a text is too long.", ["field": name])
                }
            default: continue
            }
            bounds.isBounded = true
        }
        return bounds
    }

    private static func raise(_ bound: inout [UInt8], to bytes: [UInt8]) {
        if ByteOrder.precedes(bound, bytes) { bound = bytes }
    }

    private static func lower(_ bound: inout [UInt8], to bytes: [UInt8]) {
        if ByteOrder.precedes(bytes, bound) { bound = bytes }
    }
}
