public import IPLD

/// A delegation or an invocation of version 1.0, which is read here and not written.
///
/// Its block is a DAG-CBOR list of two: a signature, and what is signed, which is a header that says how, and what the
/// token says under the name of its kind and version. Those are `ucan/dlg@` and `ucan/inv@` with `1.0.0` or a release
/// candidate of it, as in the [specification](https://github.com/ucan-wg/spec) and the two beside it.
///
/// Whether it holds is for the reader to see: ``isSigned(by:)``, ``holds(at:)`` and ``audience``. Its policy is not
/// applied, and no ``Validator`` looks for the chain of delegations behind it.
public struct Envelope: Hashable, Sendable {
    /// What only one of the two kinds says.
    public enum Statement: Hashable, Sendable {
        /// The audience may do what is named, where the arguments meet this policy.
        case delegation(policy: [Node])
        /// The audience is asked to do it with these arguments. The proofs are links to delegations, the first of them the
        /// subject's own; the second it was issued in and the receipt that led to it may be told.
        case invocation(arguments: NodeMap, proofs: [CID], issuedAt: Int64?, cause: CID?)
    }

    /// The version of the format, such as `1.0.0-rc.1`.
    public let version: String
    /// Who delegates or invokes.
    public let issuer: DID
    /// Who is delegated to, or asked to act: the subject, where an invocation names nobody.
    public let audience: DID
    /// Whose it is that something may be done with; nil in a delegation of whatever the issuer will have.
    public let subject: DID?
    /// What may be done or is asked for: a path such as `/store/add`, which stands for all paths below it too.
    public let command: String
    /// What is delegated or asked beyond that.
    public let statement: Statement
    /// The first second since 1970 at which it does not hold any more; nil if it holds for ever.
    public let expiration: Int64?
    /// The first second since 1970 at which it holds; nil if it holds from the beginning.
    public let notBefore: Int64?
    /// Bytes that tell this token from others that say the same.
    public let nonce: [UInt8]
    /// Statements that are signed along.
    public let metadata: NodeMap
    /// By whom, if ``isSigned(by:)``.
    public let signature: Signature
    /// The token as it is stored, under its name.
    public let block: Block
    private let signedBytes: [UInt8]

    /// The name of the token: the SHA-256 of its block.
    public var cid: CID { block.cid }

    /// Whether the signature is of this content, by this key.
    public func isSigned(by key: PublicKey) -> Bool { key.verifies(signature, of: signedBytes) }

    /// Whether it holds at a second since 1970.
    public func holds(at time: Int64) -> Bool { !isExpired(at: time) && !isTooEarly(at: time) }

    /// Whether it does not hold any more at a second since 1970.
    public func isExpired(at time: Int64) -> Bool { expiration.map { $0 <= time } ?? false }

    /// Whether it does not hold yet at a second since 1970.
    public func isTooEarly(at time: Int64) -> Bool { notBefore.map { time < $0 } ?? false }

    /// Reads a block of DAG-CBOR, and verifies its name. A block is read only in the one form that its content has.
    public init(_ block: Block, limits: Limits = Limits()) throws(UCANError) {
        guard block.cid.codec == .dagCBOR else {
            throw UCANError(.malformed, "A token of version 1.0 is a block of DAG-CBOR.")
        }
        try self.init(decoding: block.bytes, limits: limits)
        if cid != block.cid { try translating { () throws(IPLDError) in try block.verify() } }
    }

    /// Reads the bytes of a block.
    public init(decoding bytes: [UInt8], limits: Limits = Limits()) throws(UCANError) {
        guard bytes.count <= limits.tokenBytesMax else {
            throw UCANError(.limitExceeded, "A token has more bytes than are read.")
        }
        let node = try translating { () throws(IPLDError) in try DAGCBOR.decode(bytes) }
        guard case .list(let parts) = node, parts.count == 2, case .bytes(let raw) = parts[0],
            case .map(let signed) = parts[1], signed.count == 2, case .bytes(let header)? = signed["h"],
            let body = signed.first(where: { $0.key != "h" }), case .map(let map) = body.value
        else {
            throw UCANError(.malformed, "A token of version 1.0 is not a signature with a header and one payload.")
        }
        guard raw.count <= Signature.rawBytesMax else {
            throw UCANError(.limitExceeded, "A signature has more bytes than are read here.")
        }
        signature = Signature(try SignatureAlgorithm(header: header, signatureBytes: raw.count), raw)
        signedBytes = try translating { () throws(IPLDError) in try DAGCBOR.encode(parts[1]) }
        block = Block(.dagCBOR, bytes)
        let (kind, version) = try EnvelopeKind.split(body.key)
        self.version = version
        let fields = EnvelopeFields(map)
        try fields.check(kind)
        issuer = try fields.principal("iss")
        subject = kind == .delegation && map["sub"] == .null ? nil : try fields.principal("sub")
        if let subject, kind == .invocation, map["aud"] == nil {
            audience = subject
        } else {
            audience = try fields.principal("aud")
        }
        command = try fields.command()
        statement = try fields.statement(kind, limits)
        expiration = try Payload.expiration(map["exp"])
        notBefore = try map["nbf"].map { (node) throws(UCANError) in try Payload.seconds(node, "nbf") }
        nonce = try fields.nonce()
        metadata = try map["meta"].map { (_) throws(UCANError) in try fields.map("meta") } ?? [:]
    }
}
