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

    /// A source of candidates, and which way it is read.
    struct Source {
        var union: QueryPlan.Union
        var isReversed: Bool
    }

    /// The best of the plans that answer a query whose filter is these terms by one branch.
    private func best(_ terms: [Filter]) throws(RecordError) -> (branch: QueryPlan.Branch, isReversed: Bool)? {
        let sources = try sources(terms)
        guard let best = sources.max(by: { QueryPlanner.worth($0.union) < QueryPlanner.worth($1.union) }) else {
            return nil
        }
        let unions = try intersection(with: best, among: sources, terms)
        return (QueryPlan.Branch(unions: unions, filter: query.filter), best.isReversed)
    }

    private static func worth(_ union: QueryPlan.Union) -> Int {
        4 * union.fixed + (union.isBounded ? 2 : 0) + (union.indexes.isEmpty ? 1 : 0)
    }

    /// What has to hold in any case.
    static func terms(of filter: Filter) -> [Filter] {
        guard case .and(let parts) = filter else { return [filter] }
        return parts.flatMap(terms)
    }

    /// Everything that can deliver the records of these terms in the query's order.
    private func sources(_ terms: [Filter]) throws(RecordError) -> [Source] {
        var sources: [Source] = []
        if let source = try primary(terms) { sources.append(source) }
        for index in shape.indexes where !index.isAggregate {
            if let source = try scan(of: index, terms) { sources.append(source) }
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
        var merged: Source?
        for part in parts {
            let served = try sources(terms + QueryPlanner.terms(of: part)).filter { source in
                guard !source.union.indexes.isEmpty, source.union.fixed > 0 else { return false }
                guard let merged else { return true }
                return source.union.open == merged.union.open && source.union.isGlobal == merged.union.isGlobal
                    && source.isReversed == merged.isReversed
            }
            guard let best = served.max(by: { QueryPlanner.worth($0.union) < QueryPlanner.worth($1.union) }) else {
                return nil
            }
            guard var all = merged else {
                merged = best
                continue
            }
            // One index may serve two parts by the same range.
            all.union.ranges += best.union.ranges.filter { !all.union.ranges.contains($0) }
            all.union.indexes += best.union.indexes.filter { !all.union.indexes.contains($0) }
            all.union.fixed = min(all.union.fixed, best.union.fixed)
            all.union.isBounded = all.union.isBounded && best.union.isBounded
            guard all.union.ranges.count <= QueryPlanner.rangesMax else { return nil }
            merged = all
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
        func isComplete(_ union: QueryPlan.Union) -> Bool { !union.indexes.isEmpty && union.open.isEmpty }
        guard isComplete(best.union), query.order.isEmpty else { return [best.union] }
        let others = sources.map(\.union).filter { other in
            other != best.union && isComplete(other) && other.isGlobal == best.union.isGlobal
        }
        return [best.union] + (try trigrams(beside: best.union, terms)) + others.prefix(2)
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
