import KeyValue
import Tuples

/// The end of a transaction: all its changes in one batch, with everything that it read as preconditions.
///
/// Each change goes the way of any other, from its intent on, but step 4 is the same batch for all of them. That batch
/// is the moment of the transaction: what was read is so at that moment, so transactions are as if they had run one
/// after the other, in the order of their batches.
struct TransactionCommit {
    let writer: RecordWriter
    let view: SchemaView
    let reads: [Key: Precondition]
    let staged: [Key: StagedChange]
    /// What was at the keys of ``staged``.
    let rows: [Key: RecordRow]
    private var attempts: [ChangeAttempt] = []

    init(
        _ writer: RecordWriter,
        _ view: SchemaView,
        reads: [Key: Precondition],
        staged: [Key: StagedChange],
        rows: [Key: RecordRow]
    ) {
        self.writer = writer
        self.view = view
        self.reads = reads
        self.staged = staged
        self.rows = rows
    }

    /// Whether it was written; if not, something that was read has changed.
    mutating func run() async throws -> Bool {
        do {
            if try await prepare(), writer.isHeld(view), try await write() { return true }
        } catch let error as RecordError {
            try await abandon()
            throw error
        }
        try await abandon()
        return false
    }

    /// Steps 1 to 3 of every change: false to begin anew.
    private mutating func prepare() async throws -> Bool {
        let capabilities = writer.store.capabilities
        try requireUniqueClaims()
        for (key, change) in staged.sorted(by: { $0.key < $1.key }) {
            guard let row = rows[key] else { continue }
            let intent = try writer.layout.key(
                .intent,
                change.shape.name,
                [.bytes(key.bytes), .integer(Int64(bitPattern: writer.environment.random()))],
                in: key.partition
            )
            let edited = change.content.map { Edited.content($0) } ?? .deleted
            var attempt = ChangeAttempt(
                change: Change(key: key, condition: .none, editing: { _ in edited }),
                shape: change.shape,
                version: change.version,
                intent: intent
            )
            guard try attempt.prepare(row, writer.layout, capabilities) else { continue }
            try await writer.readBeside(&attempt)
            guard try await writer.tellBehind(attempt.plan.behind, of: attempt.shape) else { return false }
            let isClear = try await writer.judgeClaims(&attempt, beside: staged.mapValues(\.projection))
            let isWhole = try await !attempt.plan.isInside && isClear ? writer.prewrite(&attempt) : isClear
            attempts.append(attempt)
            guard isWhole else { return false }
        }
        return true
    }

    private func requireUniqueClaims() throws(RecordError) {
        var claims: Set<Key> = []
        for change in staged.values {
            for (claim, index) in change.projection.claims where !claims.insert(claim).inserted {
                throw RecordError(
                    .notUnique,
                    "Two records of the transaction hold a value that is declared unique.",
                    ["type": change.shape.name, "index": index]
                )
            }
        }
    }

    /// Step 4, once for all: false to begin anew.
    private func write() async throws -> Bool {
        let operations = try operations()
        guard !operations.isEmpty else { return true }
        let batch = WriteBatch(operations, id: writer.environment.makeWriteID())
        var isUnknown = false
        for _ in 0..<RecordWriter.attemptsMax {
            do throws(StoreError) {
                _ = try await writer.store.write(batch)
                await finish()
                return true
            } catch {
                switch error.code {
                case .preconditionFailed where !isUnknown: return false
                case .outcomeUnknown, .preconditionFailed:
                    // What only looks leaves no trace, and can be looked at again.
                    guard !attempts.isEmpty else { return false }
                    guard writer.rules.contains(.recogniseCommit) else { return false }
                    isUnknown = true
                    if try await wasWritten() {
                        await finish()
                        return true
                    }
                default:
                    guard isUnknown else { throw error }
                    throw TransactionCommit.unknown
                }
            }
        }
        throw TransactionCommit.unknown
    }

    /// Whether a batch of unknown outcome was applied, or not yet. Throws where that can't be known any more.
    private func wasWritten() async throws -> Bool {
        var isUntouched = false
        for attempt in attempts {
            let row = try await writer.read(attempt.change.key, attempt.shape)
            if let version = attempt.receipt.version, row.envelope?.version == version { return true }
            if row.entry?.revision == attempt.revision ?? attempt.row.entry?.revision { isUntouched = true }
        }
        guard isUntouched else { throw TransactionCommit.unknown }
        return false
    }

    private static var unknown: StoreError {
        StoreError(
            .outcomeUnknown,
            "The fate of the transaction can't be seen any more: read its records to learn their state."
        )
    }

    /// Every key once: a record's own write before another's look at it, a claim taken before the same claim left.
    private func operations() throws(RecordError) -> [WriteBatch.Operation] {
        let capabilities = writer.store.capabilities
        var byKey: [Key: WriteBatch.Operation] = [:]
        let changed = Set(attempts.map(\.row.key))
        for attempt in attempts {
            try RecordWriter.requireScope(for: attempt.shape, capabilities)
            for operation in attempt.recordBatch(writer.rules, capabilities) {
                guard operation.key == attempt.row.key || !changed.contains(operation.key) else { continue }
                if case .put = operation.action {} else if byKey[operation.key] != nil { continue }
                byKey[operation.key] = operation
            }
        }
        for operation in try additions(capabilities) { byKey[operation.key] = operation }
        for (key, precondition) in reads {
            if byKey[key] == nil {
                byKey[key] = WriteBatch.Operation(.check, at: key, if: precondition)
            } else if byKey[key]?.precondition == nil, !changed.contains(key) {
                byKey[key]?.precondition = precondition
            }
        }
        guard byKey.count <= capabilities.limits.batchOperationsMax else {
            throw RecordError(
                .tooLarge,
                "The transaction takes more operations than a batch of the store: make it smaller.",
                ["operations": "\(byKey.count)", "maximum": "\(capabilities.limits.batchOperationsMax)"]
            )
        }
        return byKey.values.sorted { $0.key < $1.key }
    }

    private func additions(_ capabilities: Capabilities) throws(RecordError) -> [WriteBatch.Operation] {
        var sums: [Key: (amount: Int64, attempt: ChangeAttempt)] = [:]
        for attempt in attempts {
            for (key, amount) in attempt.plan.sums {
                let (sum, overflows) = amount.addingReportingOverflow(sums[key]?.amount ?? 0)
                guard !overflows else {
                    throw RecordError(.tooLarge, "The change of a sum leaves the range of a 64-bit integer.")
                }
                sums[key] = (sum, attempt)
            }
        }
        return sums.filter { $0.value.amount != 0 }.map { key, sum in
            sum.attempt.addition(of: sum.amount, to: key, capabilities)
        }
    }

    private func finish() async {
        for attempt in attempts { await writer.finish(attempt, attempt.receipt) }
    }

    private func abandon() async throws {
        for attempt in attempts { try await writer.abandon(attempt) }
    }
}
