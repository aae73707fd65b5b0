#if DynamoDB
import KeyValue
import StoreHTTP

/// The condition of a query of one partition.
///
/// The service takes one condition on the sort key, whose bounds are in, and no bound that is empty or longer than a key
/// can be. So a query may give the row at its upper bound too, and one before its lower bound.
struct PartitionQuery: Sendable {
    let members: [JSON.Member]

    /// Nil where no key can be in the range.
    init?(_ partition: [UInt8], in space: KeySpace, from lower: [UInt8]?, to upper: [UInt8]?) {
        // A key that is not longer than the longest is at or after a longer bound if it is after that bound's beginning.
        let lower = (lower ?? []).prefix(DynamoDBLayout.sortKeyBytesMax)
        let upper = upper.map { $0.prefix(DynamoDBLayout.sortKeyBytesMax) }
        var values: [String: AttributeValue] = [":p": .binary(DynamoDBLayout.partition(partition, in: space))]
        var condition = "p = :p"
        if !lower.isEmpty { values[":a"] = .binary(Array(lower)) }
        if let upper {
            guard !upper.isEmpty, !ByteOrder.precedes(Array(upper), Array(lower)) else { return nil }
            values[":b"] = .binary(Array(upper))
        }
        switch (lower.isEmpty, upper) {
        case (true, nil): break
        case (false, nil): condition += " AND k >= :a"
        case (true, _?): condition += " AND k <= :b"
        case (false, _?): condition += " AND k BETWEEN :a AND :b"
        }
        members = [
            JSON.Member("KeyConditionExpression", .string(condition)),
            JSON.Member("ExpressionAttributeValues", Item(values).json),
        ]
    }
}
#endif
