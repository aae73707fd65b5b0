import KeyValue
import Synchronization
import Tuples

@testable import Records

/// Looks at every write that reaches the store and says what must not be.
final class Witness: Sendable {
    /// What happened to one record.
    struct Transition: Sendable {
        var key: Key
        var from: Envelope?
        var to: Envelope?
        var wasExpired: Bool
    }

    private struct State {
        var violations: [String] = []
        var transitions: [Transition] = []
        var writes = 0
        var understood: [Key: (value: [UInt8], now: Timestamp, row: RecordRow)] = [:]
    }

    let shape: RecordShape
    let layout: RecordLayout
    private let state = Mutex(State())

    init(_ shape: RecordShape, _ layout: RecordLayout) {
        self.shape = shape
        self.layout = layout
    }

    var violations: [String] { state.withLock(\.violations) }
    var writes: Int { state.withLock(\.writes) }

    func transitions(of key: Key) -> [Transition] { state.withLock { $0.transitions.filter { $0.key == key } } }

    /// How many changes of records there have been.
    var moment: Int { state.withLock(\.transitions.count) }

    /// What lay at each key at one moment, and what it became until another.
    func histories(from begin: Int, to end: Int) -> [Key: [Envelope?]] {
        let transitions = state.withLock(\.transitions)
        var histories: [Key: [Envelope?]] = [:]
        for transition in transitions[..<begin] { histories[transition.key] = [transition.to] }
        for transition in transitions[begin..<end] {
            histories[transition.key, default: [transition.from]].append(transition.to)
        }
        return histories
    }

    /// The row, from memory if it is as it was: most of them are, most of the time.
    private func understand(_ key: Key, _ value: [UInt8], now: Timestamp) throws -> RecordRow {
        let known = state.withLock { $0.understood[key] }
        if let known, known.value == value, known.now == now { return known.row }
        let revision = Revision(store: StoreIdentity(nonce: 0), key: key, nonce: 0)
        let entry = Entry(key: key, value: value, revision: revision)
        let row = try RecordRow(entry, at: key, now: now, shape, layout)
        state.withLock { $0.understood[key] = (value, now, row) }
        return row
    }

    func object(_ text: String) { state.withLock { $0.violations.append(text) } }

    func saw(_ before: [Entry?], _ after: [Entry?], _ batch: WriteBatch, in world: SimulatedWorld) async {
        state.withLock { $0.writes += 1 }
        for (operation, (old, new)) in zip(batch.operations, zip(before, after)) {
            guard RecordLayout.decode(operation.key)?.kind == .record else { continue }
            do {
                let from = try RecordRow(old, at: operation.key, now: world.now, shape, layout)
                let to = try RecordRow(new, at: operation.key, now: world.now, shape, layout)
                guard from.envelope?.version != to.envelope?.version else { continue }
                let transition = Transition(
                    key: operation.key,
                    from: from.envelope,
                    to: to.envelope,
                    wasExpired: from.isExpired
                )
                state.withLock { $0.transitions.append(transition) }
            } catch {
                object("a record is damaged: \(error)")
            }
        }
        do {
            try await inspect(world, isFinal: false)
        } catch {
            object("the store can't be inspected: \(error)")
        }
    }

    /// Holds the whole store against its records; with `isFinal` nothing may be left over.
    func inspect(_ world: SimulatedWorld, isFinal: Bool) async throws {
        var rows: [Key: [UInt8]] = [:]
        for space in [KeySpace.records, .reservedData] {
            for row in try await world.base.scan(
                .all(in: space),
                ScanOptions(limit: 10_000, bytesMax: 1 << 30),
                after: nil
            ) {
                rows[row.key] = Array(row.value)
            }
        }
        let isWhole = try SimulatedSchema.readable(in: rows[try layout.schemaKey()])
        var entries: Set<Key> = []
        var claims: [Key: [UInt8]] = [:]
        var totals: [Key: Int64] = [:]
        var holders: Set<Key> = []
        for (key, value) in rows where RecordLayout.decode(key)?.kind == .record {
            let row = try understand(key, value, now: world.now)
            let expected = row.projection.entries.filter(isWhole)
            entries.formUnion(expected)
            for (total, amount) in row.projection.totals where isWhole(total) {
                totals[total, default: 0] += amount
                guard let publication = row.projection.publications[total] else { continue }
                totals[publication.published, default: 0] += amount
                totals[publication.sum, default: 0] += amount
            }
            for claim in row.projection.claims.keys where isWhole(claim) {
                claims[claim] = ClaimRow(holder: key).encoded
                if row.live != nil, !holders.insert(claim).inserted { object("two records hold \(claim)") }
                if rows[claim] != ClaimRow(holder: key).encoded {
                    object("\(key) holds \(claim), which does not name it")
                }
            }
            for entry in expected where rows[entry] == nil { object("\(key) misses \(entry)") }
        }
        let exact = try SimulatedSchema.exact(in: rows[try layout.schemaKey()], shape)
        for index in shape.indexes where exact.contains(index.name) {
            let name = RecordLayout.name(of: index, shape)
            for key in Set(totals.keys).union(rows.keys) {
                guard let (kind, found, _) = RecordLayout.decode(key), kind == .total, found == name else { continue }
                let value = rows[key].flatMap(Counter.decode) ?? 0
                if value != totals[key] ?? 0 { object("\(key) is \(value), not \(totals[key] ?? 0), and said exact") }
            }
        }
        guard isFinal else { return }
        for (key, value) in rows.sorted(by: { $0.key < $1.key }) where key != (try layout.schemaKey()) {
            switch RecordLayout.decode(key)?.kind {
            case .record, .stamp, .moment: continue
            case .entry: if !entries.contains(key) { object("left over: \(key)") }
            case .claim: if claims[key] != value { object("left over: \(key)") }
            case .total, .published:
                if Counter.decode(value) != totals[key] ?? 0 {
                    object("\(key) is \(Counter.decode(value) ?? -1), not \(totals[key] ?? 0)")
                }
            case .intent, .doubt, .progress, .notice, .counting, .counted, .scrubbing, nil: object("left over: \(key)")
            }
        }
        for (key, sum) in totals where sum != 0 && rows[key] == nil { object("missing: \(key)") }
    }
}
