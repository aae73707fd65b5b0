import KeyValue
import Tuples

/// What one call knows while it changes a record: what it read, what it plans, what it has written. Pure.
struct ChangeAttempt: Sendable {
    let change: Change
    /// What is known of the record's row before it is read: of use once.
    private var knowledge: Change.Knowledge
    /// Whether the row of this attempt is what was known, and was not read.
    private(set) var isAssumed = false
    var shape: RecordShape
    /// The version that the record is going to have: the same in every attempt of a call, so that a write whose
    /// outcome is unknown is recognised.
    let version: RecordVersion
    let intent: Key

    private(set) var row: RecordRow
    var plan: ChangePlan
    private(set) var after = Projection.empty
    private(set) var receipt = ChangeReceipt(version: nil, existed: false)
    var value: [UInt8]?
    /// The row that says that a record of the type was changed, if the type has one.
    private var stamp: Key?
    /// What the record's batch does for totals that are being counted.
    var counting: [WriteBatch.Operation] = []
    /// The rows beside the record as they were before anything was written.
    var seen: [Key: Entry] = [:]
    /// Records that stale claims name.
    var stale: [Key: RecordRow] = [:]
    /// The revision that the record got so that it can be inserted over it.
    var revision: Revision?
    /// Rows outside of the record's batch that this call may have touched, in all its attempts.
    var touched: Set<Key> = []
    /// The revisions of those that it wrote.
    var written: [Key: Revision] = [:]
    /// Whether the record's batch may have been applied, over which revision.
    var isUnknown = false
    var unknownRevision: Revision?

    init(change: Change, shape: RecordShape, version: RecordVersion, intent: Key) {
        self.change = change
        knowledge = change.knowledge
        self.shape = shape
        self.version = version
        self.intent = intent
        row = RecordRow(vacantAt: change.key)
        plan = ChangePlan()
    }

    /// Whether the record stays as it is. One that has expired is deleted instead, as by any change.
    var isEntering: Bool { change.entering != nil && row.live != nil }

    /// The row as it is known without reading it; nil where it has to be read.
    mutating func takeKnown(now: Timestamp, _ layout: RecordLayout) throws(RecordError) -> RecordRow? {
        let known = knowledge
        knowledge = .nothing
        isAssumed = true
        switch known {
        case .nothing:
            isAssumed = false
            return nil
        case .vacant: return RecordRow(vacantAt: change.key)
        case .entry(let entry): return try RecordRow(entry, at: change.key, now: now, shape, layout)
        }
    }

    /// What became of a batch whose outcome was unknown: the receipt if it was applied, nil if it was not yet and can be
    /// sent again. Throws where that can't be known any more.
    mutating func recognise(_ row: RecordRow, _ rules: WriteRules) throws(StoreError) -> ChangeReceipt? {
        guard isUnknown, rules.contains(.recogniseOwn) else { return nil }
        if receipt.version != nil ? row.envelope?.version == receipt.version : row.envelope == nil { return receipt }
        if let unknownRevision {
            if row.entry?.revision == unknownRevision { return nil }
        } else if let revision, row.entry?.revision == revision {
            return nil
        }
        // Where nothing lies now, and nothing lay before, the record may have been inserted and deleted meanwhile.
        throw StoreError(
            .outcomeUnknown,
            "The record was changed by others before the fate of this change was seen: read it to learn its state."
        )
    }

    /// Decides what to do about the record as it is: false when nothing is.
    mutating func prepare(_ row: RecordRow, _ layout: RecordLayout, _ capabilities: Capabilities) throws -> Bool {
        self.row = row
        stamp = isEntering ? nil : try layout.stamp(of: shape, in: row.key.partition)
        revision = nil
        written = [:]
        counting = []
        try change.judge(row.live, shape)
        if change.condition == .expired, !row.isExpired { return false }
        if let index = change.entering, let live = row.live {
            return try prepareEntering(index, live, layout, capabilities)
        }
        guard let content = try change.edit(row.live?.body).content(shape) else {
            guard row.envelope != nil else { return false }
            value = nil
            after = .empty
            plan = try ChangePlan(from: row.projection, to: after, of: row.key, capabilities)
            receipt = ChangeReceipt(version: nil, existed: row.live != nil)
            return true
        }
        let address = try shape.address(of: content.values)
        guard try layout.key(of: address, shape) == change.key else {
            throw RecordError(
                .invalidDeclaration,
                "A change of a record can't change its keys: delete it and insert another.",
                ["type": shape.name]
            )
        }
        after = try Projection(of: content.values, at: address, shape, layout, after: row.projection)
        plan = try ChangePlan(from: row.projection, to: after, of: row.key, capabilities)
        value =
            Envelope(type: shape.name, schemaVersion: shape.schemaVersion, version: version, body: content.body).encoded
        receipt = ChangeReceipt(version: version, existed: row.live != nil)
        try requireRoom(capabilities.limits)
        return true
    }

    private mutating func prepareEntering(
        _ index: String,
        _ live: Envelope,
        _ layout: RecordLayout,
        _ capabilities: Capabilities
    ) throws -> Bool {
        let values = try shape.extract(live.body)
        let others = shape.keeping { $0.name != index }
        let before = try Projection(of: values, at: try shape.address(of: values), others, layout)
        after = row.projection
        let changes = try RowChanges(from: before, to: after)
        plan = ChangePlan(of: changes, of: row.key, capabilities)
        value = row.entry?.value
        receipt = ChangeReceipt(version: live.version, existed: true)
        try requireRoom(capabilities.limits)
        return !changes.isEmpty
    }

    /// The rest of step 4, which transactions sum up over their changes.
    func additions(_ capabilities: Capabilities) -> [WriteBatch.Operation] {
        plan.sums.map { addition(of: $1, to: $0, capabilities) }
    }

    /// Step 4: the record and what its batch reaches.
    func recordBatch(_ rules: WriteRules, _ capabilities: Capabilities) -> [WriteBatch.Operation] {
        let precondition: Precondition? =
            rules.contains(.compareRecord) ? revision.map { .revision($0) } ?? row.unchanged : nil
        var operations: [WriteBatch.Operation] = []
        if isEntering, plan.isInside, precondition != nil {
            // All is in one batch, so the record need not be written to stop others on their way.
            operations.append(WriteBatch.Operation(.check, at: row.key, if: precondition))
        } else if let value {
            operations.append(WriteBatch.Operation(.put(value), at: row.key, if: precondition))
        } else {
            operations.append(
                WriteBatch.Operation(capabilities.removal, at: row.key, if: precondition)
            )
        }
        for key in plan.newEntries.inside { operations.append(WriteBatch.Operation(.put([]), at: key)) }
        for key in plan.oldEntries.inside { operations.append(WriteBatch.Operation(.delete, at: key)) }
        for key in plan.newClaims.inside { operations.append(claim(key)) }
        for key in plan.oldClaims.inside {
            if let release = release(key, rules, capabilities) { operations.append(release) }
        }
        if rules.contains(.rewriteFirst) {
            operations += staleHolders(of: plan.newClaims.inside).map(\.rewriting)
        }
        operations += counting
        if rules.contains(.noticeTotals) {
            for key in plan.notices { operations.append(WriteBatch.Operation(.put([]), at: key)) }
        }
        if let stamp, rules.contains(.stampChanges) {
            operations.append(WriteBatch.Operation(.put(version.bytes), at: stamp))
        }
        return operations
    }

    /// The records that stale ones of these claims name, each once.
    func staleHolders(of claims: Set<Key>) -> [RecordRow] {
        let holders = stale.filter { claims.contains($0.key) }.map { ($0.value.key, $0.value) }
        return Dictionary(holders) { first, _ in first }.sorted { $0.key < $1.key }.map(\.value)
    }

    /// Step 3: each row by itself.
    func newRows(_ rules: WriteRules, _ layout: RecordLayout) -> [WriteBatch.Operation] {
        var operations = plan.newEntries.outside.sorted().map { WriteBatch.Operation(.put([]), at: $0) }
        for key in plan.newClaims.outside.sorted() {
            let isOwn = seen[key].map { !$0.isTombstone && $0.value == ClaimRow(holder: row.key).encoded } ?? false
            if isOwn, !rules.contains(.claimAnew) { continue }
            operations.append(claim(key))
        }
        if rules.contains(.doubtTotals) { operations += doubts(layout) }
        return operations
    }

    /// Step 5: each row by itself; and whether that is all there is to remove.
    func releases(
        _ rules: WriteRules,
        _ layout: RecordLayout,
        _ capabilities: Capabilities
    ) -> (operations: [WriteBatch.Operation], isWhole: Bool) {
        var operations: [WriteBatch.Operation] = []
        for key in plan.oldEntries.outside.sorted() where seen[key]?.isTombstone == false {
            operations.append(removal(key, seen[key]?.revision, rules, capabilities))
        }
        for key in plan.oldClaims.outside.sorted() {
            if let release = release(key, rules, capabilities) { operations.append(release) }
        }
        if rules.contains(.doubtTotals) { operations += doubts(layout) }
        // What earlier attempts touched for another value is for the sweeper, to whom the intent names it.
        return (operations, touched.isSubset(of: plan.outside))
    }

    private func claim(_ key: Key) -> WriteBatch.Operation {
        let precondition: Precondition = seen[key].map { .revision($0.revision) } ?? .vacant
        return WriteBatch.Operation(.put(ClaimRow(holder: row.key).encoded), at: key, if: precondition)
    }

    /// Removes a claim if it names this record.
    private func release(
        _ key: Key,
        _ rules: WriteRules,
        _ capabilities: Capabilities
    ) -> WriteBatch.Operation? {
        guard let entry = seen[key], !entry.isTombstone, entry.value == ClaimRow(holder: row.key).encoded else {
            return nil
        }
        return removal(key, entry.revision, rules, capabilities)
    }

    private func removal(
        _ key: Key,
        _ revision: Revision?,
        _ rules: WriteRules,
        _ capabilities: Capabilities
    ) -> WriteBatch.Operation {
        let precondition: Precondition? = rules.contains(.compareRelease) ? revision.map { .revision($0) } : nil
        return WriteBatch.Operation(capabilities.removal, at: key, if: precondition)
    }

    func addition(of change: Int64, to key: Key, _ capabilities: Capabilities) -> WriteBatch.Operation {
        ChangeAttempt.addition(of: change, to: key, seen[key], capabilities)
    }

    /// Adds to what was seen of a total, where the store can't add.
    static func addition(
        of change: Int64,
        to key: Key,
        _ seen: Entry?,
        _ capabilities: Capabilities
    ) -> WriteBatch.Operation {
        guard !capabilities.integerAdd else { return WriteBatch.Operation(.add(change), at: key) }
        let number = seen.flatMap { $0.isTombstone ? nil : Counter.decode($0.value) } ?? 0
        let precondition: Precondition = seen.map { .revision($0.revision) } ?? .vacant
        return WriteBatch.Operation(.put(Counter.encode(number &+ change)), at: key, if: precondition)
    }

    private func doubts(_ layout: RecordLayout) -> [WriteBatch.Operation] {
        plan.doubted.compactMap { RecordLayout.doubt(about: $0) }.sorted().map {
            WriteBatch.Operation(.put([]), at: $0)
        }
    }
}

extension Capabilities {
    /// How a row goes that is removed under a precondition.
    var removal: WriteBatch.Action { conditionalDelete ? .delete : .bury }
}
