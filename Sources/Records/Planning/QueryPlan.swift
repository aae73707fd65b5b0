import Tuples

/// How a query is answered: candidates from ranges of keys, in order of what follows a fixed beginning of each key.
///
/// Candidates are in all of `unions`, and in each of them in at least one of its ranges. What they are candidates for is
/// always held against the record itself.
struct QueryPlan: Hashable, Sendable {
    /// Part of one partition: keys that begin with `prefix` and go on from `lower` up to but without `upper`.
    struct Range: Hashable, Sendable {
        var partition: [UInt8]
        var prefix: [UInt8]
        var lower: [UInt8]
        var upper: [UInt8]
    }

    /// Ranges of one index or of records that are merged.
    struct Union: Hashable, Sendable {
        /// The index, or nil for the records themselves.
        var index: String?
        var ranges: [Range]
        /// How many columns are given, and whether the next is bounded.
        var fixed: Int
        var isBounded: Bool
    }

    var unions: [Union]

    /// Whether an index or the primary key bounds what is read.
    var isServed: Bool { unions.contains { $0.fixed > 0 || $0.isBounded } }

    /// What tells this plan from others for the same query, so that a cursor goes with it.
    var signature: String {
        unions.map { "\($0.index ?? "records"):\($0.fixed):\($0.ranges.count)" }.joined(separator: "&")
    }
}

extension QueryPlan: CustomStringConvertible {
    /// For people: one line a source.
    var description: String {
        let lines = unions.map { union in
            let source = union.index.map { "index \($0)" } ?? "records"
            let bound = union.isBounded ? ", bounded" : ""
            return "\(source): \(union.fixed) fixed\(bound), \(union.ranges.count) ranges"
        }
        let head = !isServed ? "bounded scan of" : unions.count > 1 ? "intersection of" : "scan of"
        return head + " " + lines.joined(separator: " and ")
    }
}
