import Crypto
import CryptoExtras
import IPLD

/// A public key that signatures are verified with: Ed25519, P-256, or RSA of 2,048 to 8,192 bits.
public struct PublicKey: Sendable {
    /// The type.
    public let type: KeyType
    /// The code of the type and the key: compressed for P-256, in the DER of PKCS #1 for RSA.
    public let bytes: [UInt8]
    private let key: Key

    private enum Key: Sendable {
        case ed25519(Curve25519.Signing.PublicKey)
        case p256(P256.Signing.PublicKey)
        case rsa(_RSA.Signing.PublicKey)
    }

    /// Reads a key behind the code of its type.
    ///
    /// Throws ``UCANError/Code/unsupportedKeyType`` for a type that is known, and can't be verified with here:
    /// secp256k1, BLS12-381, P-384 and P-521.
    public init(decoding bytes: [UInt8]) throws(UCANError) {
        let (code, count) = try translating { () throws(IPLDError) in try Varint.decode(bytes) }
        type = try KeyType.check(code, keyBytes: bytes.dropFirst(count))
        self.bytes = bytes
        let raw = Array(bytes.dropFirst(count))
        do {
            switch type {
            case .ed25519: key = .ed25519(try Curve25519.Signing.PublicKey(rawRepresentation: raw))
            case .p256: key = .p256(try P256.Signing.PublicKey(compressedRepresentation: raw))
            case .rsa:
                let rsa = try _RSA.Signing.PublicKey(derRepresentation: raw)
                // The library reads other forms too, and one key must not have two names.
                guard rsa.pkcs1DERRepresentation.elementsEqual(raw) else {
                    throw UCANError(.malformed, "An RSA key is not in the DER of PKCS #1.")
                }
                key = .rsa(rsa)
            case .secp256k1, .bls12381G1, .bls12381G2, .p384, .p521:
                throw UCANError(.unsupportedKeyType, "Unsupported key type: \(type).")
            }
        } catch let error as UCANError {
            throw error
        } catch {
            throw UCANError(.malformed, "The bytes are not a key of type \(type).")
        }
    }

    init(_ key: Curve25519.Signing.PublicKey) {
        type = .ed25519
        // The code as a varint.
        bytes = [0xED, 0x01] + key.rawRepresentation
        self.key = .ed25519(key)
    }

    init(_ key: P256.Signing.PublicKey) {
        type = .p256
        bytes = [0x80, 0x24] + key.compressedRepresentation
        self.key = .p256(key)
    }

    /// The `did:key` that the key is.
    public var did: DID { DID(self) }

    /// The algorithm of its signatures.
    public var algorithm: SignatureAlgorithm {
        switch key {
        case .ed25519: .edDSA
        case .p256: .es256
        case .rsa: .rs256
        }
    }

    /// Whether the signature is of these bytes by this key. False too for a signature of another algorithm.
    public func verifies(_ signature: Signature, of bytes: [UInt8]) -> Bool {
        guard signature.algorithm == algorithm else { return false }
        switch key {
        case .ed25519(let key): return key.isValidSignature(signature.raw, for: bytes)
        case .p256(let key):
            // The library tells only that the signature has not the length that it must have.
            guard let parsed = try? P256.Signing.ECDSASignature(rawRepresentation: signature.raw) else { return false }
            return key.isValidSignature(parsed, for: bytes)
        case .rsa(let key):
            return key.isValidSignature(
                _RSA.Signing.RSASignature(rawRepresentation: signature.raw),
                for: SHA256.hash(data: bytes),
                padding: .insecurePKCS1v1_5
            )
        }
    }

    static func decode(multibase text: Substring) throws(UCANError) -> [UInt8] {
        guard text.first == Multibase.base58btc.rawValue else {
            throw UCANError(.malformed, "Invalid DID: a did:key is written in base58btc.")
        }
        let bytes = try translating { () throws(IPLDError) in try Multibase.base58btc.decodeBody(text.dropFirst()) }
        let (code, count) = try translating { () throws(IPLDError) in try Varint.decode(bytes) }
        try KeyType.check(code, keyBytes: bytes.dropFirst(count))
        return bytes
    }
}

extension PublicKey: Hashable {
    public static func == (left: PublicKey, right: PublicKey) -> Bool { left.bytes == right.bytes }

    public func hash(into hasher: inout Hasher) { hasher.combine(bytes) }
}
