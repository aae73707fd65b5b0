public import IPLD

/// A signed statement of who lets whom do what: a UCAN.
///
/// Two forms are read. The usual one is a DAG-CBOR block; what is signed is then not the block but the JSON Web Token
/// that says the same, written in the one way that DAG-JSON has. Tokens that came as a JSON Web Token written in another
/// way keep their text, as a raw block, and are verified over that text. Version 0.9.1 is written; 0.8 and 0.9 are read.
///
/// A block is read only if it is the one block that its content has, so that nobody can give a token another name by
/// writing it differently; ``alternativeCID`` is the exception that signatures of P-256 make.
public struct Token: Hashable, Sendable {
    /// What it says.
    public let payload: Payload
    /// By whom, if ``isSigned(by:)``.
    public let signature: Signature
    /// The token as it is stored, under its name.
    public let block: Block

    /// The name of the token: the SHA-256 of its block.
    public var cid: CID { block.cid }

    /// Whether the signature is of this content, by this key.
    public func isSigned(by key: PublicKey) throws(UCANError) -> Bool {
        key.verifies(signature, of: try signedBytes())
    }

    /// Issues a token: signs the payload. Its issuer has to be the signer.
    public init(signing payload: Payload, by signer: some Signer) throws(UCANError) {
        guard payload.issuer == signer.did else {
            throw UCANError(.signingFailed, "A token is signed by its issuer: '\(payload.issuer)' is not the signer.")
        }
        let signature = try signer.sign(Token.signedBytes(of: payload, algorithm: signer.algorithm))
        try self.init(payload, signature)
    }

    /// The token in its usual form.
    init(_ payload: Payload, _ signature: Signature) throws(UCANError) {
        self.payload = payload
        self.signature = signature
        let node = try Token.node(payload, signature)
        block = try translating { () throws(IPLDError) in try Block(node) }
    }

    /// The token in the form of a JSON Web Token that is not the usual one.
    init(_ payload: Payload, _ signature: Signature, text: [UInt8]) {
        self.payload = payload
        self.signature = signature
        block = Block(.raw, text)
    }

    /// Reads a block, and verifies its name: DAG-CBOR, or the text of a JSON Web Token in a raw one. The name may have
    /// been made by another hash function than ``cid``, or be the content itself.
    public init(_ block: Block, limits: Limits = Limits()) throws(UCANError) {
        switch block.cid.codec {
        case .dagCBOR: try self.init(dagCBOR: block.bytes, limits: limits)
        case .raw:
            guard let text = String(validating: block.bytes, as: UTF8.self) else {
                throw UCANError(.malformed, "A token in a raw block is not text.")
            }
            try self.init(text, limits: limits)
            guard self.block.cid.codec == .raw else {
                throw UCANError(.malformed, "A token that has a DAG-CBOR form is stored in it.")
            }
        default: throw UCANError(.malformed, "A token is a block of DAG-CBOR or of text.")
        }
        if cid != block.cid { try translating { () throws(IPLDError) in try block.verify() } }
    }

    /// What is signed.
    func signedBytes() throws(UCANError) -> [UInt8] {
        guard cid.codec == .raw else {
            return try Token.signedBytes(of: payload, algorithm: signature.algorithm)
        }
        let dot = block.bytes.lastIndex(of: 0x2E) ?? block.bytes.endIndex
        return Array(block.bytes[..<dot])
    }
}

extension Token {
    private static func node(_ payload: Payload, _ signature: Signature) throws(UCANError) -> Node {
        var map = try payload.sharedNode()
        map["v"] = .string(Text(payload.version))
        map["iss"] = .bytes(try payload.issuer.bytes)
        map["aud"] = .bytes(try payload.audience.bytes)
        map["prf"] = .list(payload.proofs.map { .link($0) })
        map["s"] = .bytes(signature.bytes)
        return .map(map)
    }

    private init(dagCBOR bytes: [UInt8], limits: Limits) throws(UCANError) {
        guard bytes.count <= limits.tokenBytesMax else {
            throw UCANError(.limitExceeded, "A token has more bytes than are read.")
        }
        let node = try translating { () throws(IPLDError) in try DAGCBOR.decode(bytes) }
        if case .list = node {
            throw UCANError(.unsupported, "This is an envelope of version 1.0, which is read by itself only.")
        }
        guard case .map(let map) = node, case .bytes(let issuer)? = map["iss"], case .bytes(let audience)? = map["aud"],
            case .bytes(let signature)? = map["s"]
        else {
            throw UCANError(.malformed, "A token is not a map with 'iss', 'aud' and 's'.")
        }
        var proofs: [CID] = []
        for node in try Payload.list(map["prf"], "prf") {
            guard case .link(let cid) = node else { throw UCANError(.malformed, "A proof of a token is not a link.") }
            proofs.append(cid)
        }
        let payload = try Payload(
            map,
            version: try Payload.text(map["v"], "v").description,
            issuer: try DID(decoding: issuer),
            audience: try DID(decoding: audience),
            proofs: proofs,
            limits: limits
        )
        try self.init(payload, try Signature(decoding: signature))
        guard block.bytes == bytes else {
            throw UCANError(.malformed, "A token has parts that it should not have, or empty ones.")
        }
    }
}
