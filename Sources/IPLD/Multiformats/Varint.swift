/// Unsigned variable-length integers as multiformats have them: seven bits a byte, the lowest first, the high bit set on
/// all bytes but the last, at most nine bytes, and never longer than needed.
///
/// The format is that of the [unsigned-varint specification](https://github.com/multiformats/unsigned-varint).
public enum Varint {
    /// The largest number that nine bytes hold.
    public static let max: UInt64 = 1 << 63 - 1

    /// How many bytes a number takes. Numbers above ``max`` have no form.
    public static func byteCount(of number: UInt64) -> Int {
        number == 0 ? 1 : (UInt64.bitWidth - number.leadingZeroBitCount + 6) / 7
    }

    /// Appends a number of at most ``max``.
    public static func append(_ number: UInt64, to bytes: inout [UInt8]) throws(IPLDError) {
        guard number <= max else {
            throw IPLDError(.notRepresentable, "A varint holds numbers below 2^63.")
        }
        appendUnchecked(number, to: &bytes)
    }

    /// Appends a number that is known to be at most ``max``.
    static func appendUnchecked(_ number: UInt64, to bytes: inout [UInt8]) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }
}
