import KeyValue

/// One line of a migration's audit log: who did what, and when.
public struct AuditEntry: Hashable, Sendable {
    /// The number of the line; the first is 0.
    public let number: UInt64
    /// Milliseconds since 1970, by the clock of whoever did it.
    public let milliseconds: UInt64
    /// Who did it: the name that the controller was given.
    public let actor: String
    /// What was done.
    public let text: String
}

extension AuditEntry {
    private static let format: UInt8 = 1
    static let textBytesMax = 1_024

    /// Format 1: the byte 1, number and time, actor and text. Numbers are 64-bit big-endian; texts are UTF-8 with a
    /// 32-bit big-endian length before them.
    var encoded: [UInt8] {
        var writer = KeyWriter()
        writer.append(byte: AuditEntry.format)
        writer.append(audit: self)
        return writer.bytes
    }

    /// Throws `StoreError.Code.newerFormat` or `StoreError.Code.corrupted`.
    init(encoded: [UInt8]) throws(StoreError) {
        var reader = KeyReader(encoded)
        try reader.requireFormat(AuditEntry.format)
        guard let entry = reader.audit(), reader.isAtEnd else { throw .damagedControl }
        self = entry
    }
}

extension KeyWriter {
    mutating func append(audit entry: AuditEntry) {
        append(integer: entry.number)
        append(integer: entry.milliseconds)
        append(text: entry.actor)
        append(text: entry.text)
    }
}

extension KeyReader {
    mutating func audit() -> AuditEntry? {
        guard let number = integer(), number < 1 << 62, let milliseconds = integer(),
            let actor = text(bytesMax: ControlRecord.nameBytesMax), let text = text(bytesMax: AuditEntry.textBytesMax)
        else { return nil }
        return AuditEntry(number: number, milliseconds: milliseconds, actor: actor, text: text)
    }
}
