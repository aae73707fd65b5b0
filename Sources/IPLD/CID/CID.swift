/// A content identifier: the name of a block by the hash of its bytes and the format they are in.
///
/// The binary and text forms are those of the [CID specification](https://github.com/multiformats/cid). Two
/// identifiers are equal when version, format and hash are, whatever base they were written in.
public struct CID: Hashable, Sendable {
    /// Which form an identifier has.
    public enum Version: UInt8, Hashable, Sendable {
        /// A bare SHA-256 of a dag-pb block.
        case v0 = 0
        /// Version, format and hash.
        case v1 = 1
    }

    /// Which form it has.
    public let version: Version
    /// The format of the block.
    public let codec: Multicodec
    /// The hash of the block's bytes.
    public let hash: Multihash

    /// An identifier of version 1.
    public init(_ codec: Multicodec, _ hash: Multihash) {
        version = .v1
        self.codec = codec
        self.hash = hash
    }

    /// An identifier of version 0; throws ``IPLDError/Code/notRepresentable`` unless the hash is a SHA-256.
    public init(v0 hash: Multihash) throws(IPLDError) {
        guard hash.code == .sha256, hash.digest.count == 32 else {
            throw IPLDError(.notRepresentable, "A CID of version 0 has a SHA-256 hash.")
        }
        version = .v0
        codec = .dagPB
        self.hash = hash
    }

    /// The same block's identifier in version 1.
    public var v1: CID { CID(codec, hash) }

    /// The same block's identifier in version 0; throws ``IPLDError/Code/notRepresentable`` where there is none.
    public func v0() throws(IPLDError) -> CID {
        guard codec == .dagPB else {
            throw IPLDError(.notRepresentable, "A CID of version 0 names a dag-pb block.")
        }
        return try CID(v0: hash)
    }
}
