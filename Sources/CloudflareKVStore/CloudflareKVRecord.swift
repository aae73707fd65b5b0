#if CloudflareKV
public import KeyValue
import Tuples

/// What lies under one key of a namespace of Cloudflare KV: its value, its metadata, and when it expires.
///
/// The store delivers one as the value of each key, and takes one. Its bytes are those of ``encoded()``.
public struct CloudflareKVRecord: Hashable, Sendable {
    /// The value.
    public var value: [UInt8]
    /// The metadata as JSON without white space; nil for none.
    public var metadata: String?
    /// When the key expires, in seconds since 1970; nil for never.
    public var expiresAtSeconds: Int64?

    /// A record from its parts.
    public init(_ value: [UInt8], metadata: String? = nil, expiresAtSeconds: Int64? = nil) {
        self.value = value
        self.metadata = metadata
        self.expiresAtSeconds = expiresAtSeconds
    }
}

/// The bytes of a record are a tuple as `Tuples` encodes it: the format 1, the expiry as an integer or null, the metadata
/// as text or null, and the value.
extension CloudflareKVRecord {
    private static let format: Int64 = 1

    /// The bytes. O(length of the value).
    public func encoded() -> [UInt8] {
        var encoder = TupleEncoder(reservingBytes: value.count + 64)
        encoder.append(CloudflareKVRecord.format)
        if let expiresAtSeconds { encoder.append(expiresAtSeconds) } else { encoder.appendNull() }
        if let metadata { encoder.append(metadata) } else { encoder.appendNull() }
        encoder.append(value)
        return encoder.bytes
    }

    /// The record behind bytes of ``encoded()``.
    ///
    /// Throws `StoreError.Code.newerFormat` for a format of a later release, and `StoreError.Code.corrupted` for
    /// whatever else that method does not write. O(length of the bytes).
    public init(decoding bytes: [UInt8]) throws(StoreError) {
        let format: Int64
        let record: CloudflareKVRecord?
        do throws(TupleError) {
            var decoder = try TupleDecoder(bytes, byteCountMax: .max)
            let tuple = try decoder.rest()
            format = try tuple.integer(at: 0)
            record = format == CloudflareKVRecord.format ? try CloudflareKVRecord(tuple) : nil
        } catch {
            throw CloudflareKVRecord.damage(error)
        }
        guard format <= CloudflareKVRecord.format else {
            throw StoreError(.newerFormat, "The record is of a newer format: use a newer release.")
        }
        guard let record else { throw CloudflareKVRecord.damage(nil) }
        self = record
    }

    private static func damage(_ cause: TupleError?) -> StoreError {
        StoreError(
            .corrupted,
            "The bytes are no record of a key of Cloudflare KV: restore them from a copy.",
            cause: cause
        )
    }
}

extension CloudflareKVRecord {
    /// Nil for a tuple that no record is encoded as.
    private init?(_ tuple: Tuple) throws(TupleError) {
        guard tuple.elements.count == 4 else { return nil }
        let expiry: Int64? = if case .null = try tuple.element(at: 1) { nil } else { try tuple.integer(at: 1) }
        let metadata: String? = if case .null = try tuple.element(at: 2) { nil } else { try tuple.string(at: 2) }
        self.init(try tuple.bytes(at: 3), metadata: metadata, expiresAtSeconds: expiry)
    }
}
#endif
