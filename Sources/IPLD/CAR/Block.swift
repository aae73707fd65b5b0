/// Bytes under their identifier: a piece of a graph, and a section of an archive.
public struct Block: Hashable, Sendable {
    /// The name of the bytes.
    public let cid: CID
    /// The content, in the format that the identifier names.
    public let bytes: [UInt8]

    /// A block that is taken as it is; ``verify()`` tells whether name and content belong together.
    public init(_ cid: CID, unverified bytes: [UInt8]) {
        self.cid = cid
        self.bytes = bytes
    }

    /// The block of bytes in a format, named by their SHA-256.
    public init(_ codec: Multicodec, _ bytes: [UInt8]) {
        cid = CID(codec, .sha256(of: bytes))
        self.bytes = bytes
    }

    /// The DAG-CBOR block of a value, named by its SHA-256; throws what ``DAGCBOR/encode(_:)`` does.
    public init(_ node: Node) throws(IPLDError) {
        self.init(.dagCBOR, try DAGCBOR.encode(node))
    }

    /// Throws ``IPLDError/Code/hashMismatch`` when the content is not what the identifier names, and
    /// ``IPLDError/Code/unsupported`` when its hash function can't be computed here.
    public func verify() throws(IPLDError) {
        guard try cid.hash.matches(bytes) else {
            throw IPLDError(.hashMismatch, "A block's content is not what its identifier names.")
        }
    }
}
