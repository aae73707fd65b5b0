/// For stores: gathers the rows of one page into one block of bytes.
public struct ScanPageBuilder: Sendable {
    private let store: StoreIdentity
    private let space: KeySpace
    private let options: ScanOptions
    private var block: [UInt8] = []
    private var spans: [RowSpan] = []
    private var natives: [[UInt8]] = []
    private var partition = 0..<0
    /// How many keys were examined so far.
    public private(set) var examined = 0

    /// A page of `space` for a scan with `options`, with room for `bytesExpected` from the start.
    public init(store: StoreIdentity, space: KeySpace, options: ScanOptions, bytesExpected: Int = 0) {
        self.store = store
        self.space = space
        self.options = options
        block.reserveCapacity(bytesExpected)
        spans.reserveCapacity(Swift.min(options.limit, 256))
    }

    /// Whether the page has reached a limit of its options, so that it ends here.
    public var isFull: Bool { examined >= options.limit || block.count >= options.bytesMax }

    /// Takes in one examined row: shown, or only counted when it is a tombstone that was not asked for.
    ///
    /// Partitions that follow each other unchanged are kept once. With ``ScanOptions/keysOnly`` the value is dropped.
    /// The server's own token, `native`, is given for every row of a page or for none.
    public mutating func append(
        partition: UnsafeRawBufferPointer,
        key: UnsafeRawBufferPointer,
        value: UnsafeRawBufferPointer,
        nonce: UInt64,
        isTombstone: Bool,
        native: [UInt8]? = nil
    ) {
        examined += 1
        guard options.includesTombstones || !isTombstone else { return }
        let isSamePartition = block.withUnsafeBytes {
            ByteOrder.compare(UnsafeRawBufferPointer(rebasing: $0[self.partition]), partition) == 0
        }
        if !isSamePartition { self.partition = append(partition) }
        let keyRange = append(key)
        let valueRange = options.keysOnly ? block.count..<block.count : append(value)
        spans.append(
            RowSpan(
                partition: self.partition,
                key: keyRange,
                value: valueRange,
                nonce: nonce,
                isTombstone: isTombstone
            )
        )
        if let native { natives.append(native) }
    }

    /// The same for a row that is held as arrays.
    public mutating func append(
        _ key: Key,
        value: [UInt8],
        nonce: UInt64,
        isTombstone: Bool,
        native: [UInt8]? = nil
    ) {
        key.partition.withUnsafeBytes { partition in
            key.bytes.withUnsafeBytes { bytes in
                value.withUnsafeBytes { value in
                    append(
                        partition: partition,
                        key: bytes,
                        value: value,
                        nonce: nonce,
                        isTombstone: isTombstone,
                        native: native
                    )
                }
            }
        }
    }

    /// The finished page.
    ///
    /// - Parameter cursor: where the scan goes on, nil at its end.
    public consuming func page(cursor: Cursor?) -> ScanPage {
        ScanPage(
            cursor: cursor,
            examined: examined,
            rows: ScanPage.Rows(store: store, space: space, block: block, spans: spans, natives: natives)
        )
    }

    private mutating func append(_ bytes: UnsafeRawBufferPointer) -> Range<Int> {
        let start = block.count
        block.append(contentsOf: bytes)
        return start..<block.count
    }
}
