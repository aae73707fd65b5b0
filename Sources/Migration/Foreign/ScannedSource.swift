public import KeyValue

/// A raw view whose writers nothing tells of, as the source of a migration: what its operator says stands in for capture.
///
/// It has no marks. The operator stops the writers and confirms it; then everything is compared once more, and what
/// differs is carried over, before the switch. That nothing is lost rests on the operator's word. What was confirmed lies
/// in the control store.
struct ScannedSource: ForeignCapture {
    let base: any ReadOnlyStore
    let control: ControlStore
    private let identity: StoreIdentity

    /// Throws `StoreError.Code.unsupported` for a view of one moment, which would not show what is written later.
    init(_ base: any ReadOnlyStore, _ control: ControlStore) throws(StoreError) {
        guard !base.capabilities.snapshots else {
            throw .unsupported(
                "This view shows one moment and no change after it: say in its URL how to capture, as capture=triggers."
            )
        }
        self.base = base
        self.control = control
        identity = control.environment.makeIdentity()
    }

    let guarantee = ForeignGuarantee.scanned
    var system: String { base.system }
    var capabilities: Capabilities {
        .foreign(limits: base.capabilities.limits, order: base.capabilities.order)
    }

    // MARK: - Reading

    func get(_ keys: [Key], _ options: ReadOptions) async throws(StoreError) -> [Entry?] {
        try await base.get(keys, options).map { entry in
            entry.map { Entry(key: $0.key, value: $0.value, revision: revision($0)) }
        }
    }

    private func revision(_ entry: Entry) -> Revision {
        Revision(store: identity, key: entry.key, nonce: Revision.nonce(digesting: entry.value))
    }

    func scan(_ range: KeyRange, _ options: ScanOptions, after cursor: Cursor?) async throws(StoreError) -> ScanPage {
        let page = try await base.scan(range, options, after: cursor)
        var builder = ScanPageBuilder(store: identity, space: range.space, options: options)
        for row in page {
            let entry = row.entry
            let nonce = Revision.nonce(digesting: entry.value)
            builder.append(entry.key, value: entry.value, nonce: nonce, isTombstone: false)
        }
        return builder.page(cursor: page.cursor)
    }

    func snapshot() async throws(StoreError) -> any StoreSnapshot { try await base.snapshot() }

    func partitions(
        in space: KeySpace,
        limit: Int,
        after cursor: Cursor?
    ) async throws(StoreError) -> PartitionPage {
        try await base.partitions(in: space, limit: limit, after: cursor)
    }

    func count(_ range: KeyRange, _ options: ReadOptions) async throws(StoreError) -> Measurement {
        try await base.count(range, options)
    }

    func status() async throws(StoreError) -> StoreStatus { try await base.status() }

    func close() async { await base.close() }

    // MARK: - Capture

    func marks(in bin: Bin, limit: Int, after cursor: Cursor?) async throws(StoreError) -> MarkPage {
        try check(bin)
        return MarkPage(marks: [], cursor: nil)
    }

    func clearMarks(_ ids: [MarkID], in bin: Bin) async throws(StoreError) { try check(bin) }

    func installCapture() async throws(StoreError) { _ = try await control.freeze() }

    func captureReport() async throws(StoreError) -> ForeignCaptureReport {
        let freeze = try await control.freeze()
        return ForeignCaptureReport(identity: freeze.identity, gaps: freeze.count, isRefusing: freeze.isConfirmed)
    }

    func removeCapture() async throws(StoreError) {}

    func refuseForeignWriters(waitMax: Duration) async throws(StoreError) {
        guard try await control.freeze().isConfirmed else {
            throw .invalidArgument("Stop the programs that write the source, and say so with: migrate foreign freeze.")
        }
    }

    func admitForeignWriters() async throws(StoreError) { try await control.thaw() }
}

/// What the operator has said of the writers of a source that nothing else tells of.
struct SourceFreeze: Hashable, Sendable {
    /// Bits that stand in for those by which a store is recognised.
    var identity: MarkID
    /// How often it was confirmed.
    var count: UInt64 = 0
    /// Whether nobody writes now.
    var isConfirmed = false
}

extension ControlStore {
    private static let freezeKind = "freeze"

    /// What was said last; drawn anew when nothing was.
    func freeze() async throws(StoreError) -> SourceFreeze {
        if let (freeze, _) = try await readFreeze() { return freeze }
        _ = try await keep(SourceFreeze(identity: environment.makeMarkID()), if: .absent)
        guard let (freeze, _) = try await readFreeze() else {
            throw StoreError(.unavailable, "The store does not keep what was written to it: check it first.")
        }
        return freeze
    }

    /// The operator's word that nobody writes the source from now on, which has everything compared once more.
    ///
    /// It stands until a cutover is taken back, or the migration is given up.
    ///
    /// - Parameters:
    ///   - actor: whose word it is, for the audit log.
    ///   - milliseconds: the time since 1970, for the audit log.
    public func confirmFreeze(actor: String, milliseconds: UInt64) async throws(StoreError) {
        try await log("confirmed that nobody writes the source", actor: actor, milliseconds: milliseconds)
        try await removeProof()
        try await noteDebt()
        try await changeFreeze { freeze in
            freeze.count += 1
            freeze.isConfirmed = true
        }
    }

    func thaw() async throws(StoreError) { try await changeFreeze { $0.isConfirmed = false } }

    private func changeFreeze(_ change: (inout SourceFreeze) -> Void) async throws(StoreError) {
        while true {
            _ = try await freeze()
            guard let found = try await readFreeze() else { continue }
            var freeze = found.freeze
            change(&freeze)
            if try await keep(freeze, if: .revision(found.revision)) { return }
        }
    }

    private func readFreeze() async throws(StoreError) -> (freeze: SourceFreeze, revision: Revision)? {
        guard let entry = try await store.get(key(ControlStore.freezeKind)) else { return nil }
        var reader = KeyReader(entry.value)
        guard let high = reader.integer(), let low = reader.integer(), let count = reader.integer(),
            let isConfirmed = reader.flag(), reader.isAtEnd, count < 1 << 62
        else { throw .damagedControl }
        let identity = MarkID(high: high, low: low)
        return (SourceFreeze(identity: identity, count: count, isConfirmed: isConfirmed), entry.revision)
    }

    private func keep(_ freeze: SourceFreeze, if precondition: Precondition) async throws(StoreError) -> Bool {
        var writer = KeyWriter()
        writer.append(integer: freeze.identity.high)
        writer.append(integer: freeze.identity.low)
        writer.append(integer: freeze.count)
        writer.append(flag: freeze.isConfirmed)
        return try await put(writer.bytes, at: key(ControlStore.freezeKind), if: precondition)
    }
}
