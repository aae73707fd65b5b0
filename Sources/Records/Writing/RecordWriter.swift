import KeyValue
import Tuples

/// Changes records by the one protocol, on a store of whatever batch scope.
///
/// A change has up to six steps; a batch that reaches further does several of them at once.
///
/// 1. The intent: which rows beside the record may be touched. An insert gets a revision along with it.
/// 2. Records that are named by stale claims on the same values are written anew.
/// 3. New entries, claims and doubts.
/// 4. The record, over the very revision that was read. This is the moment of the change.
/// 5. Old entries and claims go, each only if it is still as it was seen before step 4; doubts are raised again.
/// 6. The intent goes.
///
/// So a live record always has its entries and its claims, and what a crash leaves is too much, never too little. A
/// remover that finds an entry without its value in the record can't tell a leftover from a change on its way, so it
/// writes the record anew before it removes anything: a change on its way then fails in step 4 and begins again, and
/// its entries, written again, are no longer those that the remover saw.
struct RecordWriter: Sendable {
    /// How often one call begins anew because others changed the same record.
    static let attemptsMax = 32

    let store: any KeyValueStore
    let layout: RecordLayout
    let environment: StoreEnvironment
    let wallClock: @Sendable () -> Timestamp
    var rules = WriteRules.all
    /// What says which indexes are kept; nil where those of the declarations are.
    var schema: SchemaKeeper?

    /// Carries out a change. When it returns, it is done and in every index; ``ChangeReceipt/indexesPending`` says
    /// where not.
    func apply(_ change: Change, _ shape: RecordShape) async throws -> ChangeReceipt {
        let version = RecordVersion(high: environment.random(), low: environment.random())
        let intent = try layout.key(
            .intent,
            shape.name,
            [.bytes(change.key.bytes), .integer(Int64(bitPattern: environment.random()))],
            in: change.key.partition
        )
        var attempt = ChangeAttempt(change: change, shape: shape, version: version, intent: intent)
        for _ in 0..<RecordWriter.attemptsMax {
            do {
                if let receipt = try await run(&attempt) { return receipt }
            } catch let error as RecordError {
                // Of a row that was not read, another error may come first, or none.
                if attempt.isAssumed { continue }
                try await abandon(attempt)
                throw error
            }
        }
        try await abandon(attempt)
        throw RecordError(.contended, "Others changed the record again and again: try later.", ["type": shape.name])
    }

    /// One attempt: the receipt, or nil to begin anew.
    private func run(_ attempt: inout ChangeAttempt) async throws -> ChangeReceipt? {
        let view = try await schema?.view()
        attempt.shape = view?.writing(attempt.shape) ?? attempt.shape
        let row: RecordRow
        if let known = try attempt.takeKnown(now: wallClock(), layout) {
            row = known
        } else {
            row = try await read(attempt.change.key, attempt.shape)
        }
        if let committed = try attempt.recognise(row, rules) { return await finish(attempt, committed) }
        guard try attempt.prepare(row, layout, store.capabilities) else {
            try await abandon(attempt)
            return ChangeReceipt(version: row.live?.version, existed: row.live != nil)
        }
        try await readBeside(&attempt)
        guard try await tellBehind(attempt.plan.behind, of: attempt.shape) else { return nil }
        guard try await judgeClaims(&attempt) else { return nil }
        if !attempt.plan.isInside {
            guard try await prewrite(&attempt) else { return nil }
        }
        guard isHeld(view) else { return nil }
        let capabilities = store.capabilities
        try RecordWriter.requireScope(for: attempt.shape, capabilities)
        switch await write(attempt.recordBatch(rules, capabilities) + attempt.additions(capabilities)) {
        case .success:
            if !rules.contains(.entriesFirst) { _ = try await writeNew(&attempt) }
            return await finish(attempt, attempt.receipt)
        case .failure(let error) where error.code == .outcomeUnknown:
            attempt.unknownRevision = row.entry?.revision
            // An entering is made again whatever became of it.
            attempt.isUnknown = !attempt.isEntering
            return nil
        case .failure(let error):
            guard RecordWriter.beginsAnew(error) else { throw error }
            return nil
        }
    }

    /// Throws where the stamp of a type could not be written with its records.
    static func requireScope(for shape: RecordShape, _ capabilities: Capabilities) throws(RecordError) {
        guard capabilities.batchScope >= .partition || !shape.isStamped else {
            throw RecordError(
                .unsupported,
                "Transactions with queries need a store whose batches reach a partition.",
                ["type": shape.name]
            )
        }
    }

    /// Says in the schema that totals over all partitions miss changes, before the first of them is written: false to
    /// begin anew, under that schema.
    func tellBehind(_ indexes: Set<String>, of shape: RecordShape) async throws -> Bool {
        let news = indexes.intersection(shape.exact)
        guard let schema, !news.isEmpty, rules.contains(.tellBehind) else { return true }
        _ = try await schema.change { (description) throws(RecordError) in
            for name in news.sorted() {
                try description.update(name, of: shape.name) { if $0.state.isLive { $0.isBehind = true } }
            }
        }
        return false
    }

    /// Whether what was judged under a view may still be written.
    func isHeld(_ view: SchemaView?) -> Bool {
        guard let schema, let view else { return true }
        return schema.isHeld(view)
    }

    func read(_ key: Key, _ shape: RecordShape) async throws -> RecordRow {
        let entry = try await store.get(key, ReadOptions(includesTombstones: true))
        return try RecordRow(entry, at: key, now: wallClock(), shape, layout)
    }

    /// Reads in pieces of what the store gives at once.
    func rows(at keys: Set<Key>) async throws -> [Key: Entry] {
        var found: [Key: Entry] = [:]
        let sorted = keys.sorted()
        for start in stride(from: 0, to: sorted.count, by: store.capabilities.limits.getKeysMax) {
            let piece = Array(sorted[start..<min(sorted.count, start + store.capabilities.limits.getKeysMax)])
            for case let entry? in try await store.get(piece, ReadOptions(includesTombstones: true)) {
                found[entry.key] = entry
            }
        }
        return found
    }

    func write(_ operations: [WriteBatch.Operation]) async -> Result<WriteReceipt, StoreError> {
        do throws(StoreError) {
            return .success(try await store.write(WriteBatch(operations)))
        } catch {
            return .failure(error)
        }
    }

    /// Whether an error of a step before the record's means that the change has to be looked at anew.
    static func beginsAnew(_ error: StoreError) -> Bool {
        switch error.code {
        case .preconditionFailed, .outcomeUnknown, .unsupported: true
        default: false
        }
    }
}

// MARK: - The steps

extension RecordWriter {
    func readBeside(_ attempt: inout ChangeAttempt) async throws {
        var keys = attempt.plan.claims.union(attempt.plan.oldEntries.outside)
        let capabilities = store.capabilities
        if !capabilities.integerAdd { keys.formUnion(attempt.plan.sums.keys) }
        keys.formUnion(try attempt.countingKeys(layout, capabilities))
        attempt.seen = keys.isEmpty ? [:] : try await rows(at: keys)
        try attempt.helpCounting(layout, rules, capabilities)
    }

    /// Looks at the records that hold what is to be claimed: false to begin anew.
    ///
    /// - Parameter staged: What records are going to hold that the same batch changes.
    func judgeClaims(_ attempt: inout ChangeAttempt, beside staged: [Key: Projection] = [:]) async throws -> Bool {
        attempt.stale = [:]
        let new = attempt.plan.newClaims.inside.union(attempt.plan.newClaims.outside)
        for claim in new.sorted() {
            guard let entry = attempt.seen[claim], !entry.isTombstone else { continue }
            let holder = try ClaimRow(entry.value).holder
            guard holder != attempt.change.key, rules.contains(.judgeHolder) else { continue }
            if let after = staged[holder], after.claims[claim] == nil, attempt.plan.newClaims.inside.contains(claim) {
                continue
            }
            let row = try await read(holder, attempt.shape)
            if row.projection.claims[claim] == nil {
                attempt.stale[claim] = row
            } else if row.isExpired {
                let expiry = Change(key: holder, condition: .expired, editing: { _ in .deleted })
                _ = try await apply(expiry, attempt.shape)
                return false
            } else {
                throw RecordError(
                    .notUnique,
                    "Another record holds a value that is declared unique.",
                    ["type": attempt.shape.name, "index": attempt.after.claims[claim] ?? ""]
                )
            }
        }
        return true
    }

    /// Steps 1 to 3: false to begin anew.
    func prewrite(_ attempt: inout ChangeAttempt) async throws -> Bool {
        attempt.touched.formUnion(attempt.plan.outside)
        var first: [WriteBatch.Operation] = []
        if rules.contains(.intentFirst) {
            let intent = IntentRow(record: attempt.change.key, rows: attempt.touched)
            first.append(WriteBatch.Operation(.put(intent.encoded), at: attempt.intent))
        }
        if attempt.row.entry == nil, rules.contains(.realRevision) {
            first.append(WriteBatch.Operation(.bury, at: attempt.change.key, if: .vacant))
        }
        let pieces = store.capabilities.batchScope == .key ? first.map { [$0] } : [first]
        for piece in pieces where !piece.isEmpty {
            guard let receipt = try settled(await write(piece)) else { return false }
            if piece.last?.action == .bury { attempt.revision = receipt.outcomes.last?.revision }
        }
        if rules.contains(.rewriteFirst) {
            for holder in attempt.staleHolders(of: attempt.plan.newClaims.outside) {
                guard try settled(await write([holder.rewriting])) != nil else { return false }
            }
        }
        return rules.contains(.entriesFirst) ? try await writeNew(&attempt) : true
    }

    /// Step 3, each row by itself: false to begin anew.
    private func writeNew(_ attempt: inout ChangeAttempt) async throws -> Bool {
        let batches = attempt.newRows(rules, layout).map { WriteBatch([$0]) }
        var isWhole = true
        for (batch, result) in zip(batches, await store.write(each: batches)) {
            guard let receipt = try settled(result) else {
                isWhole = false
                continue
            }
            if let revision = receipt.outcomes[0].revision { attempt.written[batch.operations[0].key] = revision }
        }
        return isWhole
    }

    private func settled(_ result: Result<WriteReceipt, StoreError>) throws(StoreError) -> WriteReceipt? {
        switch result {
        case .success(let receipt): return receipt
        case .failure(let error):
            guard RecordWriter.beginsAnew(error) else { throw error }
            return nil
        }
    }

    /// Steps 5 and 6. The change is done, so nothing here is an error.
    @discardableResult
    func finish(_ attempt: ChangeAttempt, _ receipt: ChangeReceipt) async -> ChangeReceipt {
        var receipt = receipt
        guard !attempt.touched.isEmpty else { return receipt }
        let (operations, isWhole) = attempt.releases(rules, layout, store.capabilities)
        let results = operations.isEmpty ? [] : await store.write(each: operations.map { WriteBatch([$0]) })
        let isReleased = results.allSatisfy { result in
            // What is no longer as it was seen belongs to somebody else now.
            if case .failure(let error) = result { error.code == .preconditionFailed } else { true }
        }
        if isWhole, isReleased, rules.contains(.intentFirst) {
            // Left behind, the intent costs the sweeper a look and nothing else.
            if case .success = await write([WriteBatch.Operation(.delete, at: attempt.intent)]) { return receipt }
        }
        receipt.indexesPending = true
        return receipt
    }

    /// Takes back what attempts that did not come to an end have written beside the record.
    func abandon(_ attempt: ChangeAttempt) async throws {
        guard !attempt.touched.isEmpty else { return }
        let repairer = Repairer(writer: self)
        let intent = IntentRow(record: attempt.change.key, rows: attempt.touched)
        guard try await repairer.settle(intent, attempt.shape) else { return }
        _ = await write([WriteBatch.Operation(.delete, at: attempt.intent)])
    }
}
