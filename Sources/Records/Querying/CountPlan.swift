import Tuples

/// How many records a query has, where a count index knows it: the groups whose counts are added up.
struct CountPlan: Hashable, Sendable {
    /// How many groups are added up at most.
    static let groupsMax = 100

    var index: String
    var groups: [Tuple]
    /// The partition that is counted; nil for all.
    var partition: Tuple?

    /// The plan by an index of a type; nil where there is none. Pure.
    ///
    /// Counts know nothing of the time: of records that expire they count those too that have and are not swept yet.
    init?(_ query: Query, _ shape: RecordShape) {
        guard let values = CountPlan.values(query.filter) else { return nil }
        let partitions = CountPlan.partitions(query, shape, values)
        for index in shape.indexes where index.kind == .count {
            for (partition, fields) in partitions {
                guard partition != nil || index.isPublished || shape.isSharded,
                    let groups = CountPlan.groups(of: index, values, fields)
                else { continue }
                self.index = index.name
                self.groups = groups
                self.partition = partition
                return
            }
        }
        return nil
    }

    /// The values that each field of a filter may have; nil if the filter asks for anything else.
    private static func values(_ filter: Filter) -> [String: [TupleElement]]? {
        var values: [String: [TupleElement]] = [:]
        for term in QueryPlanner.terms(of: filter) {
            switch term {
            case .everything: continue
            case .compare(let name, .equal, let value) where values[name] == nil: values[name] = [value]
            // Of one value alone: a record with two of several would be counted twice.
            case .any(let name, .equal, let value) where values[name] == nil: values[name] = [value]
            case .isIn(let name, let list) where values[name] == nil: values[name] = Array(Set(list))
            default: return nil
            }
        }
        return values
    }

    /// The partitions that may be counted, each with the fields whose values the index has to know.
    private static func partitions(
        _ query: Query,
        _ shape: RecordShape,
        _ values: [String: [TupleElement]]
    ) -> [(Tuple?, Set<String>)] {
        let all = (query.partition, Set(values.keys))
        guard query.partition == nil, case .fields(let names) = shape.partitionKey.kind else { return [all] }
        var elements: [TupleElement] = []
        for name in names {
            guard let named = values[name], named.count == 1, let value = named.first, value != .null,
                value != .missing
            else { return [all] }
            elements.append(value)
        }
        return [(Tuple(elements), Set(values.keys).subtracting(names)), (Tuple(elements), Set(values.keys)), all]
    }

    /// The groups of an index that have these values of just these fields.
    private static func groups(
        of index: Index,
        _ values: [String: [TupleElement]],
        _ fields: Set<String>
    ) -> [Tuple]? {
        guard Set(index.columns.map(\.fieldName)) == fields else { return nil }
        var groups: [[TupleElement]] = [[]]
        for column in index.columns {
            switch column {
            case .field, .each: break
            case .caseFolded, .trigrams, .descending: return nil
            }
            guard let found = values[column.fieldName], groups.count * found.count <= groupsMax else { return nil }
            groups = groups.flatMap { group in found.map { group + [$0] } }
        }
        return groups.map { Tuple($0) }
    }
}

extension RecordShape {
    /// Whether the partitions of the type are a fixed number of shards.
    var isSharded: Bool {
        if case .shards = partitionKey.kind { true } else { false }
    }
}
