/// What a capability is about: a URI, such as the DID of a space.
///
/// It is ASCII, as RFC 3986 has it, so that two are equal when their bytes are.
public struct Resource: Hashable, Sendable {
    /// The text.
    public let text: String

    /// All that the issuer has, of its own and by proofs.
    public static let everything = Resource(unchecked: "ucan:*")

    /// The resource of this text.
    public init(_ text: String) throws(UCANError) {
        let scheme = text.utf8.prefix { $0 != 0x3A }
        guard scheme.count < text.utf8.count, let first = scheme.first, (0x61...0x7A).contains(first | 0x20),
            scheme.allSatisfy({ Resource.isSchemeByte($0) })
        else {
            throw UCANError(.malformed, "A resource is a URI: a scheme, ':' and more.")
        }
        guard text.utf8.count <= 4_096, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw UCANError(.malformed, "A resource has at most 4,096 visible characters of ASCII.")
        }
        self.init(unchecked: text)
    }

    /// The resource that a principal is by itself, such as a space.
    public init(_ did: DID) { self.init(unchecked: did.text) }

    private init(unchecked text: String) { self.text = text }

    private static func isSchemeByte(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || "+-.".utf8.contains(byte)
    }
}

extension Resource: CustomStringConvertible {
    public var description: String { text }
}
