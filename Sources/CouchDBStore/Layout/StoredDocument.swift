#if CouchDB
import KeyValue
import StoreHTTP

/// A row as a document: `{"_id":…,"_rev":…,"n":"0123456789abcdef","v":"base64"}`.
///
/// `n` is the nonce of the batch that wrote it, so that no two writes have the same content, and with it no two the same
/// `_rev`. `v` is the value; a tombstone has `"t":true` in its place.
struct StoredDocument: Sendable {
    let nonce: UInt64
    let value: [UInt8]
    let isTombstone: Bool
    /// The server's own token.
    let revision: String

    /// The row that a document of the server's holds.
    init(_ document: JSON, at id: @autoclosure () -> String) throws(StoreError) {
        guard let revision = document["_rev"]?.text, let digits = document["n"]?.text, digits.utf8.count == 16,
            let nonce = UInt64(digits, radix: 16)
        else { throw StoredDocument.damage(at: id()) }
        self.nonce = nonce
        self.revision = revision
        isTombstone = document["t"]?.bool ?? false
        if isTombstone {
            value = []
        } else {
            guard let value = document["v"]?.text.flatMap({ Base64.decode($0.utf8) }) else {
                throw StoredDocument.damage(at: id())
            }
            self.value = value
        }
    }

    private static func damage(at id: String) -> StoreError {
        StoreError(
            .corrupted,
            "A document of the database is not one of the store's: somebody else wrote it.",
            ["id": id]
        )
    }

    func entry(at key: Key, in store: StoreIdentity) -> Entry {
        Entry(
            key: key,
            value: value,
            revision: Revision(store: store, key: key, nonce: nonce, native: Array(revision.utf8)),
            isTombstone: isTombstone
        )
    }

    /// Appends the document that an action leaves at a key, in the place of one with `revision`.
    static func append(
        _ action: WriteBatch.Action,
        id: [UInt8],
        nonce: UInt64,
        replacing revision: String?,
        to bytes: inout [UInt8]
    ) {
        bytes += "{\"_id\":".utf8
        JSON.append(text: id, to: &bytes)
        if let revision {
            bytes += ",\"_rev\":".utf8
            JSON.append(text: revision.utf8, to: &bytes)
        }
        switch action {
        case .put(let value):
            append(nonce: nonce, to: &bytes)
            bytes += ",\"v\":\"".utf8
            Base64.append(value, to: &bytes)
            bytes += "\"}".utf8
        case .bury:
            append(nonce: nonce, to: &bytes)
            bytes += ",\"t\":true}".utf8
        case .delete, .add, .check:
            // The nonce tells two deletes of one revision apart.
            append(nonce: nonce, to: &bytes)
            bytes += ",\"_deleted\":true}".utf8
        }
    }

    private static func append(nonce: UInt64, to bytes: inout [UInt8]) {
        let digits = String(nonce, radix: 16)
        bytes += ",\"n\":\"".utf8
        bytes += repeatElement(0x30, count: 16 - digits.utf8.count)
        bytes += digits.utf8
        bytes.append(0x22)
    }
}
#endif
