/// Whoever signs tokens and receipts under a name.
public protocol Signer: Sendable {
    /// The name that is written as the issuer.
    var did: DID { get }
    /// The algorithm of ``sign(_:)``, which a token names in what is signed.
    var algorithm: SignatureAlgorithm { get }
    /// The signature of the bytes.
    func sign(_ bytes: [UInt8]) throws(UCANError) -> Signature
}

extension Signer {
    /// The same key under another name, as a service signs as `did:web`.
    public func named(_ did: DID) -> NamedSigner<Self> { NamedSigner(did: did, signer: self) }
}

/// A key that signs under a name that is not its own. Who verifies has to know which keys the name has.
public struct NamedSigner<Base: Signer>: Signer {
    public let did: DID
    let signer: Base

    public var algorithm: SignatureAlgorithm { signer.algorithm }

    public func sign(_ bytes: [UInt8]) throws(UCANError) -> Signature { try signer.sign(bytes) }
}

/// A principal that has no key, such as a mail address. What it delegates counts only with an attestation.
public struct AbsentSigner: Signer {
    public let did: DID

    /// A principal of this name.
    public init(_ did: DID) { self.did = did }

    public var algorithm: SignatureAlgorithm { Signature.absent.algorithm }

    public func sign(_ bytes: [UInt8]) throws(UCANError) -> Signature { .absent }
}

extension NamedSigner<SigningKey> {
    /// The public half of the key.
    public var publicKey: PublicKey { signer.publicKey }
}
