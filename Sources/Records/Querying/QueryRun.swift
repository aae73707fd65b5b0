import KeyValue
import Tuples

/// One page of a query, whatever the messages: how it is answered, and answering it.
struct QueryRun: Sendable {
    let writer: RecordWriter
    /// The type with the indexes that readers may use.
    let shape: RecordShape
    var query: Query
    let cursorKey: CursorKey
    /// What a transaction is going to make of records; nil outside of one.
    var staged: [Key: StagedChange] = [:]
    /// Whether records that have expired, and are still there, are found like others.
    var findsExpired = false

    /// A page of records that are not decoded yet.
    struct Page: Sendable {
        var found: [QueryRunner.Found] = []
        var place: QueryPlace?
        var examined = 0
    }

    /// How a query is answered.
    enum Strategy: Sendable {
        case plan(QueryPlan)
        /// In one partition after the other, in each by a plan like this one.
        case walk(PartitionWalk, QueryPlan)

        var plan: QueryPlan {
            switch self {
            case .plan(let plan), .walk(_, let plan): plan
            }
        }

        var signature: String {
            if case .walk = self { "each " + plan.signature } else { plan.signature }
        }

        var description: String {
            guard case .walk(let walk, _) = self else { return plan.description }
            let place = walk.named.map { "in each of \($0.count) partitions" } ?? "in each partition that there is"
            return place + ", " + plan.description
        }
    }

    func page(_ judging: (Set<String>) -> RecordJudging) async throws -> (page: Page, cursor: QueryCursor?) {
        let strategy = try strategy()
        let binding = try query.identity(of: shape.name) + Array(strategy.signature.utf8)
        let start = try query.cursor.map { (cursor) throws(RecordError) in try cursor.place(in: binding, cursorKey) }
        let runner = QueryRunner(
            store: writer.store,
            shape: shape,
            judging: judging(CandidateJudge.names(strategy.plan, shape)),
            now: findsExpired ? nil : writer.wallClock(),
            rules: writer.rules
        )
        let page =
            switch strategy {
            case .plan(let plan): try await run(plan, runner, from: start ?? QueryPlace(), within: query.limit)
            case .walk(let walk, _): try await run(walk, runner, from: start ?? QueryPlace())
            }
        return (page, page.place.map { QueryCursor(at: $0, in: binding, cursorKey) })
    }

    /// The branches of a plan, one after the other.
    private func run(
        _ plan: QueryPlan,
        _ runner: QueryRunner,
        from start: QueryPlace,
        within limit: Int,
        examined: Int = 0
    ) async throws -> Page {
        var page = Page(examined: examined)
        var place = start
        while place.branch < plan.branches.count {
            let wanted = limit - page.found.count
            var part = try await runner.run(
                plan.branches[place.branch],
                reverse: plan.isReversed,
                limit: wanted,
                examinedMax: max(1, query.examinedMax - page.examined),
                after: place.position
            )
            try overlay(
                &part,
                plan.branches[place.branch],
                plan.isReversed,
                wanted,
                after: place.position,
                runner.judging
            )
            page.found.take(part.found)
            page.examined += part.examined
            if let position = part.position {
                place.position = position
                page.place = place
                return page
            }
            place.branch += 1
            place.position = nil
            if page.found.count >= limit || page.examined >= query.examinedMax {
                if place.branch < plan.branches.count { page.place = place }
                return page
            }
        }
        return page
    }

    /// One partition after the other.
    private func run(_ walk: PartitionWalk, _ runner: QueryRunner, from start: QueryPlace) async throws -> Page {
        var page = Page()
        var walk = walk
        var place = start
        while true {
            if let bytes = place.partition, let partition = walk.partition(bytes) {
                var inner = query
                inner.partition = partition
                let plan = try QueryPlanner(shape: shape, layout: writer.layout, query: inner).plan()
                let limit = query.limit - page.found.count
                let part = try await run(plan, runner, from: place, within: limit, examined: page.examined)
                page.found.take(part.found)
                page.examined = part.examined
                if let end = part.place {
                    page.place = end
                    return page
                }
            }
            guard let next = try await walk.next(after: place, &page.examined) else { return page }
            place = next
            if page.found.count >= query.limit || page.examined >= query.examinedMax {
                page.place = place
                return page
            }
        }
    }
}

// MARK: - Choosing

extension QueryRun {
    func strategy() throws(RecordError) -> Strategy {
        try query.validate(for: shape)
        guard writer.store.capabilities.order >= .partition else { throw QueryRun.unordered(shape.name) }
        let strategy = try chosen(QueryPlanner(shape: shape, layout: writer.layout, query: query))
        guard !strategy.plan.isReversed || writer.store.capabilities.reverseScan else {
            throw QueryRun.unordered(shape.name)
        }
        return strategy
    }

    private static func unordered(_ type: String) -> RecordError {
        RecordError(.unsupported, "The store can't read keys in this order.", ["type": type])
    }

    /// The plan, or a walk over partitions where that is better than what answers for all of them at once.
    private func chosen(_ planner: QueryPlanner) throws(RecordError) -> Strategy {
        guard query.partition == nil, query.order.isEmpty else { return .plan(try planner.plan()) }
        let whole: QueryPlan
        do throws(RecordError) {
            whole = try planner.plan()
        } catch {
            guard error.code == .notServed, let walk = try walk(isServedOnly: false) else { throw error }
            return walk
        }
        if whole.isServed || query.filter == .everything { return .plan(whole) }
        return try walk(isServedOnly: true) ?? .plan(whole)
    }

    private func walk(isServedOnly: Bool) throws(RecordError) -> Strategy? {
        let walk = try PartitionWalk(shape, query, writer.store, writer.layout)
        // What is walked is asked for by hand, as is a scan, where partitions have to be listed first.
        guard walk.named != nil || query.allowsScan || query.filter == .everything else { return nil }
        var inner = query
        inner.partition = walk.example
        let plan = try QueryPlanner(shape: shape, layout: writer.layout, query: inner).plan()
        return plan.isServed || !isServedOnly ? .walk(walk, plan) : nil
    }
}
