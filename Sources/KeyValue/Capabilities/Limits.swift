/// How large things may be. Every store states its own; they are checked before the store is asked.
public struct Limits: Hashable, Sendable {
    /// Bytes of a partition.
    public var partitionBytesMax: Int
    /// Bytes of a key.
    public var keyBytesMax: Int
    /// Bytes of a value.
    public var valueBytesMax: Int
    /// Operations of one batch.
    public var batchOperationsMax: Int
    /// Bytes of one batch: its partitions, keys and values together.
    public var batchBytesMax: Int
    /// Keys of one `get`.
    public var getKeysMax: Int
    /// Keys examined for one page; a larger ``ScanOptions/limit`` is cut to it.
    public var pageKeysMax: Int

    /// Limits from their parts.
    public init(
        partitionBytesMax: Int,
        keyBytesMax: Int,
        valueBytesMax: Int,
        batchOperationsMax: Int,
        batchBytesMax: Int,
        getKeysMax: Int,
        pageKeysMax: Int
    ) {
        self.partitionBytesMax = partitionBytesMax
        self.keyBytesMax = keyBytesMax
        self.valueBytesMax = valueBytesMax
        self.batchOperationsMax = batchOperationsMax
        self.batchBytesMax = batchBytesMax
        self.getKeysMax = getKeysMax
        self.pageKeysMax = pageKeysMax
    }

    /// What every store that can be a live target reaches. Data within it can move anywhere.
    public static let portable = Limits(
        partitionBytesMax: 128,
        keyBytesMax: 448,
        valueBytesMax: 380 * 1024,
        batchOperationsMax: 45,
        batchBytesMax: 3 * 1024 * 1024,
        getKeysMax: 100,
        pageKeysMax: 256
    )
}
