public import KeyValue

/// A key that a program has changed at the source after the switch, past the fence: nobody carries it over.
public struct LateWrite: Hashable, Sendable {
    private static let format: UInt8 = 1

    /// Whose row was written or deleted.
    public let key: Key
    /// The mark of its last change that was seen.
    var mark: MarkID
    /// When that was, in milliseconds since 1970 by the clock of whoever looked.
    public internal(set) var milliseconds: UInt64
    /// Whether an operator knows of it. A later change of the key is not acknowledged again.
    public internal(set) var isAcknowledged = false

    init(key: Key, mark: MarkID, milliseconds: UInt64) {
        self.key = key
        self.mark = mark
        self.milliseconds = milliseconds
    }

    /// Format 1: the byte 1; the key; three numbers; a flag.
    var encoded: [UInt8] {
        var writer = KeyWriter()
        writer.append(byte: LateWrite.format)
        writer.append(key: key)
        for number in [mark.high, mark.low, milliseconds] { writer.append(integer: number) }
        writer.append(flag: isAcknowledged)
        return writer.bytes
    }

    /// Throws `StoreError.Code.newerFormat` or `StoreError.Code.corrupted`.
    init(encoded: [UInt8]) throws(StoreError) {
        var reader = KeyReader(encoded)
        try reader.requireFormat(LateWrite.format)
        guard let key = reader.key(), let high = reader.integer(), let low = reader.integer(),
            let milliseconds = reader.integer(), let isAcknowledged = reader.flag(), reader.isAtEnd
        else { throw .damagedControl }
        self.init(key: key, mark: MarkID(high: high, low: low), milliseconds: milliseconds)
        self.isAcknowledged = isAcknowledged
    }
}

/// What the control store knows of a source that other programs write.
struct ForeignStanding: Hashable, Sendable {
    private static let format: UInt8 = 1
    private static let textBytesMax = 64

    /// What holds for them.
    var guarantee: ForeignGuarantee
    /// How many gaps of capture had been counted at the switch; nil before it.
    var gapsAtSwitch: UInt64?
    /// How many there were when somebody looked last.
    var gaps: UInt64 = 0
    /// Of how many an operator knows.
    var gapsAcknowledged: UInt64 = 0

    init(_ guarantee: ForeignGuarantee) { self.guarantee = guarantee }

    /// Whether something may have been written since the switch of which nothing tells, and nobody has said so.
    var hasLateGap: Bool { gapsAtSwitch.map { gaps != $0 && gaps != gapsAcknowledged } ?? false }

    /// Format 1: the byte 1; the guarantee's name; a flag, and a number if there is one; two numbers.
    var encoded: [UInt8] {
        var writer = KeyWriter()
        writer.append(byte: ForeignStanding.format)
        writer.append(text: guarantee.rawValue)
        writer.append(limit: gapsAtSwitch)
        writer.append(integer: gaps)
        writer.append(integer: gapsAcknowledged)
        return writer.bytes
    }

    /// Throws `StoreError.Code.newerFormat` or `StoreError.Code.corrupted`.
    init(encoded: [UInt8]) throws(StoreError) {
        var reader = KeyReader(encoded)
        try reader.requireFormat(ForeignStanding.format)
        guard let name = reader.text(bytesMax: ForeignStanding.textBytesMax),
            let guarantee = ForeignGuarantee(rawValue: name), let gapsAtSwitch = reader.limit(),
            let gaps = reader.integer(), let gapsAcknowledged = reader.integer(), reader.isAtEnd
        else { throw .damagedControl }
        self.init(guarantee)
        self.gapsAtSwitch = gapsAtSwitch
        self.gaps = gaps
        self.gapsAcknowledged = gapsAcknowledged
    }
}

// MARK: - Rows

extension ControlStore {
    /// How many late writes are looked for, told and kept at the most.
    static let lateWritesMax = 10_000

    private static let late = "late"
    private static let standing = "standing"

    /// What programs have changed at the source since the switch, as the leader has seen it.
    func lateWrites() async throws(StoreError) -> [LateWrite] {
        var found: [LateWrite] = []
        for (_, entry) in try await rows(ControlStore.late) { found.append(try LateWrite(encoded: entry.value)) }
        return found
    }

    /// Takes down what these marks name.
    func note(lateMarks marks: [Mark], milliseconds: UInt64) async throws(StoreError) {
        guard !marks.isEmpty else { return }
        var latest: [Key: MarkID] = [:]
        for mark in marks { for key in mark.keys { latest[key] = mark.id } }
        var known: [UInt64: (write: LateWrite, revision: Revision)] = [:]
        for (number, entry) in try await rows(ControlStore.late) {
            known[number] = (try LateWrite(encoded: entry.value), entry.revision)
        }
        for (key, mark) in latest where known[key.number]?.write.mark != mark {
            let write = LateWrite(key: key, mark: mark, milliseconds: milliseconds)
            let precondition = known[key.number].map { Precondition.revision($0.revision) } ?? .absent
            // Whoever was faster looks again.
            _ = try await put(write.encoded, at: self.key(ControlStore.late, key.number), if: precondition)
        }
    }

    /// The operator's word that everything is known that programs have written to the source since the switch, as status
    /// tells it: `finalize` is no longer refused for that. What they write later has to be acknowledged again.
    ///
    /// - Parameters:
    ///   - actor: who says so, for the audit log.
    ///   - milliseconds: the time since 1970, for the audit log.
    public func acknowledgeLateWrites(actor: String, milliseconds: UInt64) async throws(StoreError) {
        var count = 0
        for (number, entry) in try await rows(ControlStore.late) {
            var write = try LateWrite(encoded: entry.value)
            if write.isAcknowledged { continue }
            write.isAcknowledged = true
            // One that was changed meanwhile is another.
            if try await put(write.encoded, at: key(ControlStore.late, number), if: .revision(entry.revision)) {
                count += 1
            }
        }
        try await changeStanding { $0.gapsAcknowledged = $0.gaps }
        try await log("acknowledged \(count) late writes", actor: actor, milliseconds: milliseconds)
    }

    /// Forgets what was late for a switch that was taken back: it is carried over now.
    func forgetLateWrites() async throws(StoreError) {
        for (number, _) in try await rows(ControlStore.late) {
            _ = try await store.delete(key(ControlStore.late, number), if: nil)
        }
        try await changeStanding { $0.gapsAtSwitch = nil }
    }

    /// Nil where no program writes the source without this library.
    func standing() async throws(StoreError) -> ForeignStanding? {
        guard let entry = try await store.get(key(ControlStore.standing)) else { return nil }
        return try ForeignStanding(encoded: entry.value)
    }

    func keep(_ standing: ForeignStanding) async throws(StoreError) {
        _ = try await put(standing.encoded, at: key(ControlStore.standing), if: nil)
    }

    func removeStanding() async throws(StoreError) { _ = try await store.delete(key(ControlStore.standing)) }

    func changeStanding(_ change: (inout ForeignStanding) -> Void) async throws(StoreError) {
        while let entry = try await store.get(key(ControlStore.standing)) {
            var standing = try ForeignStanding(encoded: entry.value)
            let before = standing
            change(&standing)
            if standing == before { return }
            if try await put(standing.encoded, at: key(ControlStore.standing), if: .revision(entry.revision)) { return }
        }
    }
}
