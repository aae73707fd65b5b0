import Tuples

/// How a query is answered: its branches one after the other, in each of which candidates come from ranges of keys, in
/// the order of what follows a fixed beginning of each key.
///
/// What they are candidates for is always held against the record itself.
struct QueryPlan: Hashable, Sendable {
    /// Part of one partition: keys that begin with `prefix` and go on from `lower` up to but without `upper`.
    struct Range: Hashable, Sendable {
        var partition: [UInt8]
        var prefix: [UInt8]
        var lower: [UInt8]
        var upper: [UInt8]
    }

    /// Ranges that are merged: of the records, of an index, or of several indexes whose keys go on alike behind what is
    /// fixed.
    struct Union: Hashable, Sendable {
        /// The indexes; none for the records themselves.
        var indexes: [String]
        var ranges: [Range]
        /// The columns that the ranges leave open.
        var open: [KeyExpression]
        /// Whether keys name the record's partition.
        var isGlobal: Bool
        /// How many columns are given, and whether the next is bounded.
        var fixed: Int
        var isBounded: Bool
    }

    /// What delivers some of the records: candidates are in all of `unions`, and in each in at least one of its ranges.
    struct Branch: Hashable, Sendable {
        var unions: [Union]
        /// What has to hold of a record for this branch to deliver it, so that no other does.
        var filter: Filter

        /// What the entries of a union rule out.
        func entryFilter(of union: Union) -> EntryFilter? {
            guard !union.indexes.isEmpty else { return nil }
            return EntryFilter(QueryPlanner.terms(of: filter), of: union.open[...], isBounded: union.isBounded)
        }
    }

    var branches: [Branch]
    /// Whether ranges are read from their ends.
    var isReversed: Bool

    /// Whether indexes or the primary key bound what is read.
    var isServed: Bool {
        branches.allSatisfy { $0.unions.contains { $0.fixed > 0 || $0.isBounded } }
    }

    /// What tells this plan from others for the same query, so that a cursor goes with it.
    var signature: String {
        let parts = branches.map { branch in
            branch.unions
                .map { "\($0.indexes.joined(separator: "|")):\($0.fixed):\($0.ranges.count)" }
                .joined(separator: "&")
        }
        return parts.joined(separator: ";") + (isReversed ? "-" : "+")
    }
}

extension QueryPlan: CustomStringConvertible {
    /// For people.
    var description: String {
        let parts = branches.map { branch in
            let lines = branch.unions.map { union in
                let named = union.indexes.map { "index \($0)" }
                let source = named.isEmpty ? "records" : named.joined(separator: " merged with ")
                let bound = union.isBounded ? ", bounded" : ""
                let names = branch.entryFilter(of: union)?.names.joined(separator: " and ")
                let ruled = names.map { ", entries filtered by \($0)" } ?? ""
                return "\(source): \(union.fixed) fixed\(bound), \(union.ranges.count) ranges\(ruled)"
            }
            let isServed = branch.unions.contains { $0.fixed > 0 || $0.isBounded }
            let head = !isServed ? "bounded scan of" : branch.unions.count > 1 ? "intersection of" : "scan of"
            return head + " " + lines.joined(separator: " and ")
        }
        return parts.joined(separator: ", then ")
    }
}
