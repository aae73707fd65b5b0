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
    /// then it costs as much whatever the number is. Else all records of the query are gone through, page by page. Types
    /// whose records expire are always counted so.
    /// - Throws: As ``find(_:as:)``.
    public func count<Message>(_ query: Query, as type: RecordType<Message>) async throws -> Count {
        let shape = try await schema.view().reading(type.shape)
        try query.validate(for: shape)
        if let plan = CountPlan(query, shape) { return try await count(plan, type) }
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

    /// How a query would be counted, for people.
    public func explainCount<Message>(_ query: Query, as type: RecordType<Message>) throws(RecordError) -> String {
        let shape = schema.latest?.reading(type.shape) ?? type.shape
        try query.validate(for: shape)
        if let plan = CountPlan(query, shape) { return "count index \(plan.index): \(plan.groups.count) groups" }
        return "one by one: " + (try explain(query, as: type))
    }
}
