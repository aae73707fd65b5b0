/// Bytes compared eight at a time.
enum ByteOrder {
    /// Whether both have the same bytes.
    static func areEqual(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Bool {
        left.count == right.count && firstDifference(left, right) == left.count
    }

    /// Whether the left comes first: by the first byte that differs, or else as the shorter.
    static func precedes(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Bool {
        let index = firstDifference(left, right)
        return index < left.count && index < right.count ? left[index] < right[index] : left.count < right.count
    }

    /// Where the first byte is that differs; the length of the shorter where none does.
    private static func firstDifference(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Int
    {
        let count = min(left.count, right.count)
        let (leftBytes, rightBytes) = (UnsafeRawBufferPointer(left), UnsafeRawBufferPointer(right))
        var index = 0
        while count - index >= 8 {
            let leftWord = leftBytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            let rightWord = rightBytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            guard leftWord == rightWord else {
                return index + (leftWord ^ rightWord).littleEndian.trailingZeroBitCount / 8
            }
            index += 8
        }
        while index < count, left[index] == right[index] { index += 1 }
        return index
    }
}
