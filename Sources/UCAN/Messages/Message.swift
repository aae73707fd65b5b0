public import IPLD

/// What agents send each other: invocations to run, and receipts of such as have run.
///
/// As a request and as an answer of HTTP it is a content-addressable archive of the media type
/// ``Message/mediaType``; this module sends nothing.
public struct Message: Sendable {
    /// The media type of a message.
    public static let mediaType = "application/vnd.ipld.car"
    private static let variant: Text = "ucanto/message@7.0.0"

    /// The names of the invocations to run, in their order; one may be there twice.
    public let execute: [CID]
    /// The names of the receipts, by those of the invocations.
    public let report: [CID: CID]
    /// What came along, but the message itself.
    public let blocks: BlockSet
    /// The message itself.
    public let root: Block

    /// A message of these. What the receipts speak of travels along as far as it is among `context`, such as the
    /// invocations that ran.
    public init(
        invocations: [Delegation] = [],
        receipts: [Receipt] = [],
        context: [Delegation] = []
    ) throws(UCANError) {
        var blocks = BlockSet()
        for invocation in invocations { try invocation.export(into: &blocks) }
        let known = Dictionary(context.map { ($0.cid, $0) }) { first, _ in first }
        for receipt in receipts {
            let links =
                [receipt.ran] + receipt.effects.fork + (receipt.effects.join.map { [$0] } ?? []) + receipt.proofs
            for link in links {
                if let delegation = known[link] { try delegation.export(into: &blocks) }
            }
            blocks.insert(receipt.block)
        }
        execute = invocations.map(\.cid)
        report = Dictionary(receipts.map { ($0.ran, $0.cid) }) { $1 }
        var content = NodeMap()
        if !execute.isEmpty { content["execute"] = .list(execute.map { .link($0) }) }
        if !receipts.isEmpty {
            var map = NodeMap()
            for receipt in receipts { map[Text(receipt.ran.description)] = .link(receipt.cid) }
            content["report"] = .map(map)
        }
        let node: Node = .map([Message.variant: .map(content)])
        root = try translating { () throws(IPLDError) in try Block(node) }
        self.blocks = blocks
    }

    /// Reads a message. Every block is verified; invocations and receipts are read when they are asked for.
    public init(decoding bytes: [UInt8], limits: Limits = Limits()) throws(UCANError) {
        let (root, node, blocks) = try readArchive(bytes, limits: limits)
        guard case .map(let map) = node, map.count == 1, case .map(let content)? = map[Message.variant] else {
            throw UCANError(.malformed, "The archive's root is no message: it has no '\(Message.variant)'.")
        }
        self.root = root
        self.blocks = blocks
        switch content["execute"] {
        case nil: execute = []
        case .list(let list)?: execute = try links(list)
        case .some: throw UCANError(.malformed, "What a message says to run is not a list.")
        }
        var report: [CID: CID] = [:]
        switch content["report"] {
        case nil: break
        case .map(let map)?:
            for entry in map {
                let ran = try translating { () throws(IPLDError) in try CID(entry.key.description) }
                guard case .link(let receipt) = entry.value, report.updateValue(receipt, forKey: ran) == nil else {
                    throw UCANError(.malformed, "What a message reports is not a link, or twice of one invocation.")
                }
            }
        case .some: throw UCANError(.malformed, "What a message reports is not a map.")
        }
        self.report = report
        guard execute.count <= limits.invocationsMax, report.count <= limits.invocationsMax else {
            throw UCANError(.limitExceeded, "A message has more invocations or receipts than are read.")
        }
    }

    /// The message as an archive.
    public func encoded() -> [UInt8] { CAR(roots: [root.cid], blocks: Array(blocks) + [root]).encoded() }

    /// The invocation of this name, with what came along.
    public func invocation(_ link: CID, limits: Limits = Limits()) throws(UCANError) -> Delegation {
        try Delegation.find(link, in: blocks, limits: limits)
    }

    /// The receipt of an invocation; nil when none is reported.
    public func receipt(of invocation: CID, limits: Limits = Limits()) throws(UCANError) -> Receipt? {
        guard let link = report[invocation] else { return nil }
        guard let block = blocks[link] else { throw UCANError(.missingBlock, "A receipt that is named is not there.") }
        let receipt = try Receipt(block, limits: limits)
        guard receipt.ran == invocation else {
            throw UCANError(.malformed, "A receipt is reported of another invocation than the one that ran.")
        }
        return receipt
    }
}
