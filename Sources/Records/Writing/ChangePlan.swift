import KeyValue

/// Which rows a change touches, and which of them the record's own batch can take along. Pure.
struct ChangePlan: Sendable {
    /// Entries that the record is going to need, inside and outside of its batch.
    private(set) var newEntries = (inside: [Key](), outside: [Key]())
    private(set) var oldEntries = (inside: [Key](), outside: [Key]())
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
        self.init(of: try RowChanges(from: before, to: after), of: record, capabilities, beside: others)
    }

    /// What a store of these capabilities needs to change these rows of a record.
    init(of changes: RowChanges, of record: Key, _ capabilities: Capabilities, beside others: Int = 0) {
        // Rewriting a stale holder may take an operation more for each claim.
        let operations =
            changes.newEntries.count + changes.oldEntries.count + 2 * changes.newClaims.count
            + changes.oldClaims.count + 3 * changes.totals.count + 1 + others
        let fits = operations <= capabilities.limits.batchOperationsMax
        func reaches(_ key: Key) -> Bool {
            switch capabilities.batchScope {
            case .store: true
            case .partition: key.partition == record.partition
            case .key: false
            }
        }
        newEntries = ChangePlan.split(changes.newEntries) { fits && reaches($0) }
        oldEntries = ChangePlan.split(changes.oldEntries) { fits && reaches($0) }
        newClaims = ChangePlan.split(changes.newClaims) { fits && reaches($0) }
        oldClaims = ChangePlan.split(changes.oldClaims) { fits && reaches($0) }
        for (key, change) in changes.totals {
            let publication = changes.publications[key]
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
        doubted.union(newEntries.outside).union(oldEntries.outside).union(newClaims.outside).union(oldClaims.outside)
    }

    /// The claims that are read before anything is written.
    var claims: Set<Key> {
        newClaims.inside.union(newClaims.outside).union(oldClaims.inside).union(oldClaims.outside)
    }

    private static func split(_ keys: [Key], _ isInside: (Key) -> Bool) -> (inside: [Key], outside: [Key]) {
        // Mostly all are of one kind.
        if keys.allSatisfy(isInside) { return (keys, []) }
        return (keys.filter(isInside), keys.filter { !isInside($0) })
    }

    private static func split(_ keys: Set<Key>, _ isInside: (Key) -> Bool) -> (inside: Set<Key>, outside: Set<Key>) {
        let inside = keys.filter(isInside)
        return (inside, keys.subtracting(inside))
    }
}
