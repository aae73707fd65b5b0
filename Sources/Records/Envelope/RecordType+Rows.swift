import SwiftProtobuf

/// The rows of records by themselves, for measuring what they cost.
@_spi(Measuring) extension RecordType {
    /// The bytes that are kept of a record: one of a version of nothing but zeros.
    public func row(of message: Message) throws -> [UInt8] {
        let version = RecordVersion(high: 0, low: 0)
        return Envelope(
            type: name,
            schemaVersion: shape.schemaVersion,
            version: version,
            body: try encode(message)[...]
        ).encoded
    }

    /// The message of a record's row.
    public func message(ofRow bytes: [UInt8]) throws -> Message {
        try decode(try Envelope(bytes, of: shape).body)
    }
}
