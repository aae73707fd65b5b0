/// A block where it lies in an archive. Offsets count bytes from the beginning of the archive's version 1 part, which
/// is all of an archive of version 1.
public struct CARSection: Hashable, Sendable {
    /// The block.
    public let block: Block
    /// Where the section begins, with its length: the offset that an index holds.
    public let offset: UInt64
    /// Where the block's content begins.
    public let contentOffset: UInt64
}
