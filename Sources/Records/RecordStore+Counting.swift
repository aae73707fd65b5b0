public import Tuples

extension RecordStore {
    /// How many records a query has.
    public struct Count: Hashable, Sendable {
        /// The number.
        public let value: Int64
        /// Whether it is the number of one moment during the call. What was counted record by record while others write
        /// is of no one moment.
        public let isExact: Bool
        /// For a count that is of some time ago: the moment before which no change is missing in it.
        public let asOf: Timestamp?
        /// The count index that knew it; nil where records were counted one by one.
        public let index: String?
        /// How many rows of the store were examined, counts among them.
        public let examined: Int
    }

    /// Counts the records of a query, whatever its limit and cursor.
    ///
    /// A count index knows the number of a filter that names a value, or some, of each of its columns and nothing else:
    /// then it costs as much whatever the number is. Else all records of the query are gone through, page by page.
    ///
    /// Of a type whose records expire, those that have and are still to be swept are found by a value index whose first
    /// column is the expiry, and are taken off: it costs a look at each of them. Where there is no such index that serves
    /// the query, the records are gone through.
    /// - Throws: As ``find(_:as:)``.
    public func count<Message>(_ query: Query, as type: RecordType<Message>) async throws -> Count {
        let shape = try await schema.view().reading(type.shape)
        try query.validate(for: shape)
        if let plan = CountPlan(query, shape) {
            guard let expiry = shape.expiryField else { return try await count(plan, type) }
            let overdue = Query.overdue(by: expiry, at: writer.wallClock(), in: plan.partition ?? query.partition)
            if try isServed(overdue, shape) {
                return try await count(plan, without: overdue, query.filter, type, shape)
            }
        }
        var query = query
        query.limit = Query.limitMax
        query.cursor = nil
        var (count, examined) = (0, 0)
        repeat {
            let page = try await select([], query, as: type)
            count += page.records.count
            examined += page.examined
            query.cursor = page.cursor
        } while query.cursor != nil
        return Count(value: Int64(count), isExact: false, asOf: nil, index: nil, examined: examined)
    }

    private func count<Message>(_ plan: CountPlan, _ type: RecordType<Message>) async throws -> Count {
        var value: Int64 = 0
        var isExact = plan.groups.count == 1
        var asOf: Timestamp?
        for group in plan.groups {
            let total =
                if let partition = plan.partition {
                    try await total(plan.index, of: group, in: partition, as: type)
                } else {
                    try await total(plan.index, of: group, as: type)
                }
            value &+= total.value
            isExact = isExact && total.isExact
            if let moment = total.asOf { asOf = asOf.map { min($0, moment) } ?? moment }
        }
        return Count(value: value, isExact: isExact, asOf: asOf, index: plan.index, examined: plan.groups.count)
    }

    /// Counts by an index, without the records that have expired and hold what is asked for.
    ///
    /// They are looked for after the count was read: one that is swept in between is counted, and none is taken off twice.
    private func count<Message>(
        _ plan: CountPlan,
        without overdue: Query,
        _ filter: Filter,
        _ type: RecordType<Message>,
        _ shape: RecordShape
    ) async throws -> Count {
        let counted = try await count(plan, type)
        var run = QueryRun(writer: writer, shape: shape, query: overdue, cursorKey: cursorKey, findsExpired: true)
        var (expired, examined) = (0, counted.examined)
        repeat {
            let (page, cursor) = try await run.page { type.judging($0.union(filter.fieldNames)) }
            expired += page.found.count { filter.holds(of: $0.content.values) }
            examined += page.examined
            run.query.cursor = cursor
        } while run.query.cursor != nil
        return Count(
            // A count of some time ago may miss records that have come and expired since.
            value: max(0, counted.value - Int64(expired)),
            isExact: false,
            asOf: counted.asOf,
            index: counted.index,
            examined: examined
        )
    }

    /// Whether an index serves a query that allows no scan.
    private func isServed(_ query: Query, _ shape: RecordShape) throws(RecordError) -> Bool {
        do throws(RecordError) {
            _ = try QueryRun(writer: writer, shape: shape, query: query, cursorKey: cursorKey).strategy()
            return true
        } catch {
            guard error.code == .notServed || error.code == .unsupported else { throw error }
            return false
        }
    }

    /// How a query would be counted, for people.
    public func explainCount<Message>(_ query: Query, as type: RecordType<Message>) throws(RecordError) -> String {
        let shape = schema.latest?.reading(type.shape) ?? type.shape
        try query.validate(for: shape)
        if let plan = CountPlan(query, shape) {
            let counted = "count index \(plan.index): \(plan.groups.count) groups"
            guard let expiry = shape.expiryField else { return counted }
            let overdue = Query.overdue(by: expiry, at: writer.wallClock(), in: plan.partition ?? query.partition)
            if try isServed(overdue, shape) {
                return counted + ", without what has expired: " + (try explain(overdue, as: type))
            }
        }
        return "one by one: " + (try explain(query, as: type))
    }
}

extension Query {
    /// The records that have expired at a moment. Their expiry is asked for from below too, since null comes before every
    /// moment in the order of an index.
    fileprivate static func overdue(by expiry: String, at now: Timestamp, in partition: Tuple?) -> Query {
        Query(
            .and([
                .compare(expiry, .greaterOrEqual, .timestamp(Timestamp(microseconds: .min))),
                .compare(expiry, .lessOrEqual, .timestamp(now)),
            ]),
            in: partition,
            limit: Query.limitMax,
            allowsScan: false
        )
    }
}
