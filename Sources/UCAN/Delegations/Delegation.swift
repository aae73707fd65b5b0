public import IPLD

/// A token together with the tokens that prove it, as far as they are at hand, and the blocks that it speaks of.
///
/// An invocation is one too: a token with a single capability, whose audience is to act.
public struct Delegation: Hashable, Sendable {
    /// The token.
    public let token: Token
    /// What is at hand beside the token, or all that came with it.
    public let blocks: BlockSet

    /// The name of the token.
    public var cid: CID { token.cid }

    /// What the token says.
    public var payload: Payload { token.payload }

    /// A token and what is at hand beside it.
    public init(_ token: Token, blocks: BlockSet = BlockSet()) {
        self.token = token
        self.blocks = blocks
    }

    /// Issues a delegation or an invocation.
    ///
    /// - Parameters:
    ///   - signer: who issues it.
    ///   - audience: to whom.
    ///   - capabilities: what the audience may do; in an invocation the one thing that it is to do.
    ///   - expiration: the first second since 1970 at which it does not hold any more; nil if it holds for ever.
    ///   - notBefore: the last second since 1970 at which it does not hold yet.
    ///   - nonce: text that tells it from others that say the same.
    ///   - facts: statements that are signed along.
    ///   - proofs: the delegations by which the issuer has what it gives. They travel along.
    ///   - proofLinks: the names of proofs that the audience is expected to have.
    ///   - attachments: blocks that capabilities or facts link to. They travel along.
    public init(
        by signer: some Signer,
        to audience: DID,
        _ capabilities: [Capability],
        expiration: Int64?,
        notBefore: Int64? = nil,
        nonce: Text = "",
        facts: [NodeMap] = [],
        proofs: [Delegation] = [],
        proofLinks: [CID] = [],
        attachments: [Block] = []
    ) throws(UCANError) {
        let payload = Payload(
            issuer: signer.did,
            audience: audience,
            capabilities: capabilities,
            expiration: expiration,
            notBefore: notBefore,
            nonce: nonce,
            facts: facts,
            proofs: proofs.map(\.cid) + proofLinks
        )
        var blocks = BlockSet()
        for proof in proofs { try proof.export(into: &blocks) }
        for block in attachments { blocks.insert(block) }
        self.init(try Token(signing: payload, by: signer), blocks: blocks)
    }

    /// The proof of this name; nil when it is not at hand. Throws when what is at hand is no token.
    public func proof(_ link: CID, limits: Limits = Limits()) throws(UCANError) -> Delegation? {
        guard let block = blocks[link] else { return nil }
        return Delegation(try Token(block, limits: limits), blocks: blocks)
    }

    /// The block of a token, with the tokens that prove it, among others.
    static func find(_ link: CID, in blocks: BlockSet, limits: Limits) throws(UCANError) -> Delegation {
        guard let block = blocks[link] else {
            throw UCANError(.missingBlock, "A token that is named is not there.")
        }
        return Delegation(try Token(block, limits: limits), blocks: blocks)
    }
}

extension Delegation {
    /// Appends the blocks to send: proofs first, each behind its own, then what the token speaks of, then the token.
    func export(into target: inout BlockSet, limits: Limits = Limits()) throws(UCANError) {
        // What is there already has been put there with all that it links to.
        guard !target.contains(cid) else { return }
        var seen: Set<CID> = [cid]
        for link in payload.proofs { try export(link, into: &target, seen: &seen, depth: 1, limits: limits) }
        for capability in payload.capabilities {
            for entry in capability.nb ?? [:] { attach(entry.value, into: &target, seen: &seen) }
        }
        for fact in payload.facts {
            for entry in fact { attach(entry.value, into: &target, seen: &seen) }
        }
        target.insert(token.block)
    }

    private func attach(_ node: Node, into target: inout BlockSet, seen: inout Set<CID>) {
        node.forEachLink { link in
            if seen.insert(link).inserted, blocks.contains(link), let block = blocks[link] { target.insert(block) }
        }
    }

    /// Appends a block behind those that it links to.
    private func export(
        _ link: CID,
        into target: inout BlockSet,
        seen: inout Set<CID>,
        depth: Int,
        limits: Limits
    ) throws(UCANError) {
        guard seen.insert(link).inserted, !target.contains(link), blocks.contains(link), let block = blocks[link] else {
            return
        }
        guard depth < limits.chainDepthMax else {
            throw UCANError(.limitExceeded, "Delegations lie deeper behind each other than the limit allows.")
        }
        if block.cid.codec == .dagCBOR {
            var links: [CID] = []
            try translating { () throws(IPLDError) in try DAGCBOR.decode(block.bytes) }.forEachLink { links.append($0) }
            for link in links {
                try export(link, into: &target, seen: &seen, depth: depth + 1, limits: limits)
            }
        }
        target.insert(block)
    }
}
