/// How a signature was made. UCAN names it by a number in its binary form, and by a name in its JSON Web Token.
public enum SignatureAlgorithm: Hashable, Sendable {
    /// Ed25519.
    case edDSA
    /// ECDSA with P-256 and SHA-256.
    case es256
    /// RSA as PKCS #1 v1.5 has it, with SHA-256.
    case rs256
    /// ECDSA with secp256k1 and SHA-256, which can't be verified here.
    case es256K
    /// ECDSA with P-384, which can't be verified here.
    case es384
    /// ECDSA with P-521, which can't be verified here.
    case es512
    /// BLS12-381 in G1, which can't be verified here.
    case bls12381G1
    /// BLS12-381 in G2, which can't be verified here.
    case bls12381G2
    /// Signatures of Ethereum's personal messages, which can't be verified here.
    case eip191
    /// Any other, by its name. The empty name is that of an absent signature.
    case other(String)

    private static let known: [(algorithm: SignatureAlgorithm, code: UInt64, name: String)] = [
        (.edDSA, 0xD0ED, "EdDSA"), (.es256, 0xD01200, "ES256"), (.rs256, 0xD01205, "RS256"),
        (.es256K, 0xD0E7, "ES256K"), (.es384, 0xD01201, "ES384"), (.es512, 0xD01202, "ES512"),
        (.bls12381G1, 0xD0EA, "BLS12381G1"), (.bls12381G2, 0xD0EB, "BLS12381G2"), (.eip191, 0xD191, "EIP191"),
    ]
    static let otherCode: UInt64 = 0xD000
    /// The most bytes of a name that are read.
    static let nameBytesMax = 64

    /// The algorithm of this name in a token's header.
    public init(name: String) {
        self = SignatureAlgorithm.known.first { $0.name == name }?.algorithm ?? .other(name)
    }

    init?(code: UInt64) {
        guard let known = SignatureAlgorithm.known.first(where: { $0.code == code }) else { return nil }
        self = known.algorithm
    }

    /// The number in the binary form: 0xD000 for those that have none of their own.
    public var code: UInt64 {
        SignatureAlgorithm.known.first { $0.algorithm == self }?.code ?? SignatureAlgorithm.otherCode
    }

    /// The name in a token's header.
    public var name: String {
        if case .other(let name) = self { return name }
        return SignatureAlgorithm.known.first { $0.algorithm == self }?.name ?? ""
    }
}
