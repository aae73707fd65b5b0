import IPLD

/// A decentralized identifier: the name of whoever issues or receives a token.
///
/// The text is `did:`, a method, and what the method makes of the rest, in the characters that the
/// [specification](https://github.com/w3c/did) allows and those that JavaScript leaves unescaped. The binary form is the
/// one of UCAN: of a `did:key` the key itself with its type before it, of any other the code 0x0D1D and the text
/// without `did:`.
public struct DID: Hashable, Sendable {
    /// The text, which is ASCII, so that two are equal when their bytes are.
    public let text: String

    private static let prefix = "did:"
    private static let otherCode: UInt64 = 0x0D1D
    /// The most bytes of text that are read. A key of 8,192 bits needs 1,440.
    public static let textBytesMax = 2_048

    /// Reads the text form. A `did:key` has to hold a key of a type that is known, if not of one that is supported.
    public init(_ text: String) throws(UCANError) {
        try self.init(checking: text)
        if method == "key" { _ = try PublicKey.decode(multibase: identifier) }
    }

    private init(checking text: String) throws(UCANError) {
        guard text.utf8.count <= DID.textBytesMax else {
            throw UCANError(.limitExceeded, "The text is too long for a DID.")
        }
        guard text.hasPrefix(DID.prefix) else {
            throw UCANError(.malformed, "Invalid DID: it must start with 'did:'.")
        }
        let parts = text.utf8.dropFirst(4).split(separator: 0x3A, maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty, parts[0].allSatisfy(DID.isMethodByte),
            parts[1].allSatisfy(DID.isIdentifierByte)
        else {
            throw UCANError(.malformed, "Invalid DID: it is not a method and an identifier in the characters of DIDs.")
        }
        self.text = text
    }

    init(_ key: PublicKey) { self.init(keyBytes: key.bytes) }

    /// The name of a key that has been read.
    private init(keyBytes: [UInt8]) { text = "did:key:" + Multibase.base58btc.encode(keyBytes) }

    /// The name of a service by its domain, such as `up.example.com`; a port stands behind `%3A`.
    public static func web(_ domain: String) throws(UCANError) -> DID { try DID("did:web:" + domain) }

    /// The first part, such as `key`.
    public var method: String { String(text.dropFirst(4).prefix { $0 != ":" }) }

    /// What follows the method.
    public var identifier: Substring { text.dropFirst(4 + method.utf8.count + 1) }

    /// The key that a `did:key` is; nil for any other.
    ///
    /// Throws ``UCANError/Code/unsupportedKeyType`` where nothing can be verified with it here.
    public var key: PublicKey? {
        get throws(UCANError) {
            guard method == "key" else { return nil }
            return try PublicKey(decoding: PublicKey.decode(multibase: identifier))
        }
    }

    private static func isMethodByte(_ byte: UInt8) -> Bool { isLower(byte) || isDigit(byte) }

    private static func isIdentifierByte(_ byte: UInt8) -> Bool {
        isLower(byte) || isLower(byte | 0x20) || isDigit(byte) || ".-_:%!~*'()".utf8.contains(byte)
    }

    private static func isLower(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}

extension DID {
    /// The binary form.
    public var bytes: [UInt8] {
        get throws(UCANError) {
            if method == "key" { return try PublicKey.decode(multibase: identifier) }
            var bytes: [UInt8] = []
            try translating { () throws(IPLDError) in try Varint.append(DID.otherCode, to: &bytes) }
            bytes.append(contentsOf: text.utf8.dropFirst(4))
            return bytes
        }
    }

    /// Reads the binary form.
    public init(decoding bytes: [UInt8]) throws(UCANError) {
        guard bytes.count <= DID.textBytesMax else {
            throw UCANError(.limitExceeded, "There are too many bytes for a DID.")
        }
        let (code, count) = try translating { () throws(IPLDError) in try Varint.decode(bytes) }
        guard code == DID.otherCode else {
            try KeyType.check(code, keyBytes: bytes.dropFirst(count))
            self.init(keyBytes: bytes)
            return
        }
        guard let rest = String(validating: bytes.dropFirst(count), as: UTF8.self) else {
            throw UCANError(.malformed, "Invalid DID: its bytes are not UTF-8.")
        }
        try self.init(checking: DID.prefix + rest)
        guard method != "key" else {
            throw UCANError(.malformed, "Invalid DID: a did:key has a binary form of its own.")
        }
    }
}

extension DID: CustomStringConvertible {
    public var description: String { text }
}
