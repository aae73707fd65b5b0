import Glibc

/// The one order of keys: unsigned bytes, the shorter first when one is a prefix of the other.
public enum ByteOrder {
    /// Negative, zero or positive as `left` sorts before, with or after `right`. O(length of the shorter).
    public static func compare(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
        let shared = min(left.count, right.count)
        if shared > 0, let leftBase = left.baseAddress, let rightBase = right.baseAddress {
            let order = memcmp(leftBase, rightBase, shared)
            if order != 0 { return Int(order) }
        }
        return left.count - right.count
    }

    /// The same for two arrays.
    public static func compare(_ left: [UInt8], _ right: [UInt8]) -> Int {
        left.withUnsafeBytes { leftBytes in
            right.withUnsafeBytes { rightBytes in compare(leftBytes, rightBytes) }
        }
    }

    /// Whether `left` sorts before `right`.
    public static func precedes(_ left: [UInt8], _ right: [UInt8]) -> Bool { compare(left, right) < 0 }

    /// The first byte string after every one that begins with `prefix`; nil when there is none, which is so for the
    /// empty prefix and for one of 0xFF alone.
    public static func end(ofPrefix prefix: [UInt8]) -> [UInt8]? {
        guard let last = prefix.lastIndex(where: { $0 != 0xFF }) else { return nil }
        var end = Array(prefix[...last])
        end[last] += 1
        return end
    }
}
