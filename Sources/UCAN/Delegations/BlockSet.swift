public import IPLD

/// Blocks by their names, each once, in the order in which they came.
public struct BlockSet: Sendable {
    private var blocks: [Block] = []
    private var places: [CID: Int] = [:]

    /// A set of these.
    public init(_ blocks: some Sequence<Block> = []) {
        for block in blocks { insert(block) }
    }

    /// Adds a block, unless one of this name is there.
    public mutating func insert(_ block: Block) {
        guard places[block.cid] == nil else { return }
        places[block.cid] = blocks.count
        blocks.append(block)
    }

    /// Whether a block of this name is there.
    public func contains(_ cid: CID) -> Bool { places[cid] != nil }

    /// The block of this name; a name that is the content itself gives that.
    public subscript(cid: CID) -> Block? {
        if let place = places[cid] { return blocks[place] }
        return cid.hash.code == .identity ? Block(cid, unverified: cid.hash.digest) : nil
    }
}

extension BlockSet: RandomAccessCollection {
    public var startIndex: Int { 0 }
    public var endIndex: Int { blocks.count }
    public subscript(position: Int) -> Block { blocks[position] }
}

extension BlockSet: Hashable {
    public static func == (left: BlockSet, right: BlockSet) -> Bool { left.blocks == right.blocks }

    public func hash(into hasher: inout Hasher) { hasher.combine(blocks) }
}
