/// A UUID (RFC 9562): 16 bytes, ordered as bytes. Named so that it stands beside Foundation's.
public struct TupleUUID: Hashable, Sendable {
    let high: UInt64
    let low: UInt64

    /// The UUID of two halves: the first eight bytes and the last eight, each the most significant byte first.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The UUID of 16 bytes; nil of any other number.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 16 else { return nil }
        self.init(high: UInt64(bigEndian: bytes[..<8]), low: UInt64(bigEndian: bytes[8...]))
    }

    /// The UUID of a text like `f81d4fae-7dec-11d0-a765-00a0c91e6bf6`, in either case.
    ///
    /// - Throws: ``TupleError/Code/invalidUUID`` with the offset of the first byte that is wrong.
    public init(text: String) throws(TupleError) {
        var halves: (high: UInt64, low: UInt64) = (0, 0)
        var count = 0
        for (offset, character) in text.utf8.enumerated() {
            if Self.hyphens.contains(offset) {
                guard character == UInt8(ascii: "-") else { throw TupleError(.invalidUUID, atByte: offset) }
                continue
            }
            guard count < 32, let digit = Self.digit(character) else { throw TupleError(.invalidUUID, atByte: offset) }
            halves.high = halves.high << 4 | halves.low >> 60
            halves.low = halves.low << 4 | digit
            count += 1
        }
        guard count == 32 else { throw TupleError(.invalidUUID, atByte: text.utf8.count) }
        self.init(high: halves.high, low: halves.low)
    }

    /// The 16 bytes.
    public var bytes: [UInt8] { high.bigEndianBytes + low.bigEndianBytes }

    /// Where hyphens stand in the text.
    private static let hyphens = [8, 13, 18, 23]

    private static func digit(_ character: UInt8) -> UInt64? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(character - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(character - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(character - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}

extension TupleUUID: Comparable {
    public static func < (left: TupleUUID, right: TupleUUID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

extension TupleUUID: CustomStringConvertible {
    /// The text form, in lower case.
    public var description: String {
        var text = ""
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text += "-" }
            text += (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        return text
    }
}
