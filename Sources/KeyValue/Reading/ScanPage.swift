/// One page of a scan: rows over one block of bytes, and where the scan goes on.
///
/// A page may hold few rows or none although more follow; only a nil ``cursor`` ends a scan. Rows come in the order
/// that ``Capabilities/order`` states. A page is a consistent view where ``Capabilities/snapshotReads`` says so; two
/// pages are two views.
public struct ScanPage: Sendable {
    /// Where to go on; nil when the range has been read to its end.
    public let cursor: Cursor?
    /// How many keys the store examined for the page, shown or not.
    public let examined: Int

    let rows: Rows

    /// The same page with another cursor.
    package func with(cursor: Cursor?) -> ScanPage { ScanPage(cursor: cursor, examined: examined, rows: rows) }

    /// What a page's rows share, in one object: a row holds one reference.
    final class Rows: Sendable {
        let store: StoreIdentity
        let space: KeySpace
        let block: [UInt8]
        let spans: [RowSpan]
        let natives: [[UInt8]]

        init(store: StoreIdentity, space: KeySpace, block: [UInt8], spans: [RowSpan], natives: [[UInt8]]) {
            self.store = store
            self.space = space
            self.block = block
            self.spans = spans
            self.natives = natives
        }
    }
}

/// Where in the block one row lies.
package struct RowSpan: Sendable {
    package var partition: Range<Int>
    package var key: Range<Int>
    package var value: Range<Int>
    var nonce: UInt64
    var isTombstone: Bool
}

/// What a page is made of, for work that takes less time a row than a slice of it would.
extension ScanPage {
    /// The space that the page was read from.
    package var space: KeySpace { rows.space }
    /// The bytes of all rows.
    package var block: [UInt8] { rows.block }
    /// Where in ``block`` each row lies.
    package var spans: [RowSpan] { rows.spans }
}

extension ScanPage {
    /// One row of a page. Its slices share the page's block, which they keep alive.
    public struct Row: Sendable {
        let page: Rows
        let index: Int

        private var span: RowSpan { page.spans[index] }

        /// The partition's bytes. O(1).
        public var partition: ArraySlice<UInt8> { page.block[span.partition] }
        /// The key's bytes within the partition. O(1).
        public var keyBytes: ArraySlice<UInt8> { page.block[span.key] }
        /// The value; empty for a tombstone and in a scan of keys only. O(1).
        public var value: ArraySlice<UInt8> { page.block[span.value] }
        /// Whether the row is a tombstone.
        public var isTombstone: Bool { span.isTombstone }
        /// The row's address, copied out of the page.
        public var key: Key { Key(partition: Array(partition), bytes: Array(keyBytes), space: page.space) }
        /// The row copied out of the page.
        public var entry: Entry {
            Entry(key: key, value: Array(value), revision: revision, isTombstone: isTombstone)
        }

        /// The token to write the row conditionally. O(length of the key).
        public var revision: Revision {
            let binding = page.block.withUnsafeBytes { block in
                Key.binding(
                    space: page.space,
                    partition: UnsafeRawBufferPointer(rebasing: block[span.partition]),
                    bytes: UnsafeRawBufferPointer(rebasing: block[span.key])
                )
            }
            let native = page.natives.isEmpty ? nil : page.natives[index]
            return Revision(store: page.store, binding: binding, nonce: span.nonce, native: native)
        }
    }
}

extension ScanPage: RandomAccessCollection {
    public var startIndex: Int { 0 }
    public var endIndex: Int { rows.spans.count }
    public subscript(position: Int) -> Row { Row(page: rows, index: position) }
}
