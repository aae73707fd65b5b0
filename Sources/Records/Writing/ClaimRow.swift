import KeyValue

/// What a claim holds: the key of the record that it names. Format 1: a byte 1 and the key.
struct ClaimRow: Hashable, Sendable {
    private static let format: UInt8 = 1

    let holder: Key

    init(holder: Key) { self.holder = holder }

    var encoded: [UInt8] {
        var writer = KeyWriter()
        writer.append(byte: ClaimRow.format)
        writer.append(key: holder)
        return writer.bytes
    }

    init(_ bytes: [UInt8]) throws(RecordError) {
        var reader = KeyReader(bytes)
        guard reader.byte() == ClaimRow.format, let holder = reader.key(), reader.isAtEnd else {
            throw .damaged("A claim on a unique value does not name a record.")
        }
        self.holder = holder
    }
}
