/// A content-addressable archive: blocks one after the other, and which of them are the roots.
///
/// This holds a whole archive in memory, as a message between services is one. ``CARReader`` and ``CARWriter`` work
/// on archives of any size. The format is that of the [CAR specification](https://github.com/ipld/ipld).
public struct CAR: Hashable, Sendable {
    /// The blocks to begin at, which the archive need not contain.
    public var roots: [CID]
    /// The blocks in the archive's order. One may be there twice.
    public var blocks: [Block]

    /// An archive of these.
    public init(roots: [CID], blocks: [Block]) {
        self.roots = roots
        self.blocks = blocks
    }

    /// Which blocks are checked against their identifiers.
    public enum Verification: Hashable, Sendable {
        /// Every block; one whose hash function can't be computed here is refused.
        case all
        /// Those whose hash function can be computed here.
        case known
        /// None.
        case none
    }

    /// What a reader takes before it gives up with ``IPLDError/Code/limitExceeded``.
    public struct Limits: Hashable, Sendable {
        /// The most bytes of the header, and so of the roots; 1 MiB unless said otherwise.
        public var headerBytesMax: Int
        /// The most bytes of a block with its identifier; 8 MiB unless said otherwise.
        public var sectionBytesMax: Int
        /// The most blocks of an archive that is held in memory; 131,072 unless said otherwise.
        public var blocksMax: Int
        /// The most bytes of an index that is read with its archive; 64 MiB unless said otherwise, which is enough for
        /// 1,600,000 blocks.
        public var indexBytesMax: Int

        /// Limits from their parts.
        public init(
            headerBytesMax: Int = 1 << 20,
            sectionBytesMax: Int = 8 << 20,
            blocksMax: Int = 1 << 17,
            indexBytesMax: Int = 64 << 20
        ) {
            self.headerBytesMax = headerBytesMax
            self.sectionBytesMax = sectionBytesMax
            self.blocksMax = blocksMax
            self.indexBytesMax = indexBytesMax
        }
    }

    /// Reads an archive of version 1 or 2, which has to be all of `bytes`. Every block is verified unless said
    /// otherwise. The index of version 2 is not read.
    public init(
        decoding bytes: [UInt8],
        verification: Verification = .all,
        limits: Limits = Limits()
    ) throws(IPLDError) {
        var reader = CARReader(verification: verification, limits: limits)
        reader.append(bytes)
        var blocks: [Block] = []
        while let section = try reader.next() {
            guard blocks.count < limits.blocksMax else {
                throw IPLDError(
                    .limitExceeded,
                    "The archive has more blocks than are held in memory; read it in parts."
                )
            }
            blocks.append(section.block)
        }
        try reader.finish()
        self.init(roots: reader.roots ?? [], blocks: blocks)
    }

    /// The archive in version 1. The same roots and blocks always give the same bytes.
    public func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        var writer = CARWriter(roots: roots, to: &bytes)
        for block in blocks { writer.append(block, to: &bytes) }
        return bytes
    }

    /// The first block of this name. O(n).
    public subscript(cid: CID) -> Block? { blocks.first { $0.cid == cid } }

    /// The name of a whole archive: the codec of archives and the SHA-256 of its bytes.
    public static func cid(of bytes: [UInt8]) -> CID { CID(.car, .sha256(of: bytes)) }
}
