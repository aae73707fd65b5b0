import KeyValue
import Synchronization

/// Reads the schema on the store, changes it, and knows for how long what was read may be acted on.
///
/// No clocks are compared. A program acts on a view for nine tenths of the lease, counted from before it was read. Who
/// has changed the schema waits two leases: after the first, nobody sends anything any more that rests on the schema
/// before; after the second, nothing of it is on its way, since a store's calls end within a lease.
final class SchemaKeeper: Sendable {
    /// How often a change is tried while others change the schema.
    private static let attemptsMax = 32
    /// How much earlier a view ends than others wait for: one part in this many.
    private static let driftShare = 10
    static let leaseDefault = Duration.seconds(30)

    private let store: any KeyValueStore
    private let key: Key
    private let declared: [String: RecordShape]
    private let environment: StoreEnvironment
    private let rules: WriteRules
    private let held = Mutex<SchemaView?>(nil)

    init(
        store: any KeyValueStore,
        layout: RecordLayout,
        declared: [String: RecordShape],
        environment: StoreEnvironment,
        rules: WriteRules = .all
    ) throws(RecordError) {
        self.store = store
        self.declared = declared
        self.environment = environment
        self.rules = rules
        key = try layout.schemaKey()
    }

    /// Brings this program's declarations into the schema.
    ///
    /// - Throws: ``RecordError/Code/forbiddenChange`` and ``RecordError/Code/outdatedSchema``.
    func open(lease: Duration = SchemaKeeper.leaseDefault) async throws {
        let shapes = declared.values.sorted { $0.name < $1.name }
        let milliseconds = Int64(lease / .milliseconds(1))
        guard (10...3_600_000).contains(milliseconds) else {
            throw RecordError(.invalidDeclaration, "A schema is leased for 10 milliseconds to an hour.")
        }
        for _ in 0..<SchemaKeeper.attemptsMax {
            let entry = try await store.get(key)
            let stored =
                try entry.map { (entry) throws(RecordError) in try SchemaRow(entry.value).description }
                ?? SchemaDescription(epoch: 0, leaseMilliseconds: milliseconds, types: [])
            let merged = try SchemaEvolution.merging(shapes, into: stored)
            if rules.contains(.refuseUnknown) {
                for shape in shapes { try SchemaEvolution.admit(shape, under: merged) }
            }
            if merged == stored, entry != nil { return }
            if try await put(merged, over: entry) { return }
        }
        throw SchemaKeeper.contended
    }

    /// The schema as it may be acted on now: that which was read before, or read anew.
    func view() async throws -> SchemaView {
        if let view = held.withLock({ $0 }), isHeld(view) { return view }
        return try await refresh()
    }

    /// The schema, read now.
    @discardableResult
    func refresh() async throws -> SchemaView {
        let sent = environment.now()
        let (description, entry) = try await read()
        let lease = description.lease
        let view = try SchemaView(
            description,
            entry.revision,
            heldUntil: sent + lease - lease / SchemaKeeper.driftShare,
            declared,
            rules
        )
        held.withLock { $0 = view }
        return view
    }

    /// What was read last, whether or not it may still be acted on.
    var latest: SchemaView? { held.withLock { $0 } }

    /// Whether what rests on a view may still be sent.
    func isHeld(_ view: SchemaView) -> Bool {
        environment.now() < view.heldUntil || !rules.contains(.holdLease)
    }

    /// The description on the store, whoever may write under it.
    func read() async throws -> (SchemaDescription, Entry) {
        guard let entry = try await store.get(key) else {
            throw RecordError(.outdatedSchema, "The store has no schema of this namespace.")
        }
        return (try SchemaRow(entry.value).description, entry)
    }

    /// Changes the schema by compare-and-set; what it is now. `change` may be called again.
    func change(
        _ change: (inout SchemaDescription) throws(RecordError) -> Void
    ) async throws -> SchemaDescription {
        for _ in 0..<SchemaKeeper.attemptsMax {
            let (stored, entry) = try await read()
            var changed = stored
            try change(&changed)
            if changed == stored { return stored }
            if try await put(changed, over: entry) {
                try await refresh()
                return changed
            }
        }
        throw SchemaKeeper.contended
    }

    /// Waits until nothing that rests on an earlier schema than that of now can reach the store any more.
    func barrier() async throws {
        guard rules.contains(.barrier) else { return }
        let (description, _) = try await read()
        try await environment.sleep(description.lease * 2)
    }

    private func put(_ description: SchemaDescription, over entry: Entry?) async throws -> Bool {
        let value = try SchemaRow(description).encoded()
        do throws(StoreError) {
            try await store.put(value, at: key, if: entry.map { .revision($0.revision) } ?? .absent)
            return true
        } catch {
            // Of unknown outcome: what is there is read again, and says whether there is anything left to do.
            guard RecordWriter.beginsAnew(error) else { throw error }
            return false
        }
    }

    private static var contended: RecordError {
        RecordError(.contended, "Others changed the schema again and again: try later.")
    }
}

extension SchemaDescription {
    var lease: Duration { .milliseconds(leaseMilliseconds) }
}
