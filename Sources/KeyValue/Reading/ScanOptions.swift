/// How one page of a scan is read.
public struct ScanOptions: Hashable, Sendable {
    /// How many keys the store may examine for the page, at least one. What is examined and not shown (a tombstone)
    /// counts, so that the work behind a page is bounded. More than ``Limits/pageKeysMax`` is cut to it.
    public var limit: Int
    /// The page ends with the key with which its keys and values reach this many bytes, or somewhat before: a store may
    /// count what it keeps beside them.
    public var bytesMax: Int
    /// Whether values are left out, which some stores can serve far cheaper. Their rows' values are empty.
    public var keysOnly: Bool
    /// Whether the scan goes from the upper end down. Needs ``Capabilities/reverseScan``.
    public var reverse: Bool
    /// Whether tombstones are shown. They are hidden unless asked for.
    public var includesTombstones: Bool

    /// Pages of at most 256 keys or about 64 KiB, forward, with values, without tombstones.
    public init(
        limit: Int = 256,
        bytesMax: Int = 65_536,
        keysOnly: Bool = false,
        reverse: Bool = false,
        includesTombstones: Bool = false
    ) {
        self.limit = limit
        self.bytesMax = bytesMax
        self.keysOnly = keysOnly
        self.reverse = reverse
        self.includesTombstones = includesTombstones
    }
}
