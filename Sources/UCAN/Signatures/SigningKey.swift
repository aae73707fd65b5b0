import Crypto
import IPLD

/// A private key that signs under the name of its own `did:key`: Ed25519 or P-256.
///
/// On Linux the signatures of Ed25519 are the one that RFC 8032 gives; those of P-256, and all on Apple's platforms,
/// differ each time, so that the same token issued twice has two identifiers.
public struct SigningKey: Signer {
    private enum Key: Sendable {
        case ed25519(Curve25519.Signing.PrivateKey)
        case p256(P256.Signing.PrivateKey)
    }

    private let key: Key
    /// The public half.
    public let publicKey: PublicKey
    public let did: DID

    /// The Ed25519 key of a seed of 32 bytes, which must be secret and random.
    public init(ed25519 seed: [UInt8]) throws(UCANError) {
        do {
            let key = try Curve25519.Signing.PrivateKey(rawRepresentation: seed)
            self.init(.ed25519(key), PublicKey(key.publicKey))
        } catch {
            throw UCANError(.malformed, "A seed of Ed25519 has 32 bytes.")
        }
    }

    /// The P-256 key of a secret number, in 32 bytes.
    public init(p256 secret: [UInt8]) throws(UCANError) {
        do {
            let key = try P256.Signing.PrivateKey(rawRepresentation: secret)
            self.init(.p256(key), PublicKey(key.publicKey))
        } catch {
            throw UCANError(.malformed, "The bytes are no secret number of P-256.")
        }
    }

    private init(_ key: Key, _ publicKey: PublicKey) {
        self.key = key
        self.publicKey = publicKey
        did = publicKey.did
    }

    /// A new Ed25519 key from a generator, which must be one for secrets, such as `SystemRandomNumberGenerator`.
    public static func ed25519(using generator: inout some RandomNumberGenerator) throws(UCANError) -> SigningKey {
        try SigningKey(ed25519: seed(using: &generator))
    }

    /// A new P-256 key from a generator, which must be one for secrets, such as `SystemRandomNumberGenerator`.
    public static func p256(using generator: inout some RandomNumberGenerator) throws(UCANError) -> SigningKey {
        for _ in 0..<8 {
            let secret = seed(using: &generator)
            // Of the numbers of 256 bits one in 2^32 is none of P-256: then the next is tried.
            if let key = try? SigningKey(p256: secret) { return key }
        }
        throw UCANError(.signingFailed, "The generator gives no numbers that keys can be made of.")
    }

    private static func seed(using generator: inout some RandomNumberGenerator) -> [UInt8] {
        (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    public var algorithm: SignatureAlgorithm { publicKey.algorithm }

    public func sign(_ bytes: [UInt8]) throws(UCANError) -> Signature {
        do {
            switch key {
            case .ed25519(let key): return Signature(.edDSA, Array(try key.signature(for: bytes)))
            case .p256(let key): return Signature(.es256, Array(try key.signature(for: bytes).rawRepresentation))
            }
        } catch {
            throw UCANError(.signingFailed, "The key did not sign.")
        }
    }
}

extension SigningKey {
    private static let ed25519Code: [UInt8] = [0x80, 0x26]
    private static let p256Code: [UInt8] = [0x86, 0x26]

    /// The secret as text: padded base64 of the code of private keys, the secret, and the public key with its code.
    /// To be kept like a password.
    public var secretText: String {
        let secret =
            switch key {
            case .ed25519(let key): SigningKey.ed25519Code + key.rawRepresentation
            case .p256(let key): SigningKey.p256Code + key.rawRepresentation
            }
        return Multibase.base64Padded.encode(secret + publicKey.bytes)
    }

    /// Reads what ``secretText`` gives; the public key may be left out, and has to fit where it is there.
    public init(secretText text: String) throws(UCANError) {
        guard text.utf8.count <= 256 else { throw UCANError(.limitExceeded, "The text is too long for a key.") }
        let (_, bytes) = try translating { () throws(IPLDError) in try Multibase.decode(text) }
        let secret = Array(bytes.dropFirst(2).prefix(32))
        let key: SigningKey
        switch Array(bytes.prefix(2)) {
        case SigningKey.ed25519Code: key = try SigningKey(ed25519: secret)
        case SigningKey.p256Code: key = try SigningKey(p256: secret)
        default:
            throw UCANError(
                .unsupportedKeyType,
                "Unsupported key type: the text is no private key of Ed25519 or P-256."
            )
        }
        let rest = bytes.dropFirst(34)
        guard rest.isEmpty || rest.elementsEqual(key.publicKey.bytes) else {
            throw UCANError(.malformed, "The public key in the text is not that of the private one.")
        }
        self = key
    }
}

extension SigningKey: CustomStringConvertible {
    /// The name, never the secret.
    public var description: String { did.text }
}
