public import IPLD

/// The signed statement of what came of an invocation.
///
/// Unlike a token's, its signature is over a part of the block itself: the DAG-CBOR of `ocm`.
public struct Receipt: Hashable, Sendable {
    /// The name of the invocation.
    public let ran: CID
    /// What came of it.
    public let out: Outcome
    /// What is to be done next.
    public let effects: Effects
    /// Whatever else the issuer says.
    public let meta: NodeMap
    /// Who says so; nil if that is the audience of the invocation.
    public let issuer: DID?
    /// The tokens by which the issuer may say so.
    public let proofs: [CID]
    /// By whom, if ``isSigned(by:)``.
    public let signature: Signature
    /// The receipt as it is stored, under its name.
    public let block: Block

    /// The name of the receipt.
    public var cid: CID { block.cid }

    /// Issues a receipt.
    public init(
        of invocation: CID,
        _ out: Outcome,
        effects: Effects = Effects(),
        meta: NodeMap = [:],
        proofs: [CID] = [],
        by signer: some Signer
    ) throws(UCANError) {
        ran = invocation
        self.out = out
        self.effects = effects
        self.meta = meta
        issuer = signer.did
        self.proofs = proofs
        let outcome: Node = [
            "ran": .link(ran), "out": out.node, "fx": effects.node, "meta": .map(meta),
            "iss": .string(Text(signer.did.text)), "prf": .list(proofs.map { .link($0) }),
        ]
        signature = try signer.sign(try translating { () throws(IPLDError) in try DAGCBOR.encode(outcome) })
        let node: Node = ["ocm": outcome, "sig": .bytes(signature.bytes)]
        block = try translating { () throws(IPLDError) in try Block(node) }
    }

    /// Reads a receipt, and verifies its name.
    public init(_ block: Block, limits: Limits = Limits()) throws(UCANError) {
        guard block.cid.codec == .dagCBOR else { throw UCANError(.malformed, "A receipt is a block of DAG-CBOR.") }
        guard block.bytes.count <= limits.tokenBytesMax else {
            throw UCANError(.limitExceeded, "A receipt has more bytes than are read.")
        }
        try translating { () throws(IPLDError) in try block.verify() }
        self.block = block
        let node = try translating { () throws(IPLDError) in try DAGCBOR.decode(block.bytes) }
        guard case .map(let map) = node, map.count == 2, case .map(let outcome)? = map["ocm"],
            case .bytes(let signature)? = map["sig"], case .link(let ran)? = outcome["ran"],
            let out = Outcome(outcome["out"]), case .map(let meta)? = outcome["meta"],
            case .list(let proofs)? = outcome["prf"]
        else {
            throw UCANError(.malformed, "A receipt has not the parts of one.")
        }
        guard proofs.count <= limits.proofsMax else {
            throw UCANError(.limitExceeded, "A receipt names more proofs than are read.")
        }
        self.ran = ran
        self.out = out
        self.meta = meta
        effects = try Effects(outcome["fx"])
        self.proofs = try links(proofs)
        self.signature = try Signature(decoding: signature)
        switch outcome["iss"] {
        case nil: issuer = nil
        case .string(let text)?: issuer = try DID(text.description)
        case .some: throw UCANError(.malformed, "The issuer of a receipt is not text.")
        }
    }

    /// Whether the signature is of this content, by this key. Who may sign is the audience of the invocation, or the
    /// issuer by its proofs.
    public func isSigned(by key: PublicKey) throws(UCANError) -> Bool {
        let node = try translating { () throws(IPLDError) in try DAGCBOR.decode(block.bytes) }
        let signed = try translating { () throws(IPLDError) in try DAGCBOR.encode(node["ocm"] ?? .null) }
        return key.verifies(signature, of: signed)
    }
}
