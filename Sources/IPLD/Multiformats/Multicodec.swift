/// The code of a format or a hash function, from the
/// [multicodec table](https://github.com/multiformats/multicodec).
public struct Multicodec: RawRepresentable, Hashable, Sendable {
    /// The number in the table.
    public let rawValue: UInt64

    /// The code with a number, whether or not the table has it; nil above ``Varint/max``.
    public init?(rawValue: UInt64) {
        guard rawValue <= Varint.max else { return nil }
        self.rawValue = rawValue
    }

    /// The code with a number that is known to be at most ``Varint/max``.
    init(unchecked rawValue: UInt64) { self.rawValue = rawValue }

    /// The digest is the content itself.
    public static let identity = Multicodec(unchecked: 0x00)
    /// SHA-256.
    public static let sha256 = Multicodec(unchecked: 0x12)
    /// SHA-512.
    public static let sha512 = Multicodec(unchecked: 0x13)
    /// BLAKE2b with 256 bits.
    public static let blake2b256 = Multicodec(unchecked: 0xB220)
    /// Bytes without structure.
    public static let raw = Multicodec(unchecked: 0x55)
    /// MerkleDAG protobuf, of which UnixFS is made.
    public static let dagPB = Multicodec(unchecked: 0x70)
    /// MerkleDAG CBOR.
    public static let dagCBOR = Multicodec(unchecked: 0x71)
    /// A libp2p public key.
    public static let libp2pKey = Multicodec(unchecked: 0x72)
    /// MerkleDAG JSON.
    public static let dagJSON = Multicodec(unchecked: 0x0129)
    /// JSON.
    public static let json = Multicodec(unchecked: 0x0200)
    /// A content-addressable archive.
    public static let car = Multicodec(unchecked: 0x0202)
    /// An index of an archive by digest.
    public static let carIndexSorted = Multicodec(unchecked: 0x0400)
    /// An index of an archive by hash function and digest.
    public static let carMultihashIndexSorted = Multicodec(unchecked: 0x0401)

    /// The name in the table, of the codes that are named here; nil of others.
    public var name: String? { Multicodec.names[self] }

    /// The code of this name, of those that are named here.
    public init?(name: String) {
        guard let code = Multicodec.names.first(where: { $0.value == name })?.key else { return nil }
        self = code
    }

    private static let names: [Multicodec: String] = [
        .identity: "identity", .sha256: "sha2-256", .sha512: "sha2-512", .blake2b256: "blake2b-256",
        .raw: "raw", .dagPB: "dag-pb", .dagCBOR: "dag-cbor", .libp2pKey: "libp2p-key", .dagJSON: "dag-json",
        .json: "json", .car: "car", .carIndexSorted: "car-index-sorted",
        .carMultihashIndexSorted: "car-multihash-index-sorted",
    ]
}

extension Multicodec: CustomStringConvertible {
    public var description: String { name ?? "0x" + String(rawValue, radix: 16) }
}
