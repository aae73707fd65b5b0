import IPLD

/// The type of a public key, by its code in the [multicodec table](https://github.com/multiformats/multicodec).
public enum KeyType: UInt64, Hashable, Sendable, CaseIterable {
    /// Ed25519, which is verified and signed with.
    case ed25519 = 0xED
    /// NIST P-256, which is verified and signed with.
    case p256 = 0x1200
    /// RSA as PKCS #1 has it, which is verified with.
    case rsa = 0x1205
    /// secp256k1, which is only named.
    case secp256k1 = 0xE7
    /// BLS12-381 in G1, which is only named.
    case bls12381G1 = 0xEA
    /// BLS12-381 in G2, which is only named.
    case bls12381G2 = 0xEB
    /// NIST P-384, which is only named.
    case p384 = 0x1201
    /// NIST P-521, which is only named.
    case p521 = 0x1202

    /// The most bytes of a key: RSA with 8,192 bits, in DER.
    static let keyBytesMax = 1_040

    /// How many bytes such a key has; nil where that depends on the key.
    private var byteCount: Int? {
        switch self {
        case .ed25519: 32
        case .p256, .secp256k1: 33
        case .bls12381G1: 48
        case .bls12381G2: 96
        case .p384: 49
        case .p521: 67
        case .rsa: nil
        }
    }

    /// The type of this code, when a key of that type can have so many bytes.
    @discardableResult
    static func check(_ code: UInt64, keyBytes: some Collection<UInt8>) throws(UCANError) -> KeyType {
        guard let type = KeyType(rawValue: code) else {
            throw UCANError(.unsupportedKeyType, "Unsupported key type: no key has the code 0x\(hexadecimal(code)).")
        }
        guard keyBytes.count <= keyBytesMax else {
            throw UCANError(.limitExceeded, "A key has more bytes than are read here.")
        }
        guard !keyBytes.isEmpty, type.byteCount.map({ $0 == keyBytes.count }) ?? true else {
            throw UCANError(.malformed, "A key has not the number of bytes that keys of its type have.")
        }
        return type
    }
}

func hexadecimal(_ number: UInt64) -> String { String(number, radix: 16) }
