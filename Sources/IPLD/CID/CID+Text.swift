extension CID {
    /// The text form in a base. Version 0 has only one, base58btc without the base's character, and throws
    /// ``IPLDError/Code/notRepresentable`` for every other base.
    public func text(in base: Multibase) throws(IPLDError) -> String {
        guard version == .v0 else { return base.encode(bytes) }
        guard base == .base58btc else {
            throw IPLDError(.notRepresentable, "A CID of version 0 is written in base58btc.")
        }
        return base.encodeBody(bytes)
    }

    /// Reads the text form in whichever base it is.
    public init(_ text: String) throws(IPLDError) {
        guard text.utf8.count <= CID.textBytesMax else {
            throw IPLDError(.limitExceeded, "The text is too long for a CID.")
        }
        if text.utf8.count == 46, text.utf8.starts(with: "Qm".utf8) {
            try self.init(decoding: try Multibase.base58btc.decodeBody(text))
            return
        }
        let (_, bytes) = try Multibase.decode(text)
        guard bytes.first != 0x12 else {
            throw IPLDError(.malformed, "A CID of version 0 is written without a base's character.")
        }
        try self.init(decoding: bytes)
    }

    /// The most bytes of text that are read.
    public static let textBytesMax = 16_384
}

extension CID: CustomStringConvertible {
    /// The usual text form: base58btc in version 0, lower-case base32 in version 1.
    public var description: String {
        version == .v0 ? Multibase.base58btc.encodeBody(bytes) : Multibase.base32.encode(bytes)
    }
}

extension CID: Comparable {
    /// By the bytes of the binary form.
    public static func < (left: CID, right: CID) -> Bool { left.bytes.lexicographicallyPrecedes(right.bytes) }
}
