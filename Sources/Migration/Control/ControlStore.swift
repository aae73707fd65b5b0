public import KeyValue

/// The rows of one migration in its control store: the record, the clients, the ranges, the audit log.
///
/// Any linearizable store with conditional writes can be a control store, also one of the two that take part, as long
/// as everybody reaches it. The rows lie in the local half of reserved space, in one partition a migration.
public struct ControlStore: Sendable {
    package let store: any KeyValueStore
    /// The migration's name.
    public let name: String
    let environment: StoreEnvironment

    /// The control of the migration with this name, of 1 to 100 bytes.
    public init(
        _ store: any KeyValueStore,
        name: String,
        environment: StoreEnvironment = .live
    ) throws(StoreError) {
        guard store.capabilities.conditionalWrite, store.capabilities.consistency == .linearizable else {
            throw .unsupported("A migration is controlled from a linearizable store with conditional writes.")
        }
        guard (1...100).contains(name.utf8.count) else {
            throw .invalidArgument("The name of a migration has 1 to 100 bytes.", ["bytes": "\(name.utf8.count)"])
        }
        self.store = store
        self.name = name
        self.environment = environment
    }

    private var partition: [UInt8] { Array("migration/\(name)".utf8) }

    func key(_ kind: String, _ number: UInt64? = nil) -> Key {
        var writer = KeyWriter()
        for byte in kind.utf8 { writer.append(byte: byte) }
        if let number { writer.append(integer: number) }
        return Key(partition: partition, bytes: writer.bytes, space: .reservedLocal)
    }

    /// The rows of a kind whose keys end with a number, in the order of their numbers.
    func rows(_ kind: String) async throws(StoreError) -> [(number: UInt64, entry: Entry)] {
        let range = KeyRange.prefix(Array(kind.utf8), of: partition, in: .reservedLocal)
        var found: [(number: UInt64, entry: Entry)] = []
        var cursor: Cursor?
        repeat {
            let page = try await store.scan(range, ScanOptions(), after: cursor)
            for row in page {
                var reader = KeyReader(Array(row.keyBytes.dropFirst(kind.utf8.count)))
                guard let number = reader.integer(), reader.isAtEnd else { throw .damagedControl }
                found.append((number, row.entry))
            }
            cursor = page.cursor
        } while cursor != nil
        return found
    }

    /// Writes one row; false when the precondition does not hold. A write of unknown outcome is looked for, and sent
    /// again if it is not there: either the precondition is one that it breaks itself, so that it is applied once, or
    /// the row may be written twice.
    func put(_ value: [UInt8], at key: Key, if precondition: Precondition?) async throws(StoreError) -> Bool {
        let id = environment.makeWriteID()
        let batch = WriteBatch([WriteBatch.Operation(.put(value), at: key, if: precondition)], id: id)
        for attempt in 1... {
            do throws(StoreError) {
                _ = try await store.write(batch)
                return true
            } catch {
                switch error.code {
                case .preconditionFailed where attempt == 1: return false
                case .preconditionFailed: return try await store.get(key)?.revision.isWritten(by: id) ?? false
                case .outcomeUnknown where attempt < ControlStore.attemptsMax:
                    if let entry = try await store.get(key), entry.revision.isWritten(by: id) { return true }
                default: throw error
                }
            }
        }
        return false
    }

    private static let attemptsMax = 8
}

// MARK: - The record

extension ControlStore {
    private static let record = "record"

    /// The control record and its revision; nil when there is no migration of this name.
    func readRecord() async throws(StoreError) -> (record: ControlRecord, revision: Revision)? {
        guard let entry = try await store.get(key(ControlStore.record)) else { return nil }
        return (try ControlRecord(encoded: entry.value), entry.revision)
    }

    /// Whether there is a migration of this name.
    public func isPlanned() async throws(StoreError) -> Bool { try await readRecord() != nil }

    /// The control record; throws `StoreError.Code.invalidArgument` when there is no migration of this name, and
    /// `StoreError.Code.newerFormat` when a newer release controls it.
    public func read() async throws(StoreError) -> ControlRecord {
        guard let (record, _) = try await readRecord() else {
            throw .invalidArgument("There is no migration of this name: plan one first.", ["migration": name])
        }
        return record
    }

    /// Makes the record of a new migration.
    func create(_ record: ControlRecord) async throws(StoreError) {
        guard !record.source.isSameStore(as: record.target) else {
            throw .invalidArgument(
                "Source and target are one store: name another target.",
                ["source": record.source.name, "target": record.target.name]
            )
        }
        guard try await put(record.encoded, at: key(ControlStore.record), if: .absent) else { throw nameIsTaken }
    }

    /// Throws when there is a migration of this name.
    func requireUnplanned() async throws(StoreError) { if try await isPlanned() { throw nameIsTaken } }

    private var nameIsTaken: StoreError {
        .invalidArgument("There is a migration of this name already: choose another.", ["migration": name])
    }

    /// Becomes the controller: nobody who was it before changes the record any more; the fencing token to change it
    /// with.
    func takeOver(actor: String, milliseconds: UInt64) async throws(StoreError) -> UInt64 {
        try await update(actor: actor, milliseconds: milliseconds) { (record) throws(StoreError) in
            record.controller += 1
            return "took over"
        }.controller
    }

    /// Changes the record by compare-and-set, and adds a line to the audit log; the record as it is then.
    ///
    /// - Parameters:
    ///   - token: the controller's fencing token. One that is smaller than the record's is refused with
    ///     `StoreError.Code.locked`: another controller has taken over.
    ///   - milliseconds: the time, for the log.
    ///   - change: makes the change, of which it may be asked several times; what was done, in words, nil for a change
    ///     that needs no line.
    func change(
        token: UInt64,
        actor: String,
        milliseconds: UInt64,
        _ change: (inout ControlRecord) throws(StoreError) -> String?
    ) async throws(StoreError) -> ControlRecord {
        try await update(actor: actor, milliseconds: milliseconds) { (record) throws(StoreError) in
            guard record.controller <= token else {
                throw StoreError(
                    .locked,
                    "Another controller has taken over this migration: let it go on, or stop it first.",
                    ["migration": name]
                )
            }
            record.controller = token
            return try change(&record)
        }
    }

    /// Takes down in the record how much is not proven, for whoever reads it. What decides is the proof itself.
    func noteDebt() async throws(StoreError) {
        let debt = try await proofReport().debt
        _ = try await update(actor: "", milliseconds: 0) { (record) throws(StoreError) in
            record.debt = debt
            return nil
        }
    }

    /// Adds a line to the audit log.
    func log(_ text: String, actor: String, milliseconds: UInt64) async throws(StoreError) {
        _ = try await update(actor: actor, milliseconds: milliseconds) { (_) throws(StoreError) in text }
    }

    private func update(
        actor: String,
        milliseconds: UInt64,
        _ change: (inout ControlRecord) throws(StoreError) -> String?
    ) async throws(StoreError) -> ControlRecord {
        while true {
            guard let (before, revision) = try await readRecord() else { return try await read() }
            var record = before
            if let text = try change(&record) {
                // The line before has no row of its own yet.
                try await keep(before.lastAudit)
                record.lastAudit = AuditEntry(
                    number: before.lastAudit.number + 1,
                    milliseconds: milliseconds,
                    actor: actor.prefix(bytesMax: ControlRecord.nameBytesMax),
                    text: text.prefix(bytesMax: AuditEntry.textBytesMax)
                )
            }
            if record == before { return record }
            if try await put(record.encoded, at: key(ControlStore.record), if: .revision(revision)) { return record }
            if Task.isCancelled { throw .cancelled }
        }
    }
}

// MARK: - The audit log

extension ControlStore {
    private static let audit = "audit"

    private func keep(_ entry: AuditEntry) async throws(StoreError) {
        // One that is there already is the same.
        _ = try await put(entry.encoded, at: key(ControlStore.audit, entry.number), if: .absent)
    }

    /// The audit log from its first line to its last.
    public func auditLog() async throws(StoreError) -> [AuditEntry] {
        var entries: [AuditEntry] = []
        for (_, entry) in try await rows(ControlStore.audit) { entries.append(try AuditEntry(encoded: entry.value)) }
        let last = try await read().lastAudit
        if entries.last?.number ?? 0 < last.number || entries.isEmpty { entries.append(last) }
        return entries
    }
}

// MARK: - Clients and ranges

extension ControlStore {
    private static let client = "client"
    private static let range = "range"

    func register(_ client: UInt64, _ registration: ClientRegistration) async throws(StoreError) {
        _ = try await put(registration.encoded, at: key(ControlStore.client, client), if: nil)
    }

    func unregister(_ client: UInt64, if precondition: Precondition? = nil) async throws(StoreError) {
        _ = try await store.delete(key(ControlStore.client, client), if: precondition)
    }

    func clients() async throws(StoreError) -> [(id: UInt64, registration: ClientRegistration, revision: Revision)] {
        var found: [(id: UInt64, registration: ClientRegistration, revision: Revision)] = []
        for (number, entry) in try await rows(ControlStore.client) {
            found.append((number, try ClientRegistration(encoded: entry.value), entry.revision))
        }
        return found
    }

    func ranges() async throws(StoreError) -> [(number: UInt64, range: RangeRecord, revision: Revision)] {
        var found: [(number: UInt64, range: RangeRecord, revision: Revision)] = []
        for (number, entry) in try await rows(ControlStore.range) {
            found.append((number, try RangeRecord(encoded: entry.value), entry.revision))
        }
        return found
    }

    /// Keeps how far a range has come; false when somebody else has written it meanwhile.
    func keep(
        _ range: RangeRecord,
        number: UInt64,
        if precondition: Precondition
    ) async throws(StoreError) -> Bool {
        try await put(range.encoded, at: key(ControlStore.range, number), if: precondition)
    }
}

// MARK: - The fence of the callers of migrating stores

extension ControlStore {
    private static let fence = "fence"

    func callersFence() async throws(StoreError) -> Fence {
        guard let entry = try await store.get(key(ControlStore.fence)) else { return .open }
        return try Fence(encoded: entry.value)
    }

    func setCallersFence(_ fence: Fence, expecting expected: Fence) async throws(StoreError) {
        let entry = try await store.get(key(ControlStore.fence))
        let present = try entry.map { (entry) throws(StoreError) in try Fence(encoded: entry.value) } ?? .open
        try present.allow(fence, expecting: expected)
        let precondition = entry.map { Precondition.revision($0.revision) } ?? .absent
        guard try await put(fence.encoded, at: key(ControlStore.fence), if: precondition) else {
            throw StoreError(
                .staleMode,
                "The fence has been changed meanwhile: read it again.",
                ["expected": "\(expected.epoch)"]
            )
        }
    }
}
