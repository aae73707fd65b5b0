#if S3
import KeyValue

/// The bytes of a row: the version of the format, 1; 1 for a tombstone, else 0; the nonce, eight bytes big-endian; and
/// but for a tombstone one byte, 0, and the value.
///
/// So a tombstone is shorter than any row with a value, and a listing, which has sizes, tells one from the other. The
/// nonce is in the bytes, so that no two writes have one ETag, which is made from them.
struct StoredObject: Hashable, Sendable {
    static let tombstoneBytes = 10
    static let headerBytes = 11
    private static let format: UInt8 = 1

    let value: [UInt8]
    let nonce: UInt64
    let isTombstone: Bool

    /// The bytes of a row; with nil for its value, of a tombstone.
    static func encode(_ value: [UInt8]?, nonce: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(headerBytes + (value?.count ?? 0))
        bytes += [format, value == nil ? 1 : 0]
        withUnsafeBytes(of: nonce.bigEndian) { bytes.append(contentsOf: $0) }
        if let value {
            bytes.append(0)
            bytes += value
        }
        return bytes
    }

    init(_ bytes: [UInt8], at key: @autoclosure () -> Key) throws(StoreError) {
        guard let format = bytes.first, format <= StoredObject.format else {
            throw StoreError(.newerFormat, "A row is of a newer format: use a newer release.", ["key": "\(key())"])
        }
        let damage = StoreError(
            .corrupted,
            "A row can't be read: restore the store from a copy.",
            ["key": "\(key())"]
        )
        guard format == StoredObject.format, bytes.count >= StoredObject.tombstoneBytes, bytes[1] <= 1 else {
            throw damage
        }
        isTombstone = bytes[1] == 1
        nonce = bytes[2..<StoredObject.tombstoneBytes].reduce(0) { $0 << 8 | UInt64($1) }
        guard !isTombstone else {
            guard bytes.count == StoredObject.tombstoneBytes else { throw damage }
            value = []
            return
        }
        guard bytes.count >= StoredObject.headerBytes, bytes[StoredObject.tombstoneBytes] == 0 else { throw damage }
        value = Array(bytes[StoredObject.headerBytes...])
    }
}

/// A row as it was read, with the server's own token for it.
struct TaggedRow: Hashable, Sendable {
    let key: Key
    let value: [UInt8]
    let nonce: UInt64
    let isTombstone: Bool
    let etag: String

    /// A row of the store's.
    init(_ key: Key, _ object: StoredObject, etag: String) {
        self.key = key
        value = object.value
        nonce = object.nonce
        isTombstone = object.isTombstone
        self.etag = etag
    }

    /// An object as it is.
    init(_ key: Key, plain value: [UInt8], etag: String) {
        self.key = key
        self.value = value
        nonce = 0
        isTombstone = false
        self.etag = etag
    }

    func entry(in store: StoreIdentity) -> Entry {
        Entry(
            key: key,
            value: value,
            revision: TaggedRow.revision(of: key, nonce: nonce, etag: etag, in: store),
            isTombstone: isTombstone
        )
    }

    static func revision(of key: Key, nonce: UInt64 = 0, etag: String, in store: StoreIdentity) -> Revision {
        Revision(store: store, key: key, nonce: nonce, native: Array(etag.utf8))
    }
}
#endif
