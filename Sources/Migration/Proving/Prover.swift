import KeyValue

/// Proves that both stores hold the same, beside clients that go on writing.
///
/// A key is proven once its rows were seen equal, or once its row in the origin was seen to change: every change is
/// marked, and what is marked is carried over before the next switch. So when every key has been proven once and
/// nothing is marked, both stores are equal.
///
/// What differs is looked at again after everything that was marked has been carried over, by the prover itself. If
/// neither row has changed meanwhile, no mark named the key, and the difference is one that should not be. Anything
/// else was only on its way.
struct Prover: Sendable {
    private static let generationsMax = 8
    private static let page = ScanOptions(limit: 4_096, bytesMax: 1 << 20)
    /// For how long pages are proven before it is kept how far they went.
    private static let chunkTime = Duration.milliseconds(500)

    private typealias Row = Slot<[UInt8], Revision>

    private let stores: MigrationStores
    private let leases: LeaseKeeper
    private let environment: StoreEnvironment
    private let milliseconds: @Sendable () -> UInt64
    private var lease: Lease?
    private var watch = LeaseWatch()

    init(
        _ stores: MigrationStores,
        lease: Duration,
        environment: StoreEnvironment,
        milliseconds: @escaping @Sendable () -> UInt64
    ) throws(StoreError) {
        self.stores = stores
        self.environment = environment
        self.milliseconds = milliseconds
        leases = try LeaseKeeper(store: stores.control.store, duration: lease, environment: environment)
    }

    /// Proves pages for a while.
    mutating func step() async throws(StoreError) -> LiveCopier.Step {
        let known = try await stores.control.readProof()
        let suspects = try await stores.control.suspects()
        let isThrough = known.map { $0.proof.place == nil } ?? false
        if isThrough, suspects.isEmpty { return .finished }
        let record = try await stores.control.read()
        guard !record.mode.isHeld, let direction = record.mode.direction, record.state.mayReconcile(direction),
            record.throttle.resting(at: milliseconds()) == nil
        else { return .resting }
        guard let lease = try await hold() else { return .taken }
        if isThrough {
            let rows = try await rows(suspects, direction.origin)
            guard try await prove(suspects, rows, of: direction.origin, direction) != nil else { return .resting }
            for key in suspects { try await stores.control.remove(suspect: key) }
            try await stores.control.noteDebt()
            return .copied
        }
        var proof = known?.proof ?? ProofRecord(token: lease.token, began: milliseconds())
        guard let place = proof.place, proof.token <= lease.token else { return .taken }
        proof.token = lease.token
        if known == nil { try await stores.control.noteDebt() }
        let before = proof.place
        let deadline = environment.now() + Prover.chunkTime
        var next: ProofRecord.Place? = place
        while let place = next {
            let page = try await stores[place.side].scan(.all(in: place.space), Prover.page, after: place.cursor)
            // What can't be proven now is tried again, and what was proven before is kept.
            guard let moved = try await prove(page, of: place.side, direction) else { break }
            proof.moved += UInt64(moved)
            if place.side == .source {
                proof.records += UInt64(page.count)
            } else {
                proof.targetRecords += UInt64(page.count)
            }
            next = place.next(page.cursor)
            proof.place = next
            if environment.now() >= deadline { break }
        }
        if proof.place == before { return .resting }
        if proof.place == nil { proof.ended = milliseconds() }
        _ = try await stores.control.keep(proof, if: known.map { .revision($0.revision) } ?? .absent)
        if proof.place == nil {
            try await stores.control.noteDebt()
            try await leases.release(lease)
            self.lease = nil
        }
        return .copied
    }

    /// Lets it look as if everything had been proven. Only for tests of what happens then.
    func pretend() async throws(StoreError) -> LiveCopier.Step {
        guard try await stores.control.readProof() == nil else { return .finished }
        var proof = ProofRecord(token: 0, began: 0)
        proof.place = nil
        _ = try await stores.control.keep(proof, if: .absent)
        return .finished
    }

    private mutating func hold() async throws(StoreError) -> Lease? {
        if let held = lease, let renewed = try await leases.renew(held) {
            lease = renewed
        } else {
            lease = try await leases.acquire("migration/\(stores.control.name)/proof", &watch)
        }
        return lease
    }

    private func prove(_ page: ScanPage, of side: Side, _ direction: Direction) async throws(StoreError) -> Int? {
        var rows: [Row] = []
        var keys: [Key] = []
        for row in page {
            let entry = row.entry
            rows.append(Slot(entry))
            keys.append(entry.key)
        }
        return try await prove(keys, rows, of: side, direction)
    }

    /// Proves these keys, whose rows of one side were just read; how many of them were on their way, nil when some could
    /// not be proven now.
    private func prove(
        _ keys: [Key],
        _ known: [Row],
        of side: Side,
        _ direction: Direction
    ) async throws(StoreError) -> Int? {
        let others = try await rows(keys, side.other)
        var (origin, destination) = side == direction.origin ? (known, others) : (others, known)
        var suspects = keys.indices.filter { origin[$0].value != destination[$0].value }.map { index in
            (key: keys[index], origin: origin[index], destination: destination[index])
        }
        let moved = suspects.count
        for _ in 0..<Prover.generationsMax where !suspects.isEmpty {
            let pass = try await Reconciler(stores).pass(direction)
            if pass.isOver { return nil }
            let keys = suspects.map(\.key)
            (origin, destination) = (
                try await rows(keys, direction.origin), try await rows(keys, direction.destination)
            )
            var left: [(key: Key, origin: Row, destination: Row)] = []
            for (suspect, (origin, destination)) in zip(suspects, zip(origin, destination)) {
                // Carried over by now, or it has changed since: then it is marked.
                if origin.value == destination.value || origin.token != suspect.origin.token { continue }
                if pass.listed == pass.cleared, destination.token == suspect.destination.token {
                    try await note(suspect.key, origin, destination, direction)
                } else {
                    left.append((suspect.key, origin, destination))
                }
            }
            suspects = left
        }
        return suspects.isEmpty ? moved : nil
    }

    private func rows(_ keys: [Key], _ side: Side) async throws(StoreError) -> [Row] {
        try await stores[side].slots(of: keys)
    }

    private func note(
        _ key: Key,
        _ origin: Row,
        _ destination: Row,
        _ direction: Direction
    ) async throws(StoreError) {
        let (source, target) = direction == .forward ? (origin, destination) : (destination, origin)
        let kind: Difference.Kind = source.value == nil ? .extra : target.value == nil ? .missing : .different
        let now = milliseconds()
        var difference = FoundDifference(kind: kind, key: key, firstSeen: now, lastSeen: now)
        if let known = try await stores.control.difference(difference.key.number), known.key == key {
            difference.firstSeen = known.firstSeen
        }
        try await stores.control.keep(difference)
    }
}

// MARK: - What is kept

extension ControlStore {
    private static let proof = "proof"
    private static let difference = "difference"
    private static let suspect = "suspect"

    func readProof() async throws(StoreError) -> (proof: ProofRecord, revision: Revision)? {
        guard let entry = try await store.get(key(ControlStore.proof)) else { return nil }
        return (try ProofRecord(encoded: entry.value), entry.revision)
    }

    /// Keeps how far the proof has come; false when somebody else has written it meanwhile.
    func keep(_ proof: ProofRecord, if precondition: Precondition) async throws(StoreError) -> Bool {
        try await put(proof.encoded, at: key(ControlStore.proof), if: precondition)
    }

    /// Lets the proof begin anew.
    func removeProof() async throws(StoreError) { _ = try await store.delete(key(ControlStore.proof)) }

    /// Keys of which a client saw that the stores differ. Most of them are only on their way.
    func suspects() async throws(StoreError) -> [Key] {
        var keys: [Key] = []
        for (_, entry) in try await rows(ControlStore.suspect) {
            var reader = KeyReader(entry.value)
            guard let key = reader.key(), reader.isAtEnd else { throw .damagedControl }
            keys.append(key)
        }
        return keys
    }

    func keep(suspect key: Key) async throws(StoreError) {
        var writer = KeyWriter()
        writer.append(key: key)
        _ = try await put(writer.bytes, at: self.key(ControlStore.suspect, key.number), if: nil)
    }

    func remove(suspect key: Key) async throws(StoreError) {
        _ = try await store.delete(self.key(ControlStore.suspect, key.number))
    }

    func difference(_ number: UInt64) async throws(StoreError) -> FoundDifference? {
        guard let entry = try await store.get(key(ControlStore.difference, number)) else { return nil }
        return try FoundDifference(encoded: entry.value)
    }

    func keep(_ difference: FoundDifference) async throws(StoreError) {
        _ = try await put(difference.encoded, at: key(ControlStore.difference, difference.key.number), if: nil)
    }

    func differences() async throws(StoreError) -> [FoundDifference] {
        var found: [FoundDifference] = []
        for (_, entry) in try await rows(ControlStore.difference) {
            found.append(try FoundDifference(encoded: entry.value))
        }
        return found
    }

    func remove(_ difference: FoundDifference) async throws(StoreError) {
        _ = try await store.delete(key(ControlStore.difference, difference.key.number))
    }

    /// What has been proven, and what not.
    func proofReport() async throws(StoreError) -> ProofReport {
        let proof = try await readProof()?.proof
        let copied = try await ranges().reduce(UInt64(0)) { $0 + $1.range.rows }
        let differences = try await differences()
        let isThrough = proof.map { $0.place == nil } ?? false
        let left = isThrough ? 0 : max(1, copied - min(copied, proof?.records ?? 0))
        return ProofReport(
            isComplete: isThrough && differences.isEmpty,
            records: proof?.records ?? 0,
            targetRecords: proof?.targetRecords ?? 0,
            moved: proof?.moved ?? 0,
            debt: left + UInt64(differences.count),
            began: proof?.began,
            ended: isThrough ? proof?.ended : nil,
            differences: differences.map(\.found)
        )
    }
}
