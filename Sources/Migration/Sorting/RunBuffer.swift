import KeyValue

/// The rows that are held in memory: one block of their bytes, and the offsets that are sorted in their place.
struct RunBuffer {
    private(set) var bytes: [UInt8] = []
    private var offsets: [Int] = []
    private var isAscending = true

    /// Room for so many bytes is made at once: to grow, an array needs the old and the new at the same time. The system
    /// gives the memory only when it is written to.
    init(reservingBytes count: Int = 0) { bytes.reserveCapacity(count) }

    var count: Int { offsets.count }
    var isEmpty: Bool { offsets.isEmpty }

    mutating func append(_ row: Row) throws(StoreError) {
        let offset = bytes.count
        try RowCoding.append(row, to: &bytes)
        if isAscending, let last = offsets.last {
            isAscending = bytes.withUnsafeBytes { RowCoding.compareKeys(in: $0, last, offset) <= 0 }
        }
        offsets.append(offset)
    }

    /// Sorts by key; rows of one key stay in the order in which they were added. O(n) when they came in order.
    mutating func sort() {
        guard !isAscending else { return }
        bytes.withUnsafeBytes { bytes in
            offsets.sort { left, right in
                let order = RowCoding.compareKeys(in: bytes, left, right)
                return order != 0 ? order < 0 : left < right
            }
        }
        isAscending = true
    }

    /// The row at a place of the order; nil behind the last.
    func row(at index: Int) -> Row? {
        guard offsets.indices.contains(index) else { return nil }
        return bytes.withUnsafeBytes { RowCoding.row(in: $0, at: offsets[index])?.row }
    }

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        offsets.removeAll(keepingCapacity: true)
        isAscending = true
    }
}
