import KeyValue
import Tuples

/// Chooses how a query is answered. Pure.
struct QueryPlanner {
    let shape: RecordShape
    let layout: RecordLayout
    let query: Query

    /// Over how many shards or named partitions a query goes at once at most.
    static let placesMax = 64
    /// How many ranges are merged at most.
    static let rangesMax = 256
    /// How many branches a plan has at most.
    static let branchesMax = 16

    /// The best plan.
    ///
    /// - Throws: ``RecordError/Code/notServed`` where there is none, or only a scan that the query does not allow.
    func plan() throws(RecordError) -> QueryPlan {
        let terms = QueryPlanner.terms(of: query.filter)
        let whole = try best(terms).map { QueryPlan(branches: [$0.branch], isReversed: $0.isReversed) }
        var plan = whole
        if whole?.isServed != true { plan = try disjunction(terms) ?? whole }
        guard let plan else {
            guard query.order.isEmpty else {
                throw RecordError(
                    .notServed,
                    """
                    No one index keeps the records in this order: declare one whose columns are these, behind those that \
                    the filter fixes; global, or name the partition.
                    """,
                    ["type": shape.name, "order": query.order.map(\.description).joined(separator: ",")]
                )
            }
            throw RecordError(
                .notServed,
                "No index serves the query: name the partition, or declare a global index.",
                ["type": shape.name]
            )
        }
        guard plan.isServed || query.filter == .everything || query.allowsScan else {
            throw RecordError(
                .notServed,
                "No index serves the filter and the query allows no scan: declare one, or allow it.",
                ["type": shape.name]
            )
        }
        return plan
    }

    /// A source of candidates, and which way it is read. Its ranges are made once it is chosen.
    struct Source {
        /// The place of the index among those of the type; nil for the records themselves.
        var index: Int?
        /// The partitions of records that it goes over; none for a global index, which has shards.
        var partitions: [Tuple]
        /// The values of the columns that are given.
        var given: [[TupleElement]]
        /// The columns that are left open.
        var open: ArraySlice<KeyExpression>
        var bounds: Bounds
        var fixed: Int
        var isReversed: Bool
    }

    /// The best of the plans that answer a query whose filter is these terms by one branch.
    private func best(_ terms: [Filter]) throws(RecordError) -> (branch: QueryPlan.Branch, isReversed: Bool)? {
        let sources = try sources(terms)
        guard let best = QueryPlanner.best(of: sources, terms) else { return nil }
        let unions = try intersection(with: best, among: sources, terms)
        return (QueryPlan.Branch(unions: unions, filter: query.filter), best.isReversed)
    }

    private static func best(of sources: [Source], _ terms: [Filter]) -> Source? {
        sources.max { worth($0, terms) < worth($1, terms) }
    }

    /// What is read the least of, as far as that is known: how many columns are fixed, then what else narrows it, then
    /// whether records need not be read one by one, and be it since entries rule them out.
    private static func worth(_ source: Source, _ terms: [Filter]) -> Int {
        let isBounded = source.bounds.isBounded
        let rulesOut = source.index != nil && EntryFilter(terms, of: source.open, isBounded: isBounded) != nil
        return 8 * source.fixed + (isBounded ? 4 : 0) + (source.index == nil ? 2 : 0) + (rulesOut ? 1 : 0)
    }

    /// What has to hold in any case.
    static func terms(of filter: Filter) -> [Filter] {
        guard case .and(let parts) = filter else { return [filter] }
        return parts.flatMap(terms)
    }

    /// Everything that can deliver the records of these terms in the query's order.
    private func sources(_ terms: [Filter]) throws(RecordError) -> [Source] {
        let partitions = partitions(terms)
        var sources: [Source] = []
        if let source = try primary(terms, in: partitions) { sources.append(source) }
        for place in shape.indexes.indices where !shape.indexes[place].isAggregate {
            if let source = try scan(ofIndexAt: place, terms, in: partitions) { sources.append(source) }
        }
        return sources
    }
}

// MARK: - Where none of the terms is served

extension QueryPlanner {
    /// A plan by the parts of an `or`, each of them served by itself; nil if there is none.
    private func disjunction(_ terms: [Filter]) throws(RecordError) -> QueryPlan? {
        for term in terms {
            guard case .or = term else { continue }
            let parts = QueryPlanner.alternatives(of: term)
            guard (1...QueryPlanner.branchesMax).contains(parts.count) else { continue }
            let found = query.order.isEmpty ? try sequence(parts, terms) : try merger(parts, terms)
            if let found { return found }
        }
        return nil
    }

    /// Of which one has to hold.
    private static func alternatives(of filter: Filter) -> [Filter] {
        guard case .or(let parts) = filter else { return [filter] }
        return parts.flatMap(alternatives)
    }

    /// One part after the other: a record belongs to the first that holds of it.
    private func sequence(_ parts: [Filter], _ terms: [Filter]) throws(RecordError) -> QueryPlan? {
        var plan = QueryPlan(branches: [], isReversed: query.isDescending)
        var earlier: [Filter] = []
        for part in parts {
            guard var (branch, _) = try best(terms + QueryPlanner.terms(of: part)) else { return nil }
            branch.filter = .and([query.filter, part] + earlier.map { .not($0) })
            plan.branches.append(branch)
            earlier.append(part)
        }
        return plan.isServed ? plan : nil
    }

    /// All parts at once, in the query's order: what their indexes have in common behind what each fixes.
    private func merger(_ parts: [Filter], _ terms: [Filter]) throws(RecordError) -> QueryPlan? {
        var merged: (union: QueryPlan.Union, isReversed: Bool)?
        for part in parts {
            let served = try sources(terms + QueryPlanner.terms(of: part)).filter { source in
                guard source.index != nil, source.fixed > 0 else { return false }
                guard let merged else { return true }
                return Array(source.open) == merged.union.open && isGlobal(source) == merged.union.isGlobal
                    && source.isReversed == merged.isReversed
            }
            guard let best = QueryPlanner.best(of: served, terms) else { return nil }
            let union = try union(of: best)
            guard var all = merged?.union else {
                merged = (union, best.isReversed)
                continue
            }
            // One index may serve two parts by the same range.
            all.ranges += union.ranges.filter { !all.ranges.contains($0) }
            all.indexes += union.indexes.filter { !all.indexes.contains($0) }
            all.fixed = min(all.fixed, union.fixed)
            all.isBounded = all.isBounded && union.isBounded
            guard all.ranges.count <= QueryPlanner.rangesMax else { return nil }
            merged = (all, best.isReversed)
        }
        return merged.map { merged in
            let branch = QueryPlan.Branch(unions: [merged.union], filter: query.filter)
            return QueryPlan(branches: [branch], isReversed: merged.isReversed)
        }
    }
}

// MARK: - Several indexes at once

extension QueryPlanner {
    /// Indexes all of whose columns are given deliver records in one order, that of their keys, so that they can be
    /// intersected.
    private func intersection(
        with best: Source,
        among sources: [Source],
        _ terms: [Filter]
    ) throws(RecordError) -> [QueryPlan.Union] {
        func isComplete(_ source: Source) -> Bool { source.index != nil && source.open.isEmpty }
        let first = try union(of: best)
        guard isComplete(best), query.order.isEmpty else { return [first] }
        var unions = [first] + (try trigrams(beside: first, terms))
        let others = sources.filter { other in
            other.index != best.index && isComplete(other) && isGlobal(other) == first.isGlobal
        }
        for other in others.prefix(2) { unions.append(try union(of: other)) }
        return unions
    }

    /// A scan for each further run of three characters, up to three of them.
    private func trigrams(beside best: QueryPlan.Union, _ terms: [Filter]) throws(RecordError) -> [QueryPlan.Union] {
        guard let index = shape.indexes.first(where: { best.indexes == [$0.name] }), index.columns.count == 1,
            case .trigrams(let field)? = index.columns.last
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
