import KeyValue

/// Which rows a change touches, and which of them the record's own batch can take along. Pure.
struct ChangePlan: Sendable {
    /// Entries that the record is going to need, inside and outside of its batch.
    private(set) var newEntries = (inside: Set<Key>(), outside: Set<Key>())
    private(set) var oldEntries = (inside: Set<Key>(), outside: Set<Key>())
    private(set) var newClaims = (inside: Set<Key>(), outside: Set<Key>())
    private(set) var oldClaims = (inside: Set<Key>(), outside: Set<Key>())
    /// What is added to totals, in the batch; and totals that it can't reach, which are doubted.
    private(set) var sums: [Key: Int64] = [:]
    private(set) var doubted: Set<Key> = []
    /// What says of totals that they are to be published, in the batch.
    private(set) var notices: Set<Key> = []
    /// The indexes whose totals over all partitions the batch can't reach.
    private(set) var behind: Set<String> = []

    /// A plan of nothing.
    init() {}

    /// What a store of these capabilities needs to take a record from one projection to another.
    init(
        from before: Projection,
        to after: Projection,
        of record: Key,
        _ capabilities: Capabilities,
        beside others: Int = 0
    ) throws(RecordError) {
        let new = (after.entries.subtracting(before.entries), Set(after.claims.keys).subtracting(before.claims.keys))
        let old = (before.entries.subtracting(after.entries), Set(before.claims.keys).subtracting(after.claims.keys))
        let changes = try ChangePlan.differences(before.totals, after.totals)
        // Rewriting a stale holder may take an operation more for each claim.
        let operations = new.0.count + old.0.count + 2 * new.1.count + old.1.count + 3 * changes.count + 1 + others
        let fits = operations <= capabilities.limits.batchOperationsMax
        func reaches(_ key: Key) -> Bool {
            switch capabilities.batchScope {
            case .store: true
            case .partition: key.partition == record.partition
            case .key: false
            }
        }
        newEntries = ChangePlan.split(new.0) { fits && reaches($0) }
        oldEntries = ChangePlan.split(old.0) { fits && reaches($0) }
        newClaims = ChangePlan.split(new.1) { fits && reaches($0) }
        oldClaims = ChangePlan.split(old.1) { fits && reaches($0) }
        for (key, change) in changes {
            let publication = after.publications[key] ?? before.publications[key]
            if reaches(key) { sums[key] = change } else { doubted.insert(key) }
            guard let publication else { continue }
            if reaches(publication.sum) {
                sums[publication.published] = change
                sums[publication.sum] = change
            } else {
                behind.insert(publication.index)
                if reaches(key) { notices.insert(publication.notice) }
            }
        }
    }

    /// Whether the record's batch takes everything along.
    var isInside: Bool {
        newEntries.outside.isEmpty && oldEntries.outside.isEmpty && newClaims.outside.isEmpty
            && oldClaims.outside.isEmpty && doubted.isEmpty
    }

    /// Every row outside of the record's batch.
    var outside: Set<Key> {
        newEntries.outside.union(oldEntries.outside).union(newClaims.outside).union(oldClaims.outside).union(doubted)
    }

    /// The claims that are read before anything is written.
    var claims: Set<Key> {
        newClaims.inside.union(newClaims.outside).union(oldClaims.inside).union(oldClaims.outside)
    }

    private static func split(
        _ keys: Set<Key>,
        _ isInside: (Key) -> Bool
    ) -> (inside: Set<Key>, outside: Set<Key>) {
        // Mostly all are of one kind, and hashing keys again is a good part of what a plan costs.
        if keys.allSatisfy(isInside) { return (keys, []) }
        let inside = keys.filter(isInside)
        return (inside, keys.subtracting(inside))
    }

    private static func differences(
        _ before: [Key: Int64],
        _ after: [Key: Int64]
    ) throws(RecordError) -> [Key: Int64] {
        var changes: [Key: Int64] = [:]
        for key in Set(before.keys).union(after.keys) {
            let (change, overflows) = (after[key] ?? 0).subtractingReportingOverflow(before[key] ?? 0)
            guard !overflows else {
                throw RecordError(.tooLarge, "The change of a sum leaves the range of a 64-bit integer.")
            }
            if change != 0 { changes[key] = change }
        }
        return changes
    }
}
