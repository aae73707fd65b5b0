#if Redis
import KeyValue

/// The bytes of a row: 16 of a header, then the value.
///
/// The header is the version of the format, 1; 1 for a tombstone, else 0; six zeros; and the nonce, big-endian.
struct StoredRow: Hashable, Sendable {
    static let headerBytes = 16
    private static let format: UInt8 = 1

    let bytes: [UInt8]
    let nonce: UInt64
    let isTombstone: Bool

    /// The bytes of a row with this value.
    static func encode(_ value: [UInt8], nonce: UInt64, isTombstone: Bool = false) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(headerBytes + value.count)
        bytes.append(format)
        bytes.append(isTombstone ? 1 : 0)
        for _ in 2..<8 { bytes.append(0) }
        for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: nonce >> shift)) }
        bytes += value
        return bytes
    }

    /// A nonce, or an epoch: eight bytes.
    static func encode(_ number: UInt64) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }

    /// The row behind kept bytes, of which the value may be missing.
    init(_ bytes: [UInt8], at key: @autoclosure () -> Key) throws(StoreError) {
        guard let format = bytes.first, format <= StoredRow.format else {
            throw StoreError(.newerFormat, "A row is of a newer format: use a newer release.", ["key": "\(key())"])
        }
        guard format == StoredRow.format, bytes.count >= StoredRow.headerBytes, bytes[1] <= 1 else {
            throw StoreError(.corrupted, "A row can't be read: restore the store from a copy.", ["key": "\(key())"])
        }
        self.bytes = bytes
        isTombstone = bytes[1] == 1
        nonce = bytes[8..<StoredRow.headerBytes].reduce(0) { $0 << 8 | UInt64($1) }
    }

    var value: ArraySlice<UInt8> { bytes[StoredRow.headerBytes...] }

    func entry(at key: Key, in store: StoreIdentity) -> Entry {
        Entry(
            key: key,
            value: Array(value),
            revision: Revision(store: store, key: key, nonce: nonce),
            isTombstone: isTombstone
        )
    }
}
#endif
