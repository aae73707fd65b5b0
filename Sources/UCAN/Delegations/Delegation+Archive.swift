import IPLD

extension Delegation {
    private static let variant: Text = "ucan@0.9.1"

    /// The delegation as a file: a content-addressable archive whose root says which of the blocks is the token.
    ///
    /// Blocks that nothing in the token or its proofs leads to are left out.
    public func archive(limits: Limits = Limits()) throws(UCANError) -> [UInt8] {
        var blocks = BlockSet()
        try export(into: &blocks, limits: limits)
        let variant: Node = .map([Delegation.variant: .link(cid)])
        let root = try translating { () throws(IPLDError) in try Block(variant) }
        return CAR(roots: [root.cid], blocks: Array(blocks) + [root]).encoded()
    }

    /// Reads an archive. Every block is verified; whether the token holds is for a ``Validator`` to tell.
    public init(archive bytes: [UInt8], limits: Limits = Limits()) throws(UCANError) {
        let (_, root, blocks) = try readArchive(bytes, limits: limits)
        guard case .map(let map) = root, map.count == 1, case .link(let link)? = map[Delegation.variant] else {
            throw UCANError(.malformed, "The archive's root is no delegation: it has no link '\(Delegation.variant)'.")
        }
        self = try Delegation.find(link, in: blocks, limits: limits)
    }
}

/// An archive's only root with its value, and all blocks but the root.
func readArchive(_ bytes: [UInt8], limits: Limits) throws(UCANError) -> (root: Block, node: Node, blocks: BlockSet) {
    guard bytes.count <= limits.archiveBytesMax else {
        throw UCANError(.limitExceeded, "The archive has more bytes than are read.")
    }
    let archive = try translating { () throws(IPLDError) in
        try CAR(
            decoding: bytes,
            limits: CAR.Limits(
                headerBytesMax: 4_096,
                sectionBytesMax: limits.tokenBytesMax + 128,
                blocksMax: limits.blocksMax
            )
        )
    }
    guard archive.roots.count == 1, let cid = archive.roots.first else {
        throw UCANError(.malformed, "The archive has not one root.")
    }
    let blocks = BlockSet(archive.blocks.filter { $0.cid != cid })
    guard let root = archive[cid] ?? BlockSet()[cid] else {
        throw UCANError(.missingBlock, "The archive's root is not in it.")
    }
    guard root.cid.codec == .dagCBOR else { throw UCANError(.malformed, "The archive's root is not DAG-CBOR.") }
    return (root, try translating { () throws(IPLDError) in try DAGCBOR.decode(root.bytes) }, blocks)
}
