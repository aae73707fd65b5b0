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
    private let environment: StoreEnvironment
    private let milliseconds: @Sendable () -> UInt64
    private var leases: RangeLeases

    init(
        _ stores: MigrationStores,
        lease: Duration,
        environment: StoreEnvironment,
        milliseconds: @escaping @Sendable () -> UInt64
    ) throws(StoreError) {
        self.stores = stores
        self.environment = environment
        self.milliseconds = milliseconds
        let keeper = try LeaseKeeper(store: stores.control.store, duration: lease, environment: environment)
        leases = RangeLeases(keeper, name: "migration/\(stores.control.name)/proof")
    }

    /// The range beyond all others: keys of which a client saw that they differ.
    private static let suspects = UInt64.max

    /// Proves pages for a while, of as many parts as that takes.
    mutating func step() async throws(StoreError) -> LiveCopier.Step {
        let known = try await stores.control.readProof()
        let suspects = try await stores.control.suspects()
        let isThrough = known?.proof.ended != nil
        if isThrough, suspects.isEmpty { return .finished }
        let record = try await stores.control.read()
        guard !record.mode.isHeld, let direction = record.mode.direction, record.state.mayReconcile(direction),
            record.throttle.resting(at: milliseconds()) == nil
        else { return .resting }
        guard let (proof, revision) = known else {
            try await begin()
            return .copied
        }
        if isThrough { return try await step(through: suspects, direction) }
        let parts = proof.parts
        var open = try await openParts(of: proof)
        if open.isEmpty {
            try await end(proof, revision)
            return .copied
        }
        let deadline = environment.now() + Prover.chunkTime
        var rows: UInt64 = 0
        repeat {
            guard let (number, lease) = try await leases.acquire(open) else { return .taken }
            let known = try await stores.control.proofRange(number)
            var range = ProofRange(proof: proof.number, token: lease.token)
            if let before = known?.range, before.proof == proof.number {
                guard before.token <= lease.token else { return .taken }
                range = before
                range.token = lease.token
            }
            if !range.isThrough {
                let before = range.rows
                guard try await prove(parts[Int(number)], &range, direction, until: deadline) else { return .resting }
                rows += range.rows - before
                // If somebody else has taken over, that one's word counts. One who goes on with a proof that was asked for
                // anew has written what nobody reads.
                let precondition = known.map { Precondition.revision($0.revision) } ?? .absent
                _ = try await stores.control.keep(range, number: number, if: precondition)
            }
            guard range.isThrough else { break }
            try await leases.release()
            open.removeAll { $0 == number }
        } while !open.isEmpty && rows < Prover.page.limit && environment.now() < deadline
        return .copied
    }

    /// The parts that are not through; of these only the one in hand, where there is one. Those of both stores come by
    /// turns, so that the pace of the beginning tells how long the rest takes.
    private func openParts(of proof: ProofRecord) async throws(StoreError) -> [UInt64] {
        let numbers = proof.order
        if let number = leases.number, number < numbers.count { return [number] }
        let ranges = try await stores.control.proofRanges()
        return numbers.filter { number in
            ranges[number].map { $0.range.proof != proof.number || !$0.range.isThrough } ?? true
        }
    }

    private func begin() async throws(StoreError) {
        let (source, target) = try await layouts()
        let proof = ProofRecord(number: environment.random(), source: source, target: target, began: milliseconds())
        _ = try await stores.control.keep(proof, if: .absent)
        try await stores.control.noteDebt()
    }

    /// Into which ranges the stores are split: as the source was for copying, as far as that does.
    private func layouts() async throws(StoreError) -> (source: RangeLayout, target: RangeLayout) {
        // One that was split by the partitions of that time says nothing of others.
        guard let kept = try await stores.control.readLayout(), kept.spansEverything else {
            return (try await RangeLayout(of: stores.source), try await RangeLayout(of: stores.target))
        }
        let areAlike = min(stores.source.capabilities.order, stores.target.capabilities.order) == .store
        return (kept, areAlike ? kept : try await RangeLayout(of: stores.target))
    }

    private func end(_ proof: ProofRecord, _ revision: Revision) async throws(StoreError) {
        var ended = proof
        ended.ended = milliseconds()
        ended.totals = try await stores.control.totals(of: proof)
        _ = try await stores.control.keep(ended, if: .revision(revision))
        try await stores.control.noteDebt()
    }

    /// Proves keys that differed when a client read them.
    private mutating func step(
        through suspects: [Key],
        _ direction: Direction
    ) async throws(StoreError) -> LiveCopier.Step {
        guard try await leases.acquire([Prover.suspects]) != nil else { return .taken }
        let rows = try await rows(suspects, direction.origin)
        guard try await prove(suspects, rows, of: direction.origin, direction) != nil else { return .resting }
        for key in suspects { try await stores.control.remove(suspect: key) }
        try await stores.control.noteDebt()
        return .copied
    }

    /// Proves pages of a part for a while, and takes down how far it has come; false when nothing could be proven now.
    private func prove(
        _ part: ProofRecord.Part,
        _ range: inout ProofRange,
        _ direction: Direction,
        until deadline: Duration
    ) async throws(StoreError) -> Bool {
        var isFurther = false
        repeat {
            let page = try await stores[part.side].scan(part.keys, Prover.page, after: range.cursor)
            // What can't be proven now is tried again, and what was proven before is kept.
            guard let moved = try await prove(page, of: part.side, direction) else { return isFurther }
            isFurther = true
            range.moved += UInt64(moved)
            range.rows += UInt64(page.count)
            range.cursor = page.cursor
            range.isThrough = page.cursor == nil
        } while !range.isThrough && environment.now() < deadline
        return true
    }

    /// Lets it look as if everything had been proven. Only for tests of what happens then.
    func pretend() async throws(StoreError) -> LiveCopier.Step {
        guard try await stores.control.readProof() == nil else { return .finished }
        var proof = ProofRecord(number: 0, source: .whole, target: .whole, began: 0)
        proof.ended = 0
        _ = try await stores.control.keep(proof, if: .absent)
        return .finished
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
    private static let proofRange = "proven"
    private static let difference = "difference"
    private static let suspect = "suspect"

    func readProof() async throws(StoreError) -> (proof: ProofRecord, revision: Revision)? {
        guard let entry = try await store.get(key(ControlStore.proof)) else { return nil }
        return (try ProofRecord(encoded: entry.value), entry.revision)
    }

    /// How far a part of a proof has come; it may be one of an earlier proof.
    func proofRange(_ number: UInt64) async throws(StoreError) -> (range: ProofRange, revision: Revision)? {
        guard let entry = try await store.get(key(ControlStore.proofRange, number)) else { return nil }
        return (try ProofRange(encoded: entry.value), entry.revision)
    }

    /// How far the parts of proofs have come, by their numbers; those of an earlier proof are among them.
    func proofRanges() async throws(StoreError) -> [UInt64: (range: ProofRange, revision: Revision)] {
        var found: [UInt64: (range: ProofRange, revision: Revision)] = [:]
        for (number, entry) in try await rows(ControlStore.proofRange) {
            found[number] = (try ProofRange(encoded: entry.value), entry.revision)
        }
        return found
    }

    /// What the parts of a proof have gone through so far.
    func totals(of proof: ProofRecord) async throws(StoreError) -> ProofTotals {
        let parts = proof.parts
        var totals = ProofTotals()
        for (number, (range, _)) in try await proofRanges()
        where range.proof == proof.number && number < UInt64(parts.count) {
            totals.moved += range.moved
            if parts[Int(number)].side == .source {
                totals.records += range.rows
            } else {
                totals.targetRecords += range.rows
            }
        }
        return totals
    }

    /// Keeps how far a part has come; false when somebody else has written it meanwhile.
    func keep(_ range: ProofRange, number: UInt64, if precondition: Precondition) async throws(StoreError) -> Bool {
        try await put(range.encoded, at: key(ControlStore.proofRange, number), if: precondition)
    }

    /// Keeps a proof as a whole; false when somebody else has written it meanwhile.
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
        var totals = proof?.totals ?? ProofTotals()
        if let proof, proof.ended == nil { totals = try await self.totals(of: proof) }
        // As many are expected in the target as were copied into it.
        let copied = try await ranges().reduce(UInt64(0)) { $0 + $1.range.rows }
        let left = [totals.records, totals.targetRecords].reduce(UInt64(0)) { $0 + (copied - min(copied, $1)) }
        let differences = try await differences()
        let isThrough = proof?.ended != nil
        return ProofReport(
            isComplete: isThrough && differences.isEmpty,
            records: totals.records,
            targetRecords: totals.targetRecords,
            moved: totals.moved,
            debt: (isThrough ? 0 : max(1, left)) + UInt64(differences.count),
            began: proof?.began,
            ended: proof?.ended,
            differences: differences.map(\.found)
        )
    }
}
