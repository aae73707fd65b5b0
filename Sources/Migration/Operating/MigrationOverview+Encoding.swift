import FoundationEssentials
import KeyValue

/// What programs read of a status, by command and over HTTP: every field is always there, and null where it is not
/// known.
extension MigrationOverview: Encodable {
    private enum Field: String, CodingKey {
        case name, source, target, epoch, mode, settled, copied, ready, over, aborted, rows, bytes, totalRows
        case rowsPerSecond, secondsLeft, marks, unproven, differences, ranges, clients, workers, paused
        case rowsPerSecondMax, bytesPerSecondMax, latencyPercentMax, hours, holdMaxMilliseconds, marksMax, limits, last
        case guarantee, lateWrites, lateGap
    }

    /// Encodes the fields that the command's help of `migrate status` lists.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Field.self)
        try container.encode(name, forKey: .name)
        try container.encode(record.source.name, forKey: .source)
        try container.encode(record.target.name, forKey: .target)
        try container.encode(record.epoch, forKey: .epoch)
        try container.encode("\(record.mode)", forKey: .mode)
        try container.encode(isSettled, forKey: .settled)
        try container.encode(isCopied, forKey: .copied)
        try container.encode(isReadyToSwitch, forKey: .ready)
        try container.encode(isOver, forKey: .over)
        try container.encode(isAborted, forKey: .aborted)
        try container.encode(rows, forKey: .rows)
        try container.encode(bytes, forKey: .bytes)
        try container.encode(totalRows, forKey: .totalRows)
        try container.encode(leader?.rowsPerSecond, forKey: .rowsPerSecond)
        try container.encode(remaining.map { $0.components.seconds }, forKey: .secondsLeft)
        try container.encode(leader?.marks, forKey: .marks)
        try container.encode(proof.debt, forKey: .unproven)
        try container.encode(proof.differences.map(\.text), forKey: .differences)
        try container.encode(ranges, forKey: .ranges)
        try container.encode(clients.map { EncodedClient($0, record.epoch) }, forKey: .clients)
        try container.encode(workers.map(EncodedWorker.init), forKey: .workers)
        try encodeSettings(into: &container)
        try container.encode(limits, forKey: .limits)
        try container.encode(guarantee?.rawValue, forKey: .guarantee)
        try container.encode(unacknowledged.map { "\($0.key)" }, forKey: .lateWrites)
        try container.encode(hasLateGap, forKey: .lateGap)
        try container.encode(record.lastAudit, forKey: .last)
    }

    private func encodeSettings(into container: inout KeyedEncodingContainer<Field>) throws {
        try container.encode(record.throttle.isPaused, forKey: .paused)
        try container.encode(record.throttle.rowsPerSecondMax, forKey: .rowsPerSecondMax)
        try container.encode(record.throttle.bytesPerSecondMax, forKey: .bytesPerSecondMax)
        try container.encode(record.throttle.latencyPercentMax, forKey: .latencyPercentMax)
        try container.encode(record.throttle.hours?.description, forKey: .hours)
        try container.encode(Int64(record.plan.holdMax / .milliseconds(1)), forKey: .holdMaxMilliseconds)
        try container.encode(record.plan.marksMax, forKey: .marksMax)
    }
}

extension MigrationOverview.Range: Encodable {
    private enum Field: String, CodingKey { case space, rows, bytes, copied }

    /// Encodes its space by name, its rows and bytes, and whether it has been copied.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Field.self)
        try container.encode(space.name, forKey: .space)
        try container.encode(rows, forKey: .rows)
        try container.encode(bytes, forKey: .bytes)
        try container.encode(isCopied, forKey: .copied)
    }
}

private struct EncodedClient: Encodable {
    /// A text, since it is beyond what JSON's numbers hold everywhere.
    let id: String
    let epoch: UInt64
    let acknowledged: Bool

    init(_ client: MigrationOverview.Client, _ epoch: UInt64) {
        id = "\(client.id)"
        self.epoch = client.epoch
        acknowledged = client.epoch == epoch
    }
}

private struct EncodedWorker: Encodable {
    let name: String
    let leads: Bool
    let hindrance: String

    init(_ report: WorkerReport) {
        name = report.name
        leads = report.isLeading
        hindrance = report.hindrance
    }
}

extension AuditEntry: Encodable {
    private enum Field: String, CodingKey { case number, time, actor, text }

    /// When it was done, after ISO 8601 in UTC.
    public var time: String { Date(timeIntervalSince1970: Double(milliseconds) / 1_000).formatted(.iso8601) }

    /// Encodes its number, the time as ``time`` has it, who did it and what.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Field.self)
        try container.encode(number, forKey: .number)
        try container.encode(time, forKey: .time)
        try container.encode(actor, forKey: .actor)
        try container.encode(text, forKey: .text)
    }
}

extension Encodable {
    /// The value in JSON on one line, its fields in the order of their names.
    package func jsonLine() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self)) + [0x0A]
    }
}
