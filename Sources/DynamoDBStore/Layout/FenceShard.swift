#if DynamoDB
import KeyValue

/// The items of the fence.
enum FenceShard {
    /// What `a` holds for the kinds of ``Fence/Admission``, so ordered that all but the last admit somebody.
    static let everyone = 0
    static let epochOnly = 1
    static let movedAway = 2

    /// The attributes that a shard has beside its key.
    static func attributes(of fence: Fence) -> [String: AttributeValue] {
        let admission =
            switch fence.admission {
            case .everyone: everyone
            case .epochOnly: epochOnly
            case .movedAway: movedAway
            }
        return ["e": .integer(fence.epoch), "a": .integer(admission), "f": .binary(fence.encoded)]
    }

    /// The fence that an item keeps in `f`.
    static func fence(_ item: Item) throws(StoreError) -> Fence {
        guard let bytes = item["f"]?.bytes else {
            throw StoreError(.corrupted, "The fence can't be read: restore the store from a copy.")
        }
        return try Fence(encoded: bytes)
    }
}
#endif
