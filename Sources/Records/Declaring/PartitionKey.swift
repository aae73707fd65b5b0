/// What decides in which partition of the store a record lies.
///
/// A collection that lies in one partition sits in one slot of a cluster; a partition key spreads it. Records of
/// different types with the same group and the same values share a partition, and so can be changed together.
public struct PartitionKey: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        case fields([String])
        case shards(Int, of: [String])
    }

    let group: String
    let kind: Kind

    /// One partition for each value of these fields, which are part of the primary key or never change.
    public static func fields(_ names: [String], group: String) -> PartitionKey {
        PartitionKey(group: group, kind: .fields(names))
    }

    /// A fixed number of partitions, 1 to 4,096, among which a hash of these fields chooses. The number never changes.
    public static func shards(_ count: Int, of names: [String], group: String) -> PartitionKey {
        PartitionKey(group: group, kind: .shards(count, of: names))
    }

    var fieldNames: [String] {
        switch kind {
        case .fields(let names), .shards(_, of: let names): names
        }
    }
}
