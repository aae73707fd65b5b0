#if DynamoDB
import KeyValue

/// A row as an item: `n`, the nonce, eight bytes big-endian; `v`, the value; and for a tombstone in the place of that
/// `t`, the number 1.
struct StoredRow: Hashable, Sendable {
    let key: Key
    /// Empty where it was not read.
    let value: [UInt8]
    let nonce: UInt64
    let isTombstone: Bool

    /// What of a row is read where its value is not wanted.
    static let withoutValue = "p,k,n,t"

    init(_ item: Item) throws(StoreError) {
        guard let key = DynamoDBLayout.key(of: item), let nonce = item["n"]?.bytes, nonce.count == 8 else {
            throw StoreError(.corrupted, "A row can't be read: restore the store from a copy.")
        }
        self.key = key
        self.nonce = nonce.reduce(0) { $0 << 8 | UInt64($1) }
        isTombstone = item["t"] != nil
        value = item["v"]?.bytes ?? []
    }

    /// The item of a row; with nil for its value, of a tombstone.
    static func item(at key: Key, value: [UInt8]?, nonce: UInt64) -> Item {
        var item = DynamoDBLayout.item(at: key)
        item.attributes["n"] = encoded(nonce)
        if let value {
            item.attributes["v"] = .binary(value)
        } else {
            item.attributes["t"] = .integer(1)
        }
        return item
    }

    static func encoded(_ nonce: UInt64) -> AttributeValue {
        .binary(withUnsafeBytes(of: nonce.bigEndian) { Array($0) })
    }

    func entry(in store: StoreIdentity) -> Entry {
        Entry(
            key: key,
            value: value,
            revision: Revision(store: store, key: key, nonce: nonce),
            isTombstone: isTombstone
        )
    }
}
#endif
