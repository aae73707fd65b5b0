/// How rows are sorted.
public struct SortOptions: Hashable, Sendable {
    /// What becomes of rows with the same key.
    public enum Duplicates: Hashable, Sendable {
        /// They are an error, `StoreError.Code.invalidArgument`, that names the key. All rows are read once more for
        /// it, so that it comes before the first is given out.
        case refuse
        /// The one that was added first stays.
        case keepFirst
        /// The one that was added last stays.
        case keepLast
    }

    /// What becomes of rows with the same key.
    public var duplicates: Duplicates
    /// How many rows are held in memory before they are spilled to a file.
    public var runRowsMax: Int
    /// How many bytes of rows are held in memory before they are spilled to a file; one row more may be.
    public var runBytesMax: Int
    /// How many files are merged at a time, at least two; each has a read buffer of 64 KiB.
    public var fanInMax: Int

    /// Runs of 16 MiB or 262,144 rows, 64 of them merged at a time, unless said otherwise.
    public init(
        duplicates: Duplicates,
        runRowsMax: Int = 262_144,
        runBytesMax: Int = 16 << 20,
        fanInMax: Int = 64
    ) {
        self.duplicates = duplicates
        self.runRowsMax = runRowsMax
        self.runBytesMax = runBytesMax
        self.fanInMax = fanInMax
    }
}
