#if DynamoDB
import KeyValue
import StoreHTTP

/// One action of a transaction of the service: a put, a delete or a check, under a condition.
struct TransactionAction: Sendable {
    enum Kind: String {
        case put = "Put"
        case delete = "Delete"
        case check = "ConditionCheck"
    }

    var kind: Kind
    /// The whole item for a put, its key otherwise.
    var item: Item
    var condition: Condition?

    /// What has to hold of the item that is there.
    struct Condition: Hashable, Sendable {
        var expression: String
        var values: [String: AttributeValue] = [:]

        func and(_ other: Condition) -> Condition {
            Condition(
                expression: "(\(expression)) AND (\(other.expression))",
                values: values.merging(other.values) { value, _ in value }
            )
        }

        /// What never holds: a nonce has eight bytes.
        static let never = Condition(expression: "n = :never", values: [":never": .binary([0])])
        static let isNotThere = Condition(expression: "attribute_not_exists(p)")
        private static let isNotLive = Condition(expression: "attribute_not_exists(p) OR attribute_exists(t)")
        private static let isLive = Condition(expression: "attribute_exists(p) AND attribute_not_exists(t)")

        static func has(nonce: UInt64, named name: String) -> Condition {
            Condition(expression: "n = \(name)", values: [name: StoredRow.encoded(nonce)])
        }

        init(expression: String, values: [String: AttributeValue] = [:]) {
            self.expression = expression
            self.values = values
        }

        /// What a precondition says of the row at a key.
        init(_ precondition: Precondition, at key: Key, in store: StoreIdentity) {
            switch precondition {
            case .absent: self = .isNotLive
            case .vacant: self = .isNotThere
            case .exists: self = .isLive
            case .revision(let revision):
                self = revision.nonce(at: key, in: store).map { .has(nonce: $0, named: ":r") } ?? .never
            }
        }

        /// Whether a batch of this epoch, or of none, is admitted by the fence that is there.
        init(admitting epoch: UInt64?) {
            guard let epoch else {
                self.init(
                    expression: "attribute_not_exists(a) OR a = :everyone",
                    values: [":everyone": .integer(FenceShard.everyone)]
                )
                return
            }
            var expression = "e = :epoch AND a < :moved"
            // What is not there is an open fence, which is of epoch 0.
            if epoch == 0 { expression = "attribute_not_exists(a) OR (\(expression))" }
            self.init(
                expression: expression,
                values: [":epoch": .integer(epoch), ":moved": .integer(FenceShard.movedAway)]
            )
        }
    }

    func json(in table: String) -> JSON {
        var members = [
            JSON.Member("TableName", .string(table)),
            JSON.Member(kind == .put ? "Item" : "Key", item.json),
        ]
        if let condition {
            members.append(JSON.Member("ConditionExpression", .string(condition.expression)))
            if !condition.values.isEmpty {
                members.append(JSON.Member("ExpressionAttributeValues", Item(condition.values).json))
            }
            members.append(JSON.Member("ReturnValuesOnConditionCheckFailure", .string("ALL_OLD")))
        }
        return .object([JSON.Member(kind.rawValue, .object(members))])
    }
}
#endif
