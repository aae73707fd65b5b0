extension CID {
    /// The binary form: in version 0 the multihash, in version 1 the version, the format and the multihash.
    public var bytes: [UInt8] { [UInt8](count: byteCount, append) }

    /// How many bytes the binary form has.
    public var byteCount: Int {
        (version == .v0 ? 0 : 1 + Varint.byteCount(of: codec.rawValue)) + hash.byteCount
    }

    func append(to bytes: inout [UInt8]) {
        if version == .v1 {
            bytes.append(1)
            Varint.appendUnchecked(codec.rawValue, to: &bytes)
        }
        hash.append(to: &bytes)
    }

    /// Reads the binary form, which has to be all of `bytes`.
    public init(decoding bytes: [UInt8]) throws(IPLDError) {
        self = try bytes.withReader { (reader) throws(IPLDError) in try CID(whole: &reader) }
    }

    /// Reads the binary form at the beginning of `bytes`, and tells how many of them it takes.
    public static func decodePrefix(of bytes: [UInt8]) throws(IPLDError) -> (cid: CID, byteCount: Int) {
        try bytes.withReader { (reader) throws(IPLDError) in (try CID(&reader), reader.offset) }
    }

    init(whole reader: inout ByteReader) throws(IPLDError) {
        try self.init(&reader)
        try reader.requireEnd(behind: "CID")
    }

    init(_ reader: inout ByteReader) throws(IPLDError) {
        let start = reader.offset
        // A multihash of SHA-256 by itself is version 0; no other version begins like it.
        if reader.next == 0x12 {
            let hash = try Multihash(&reader)
            guard hash.code == .sha256 else {
                throw IPLDError(.malformed, "A CID of version 0 has a SHA-256 hash.", offset: start)
            }
            try self.init(v0: hash)
            return
        }
        let version = try reader.varint()
        guard version == 1 else {
            throw IPLDError(.unsupported, "A CID has version 0 or 1, not \(version).", offset: start)
        }
        let codec = Multicodec(unchecked: try reader.varint())
        self.init(codec, try Multihash(&reader))
    }
}
