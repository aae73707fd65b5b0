/// An integer that does not fit `Int64`: below -2^63 or above 2^63 - 1.
///
/// Integers that do fit are ``TupleElement/integer(_:)`` and never this, so that equal integers are equal elements.
/// ``TupleElement/integer(isNegative:magnitude:)`` makes whichever it is.
public struct BigInteger: Hashable, Sendable {
    /// Whether it is below zero.
    public let isNegative: Bool
    /// Its absolute value, the most significant byte first: 8 to 255 bytes, the first not zero.
    public let magnitude: [UInt8]

    /// The caller has checked that the integer does not fit `Int64` and that the magnitude is trimmed and not too long.
    init(isNegative: Bool, trimmed magnitude: [UInt8]) {
        self.isNegative = isNegative
        self.magnitude = magnitude
    }
}

extension BigInteger: Comparable {
    public static func < (left: BigInteger, right: BigInteger) -> Bool {
        guard left.isNegative == right.isNegative else { return left.isNegative }
        let (smaller, larger) = left.isNegative ? (right.magnitude, left.magnitude) : (left.magnitude, right.magnitude)
        guard smaller.count == larger.count else { return smaller.count < larger.count }
        return smaller.lexicographicallyPrecedes(larger)
    }
}

extension UInt64 {
    /// The integer, if it is between 2^63 and 2^64 - 1.
    public init?(exactly integer: BigInteger) {
        guard !integer.isNegative, integer.magnitude.count <= 8 else { return nil }
        self.init(bigEndian: integer.magnitude)
    }

    /// Up to eight bytes, the most significant first.
    init(bigEndian bytes: some Sequence<UInt8>) {
        self = bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// All eight bytes, the most significant first.
    var bigEndianBytes: [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: self >> (56 - 8 * UInt64($0))) }
    }
}

extension TupleElement {
    /// The integer of a sign and an absolute value, the most significant byte first. Leading zeros do not matter.
    ///
    /// - Throws: ``TupleError/Code/integerTooLarge`` beyond ``TupleLimits/maximumMagnitudeByteCount`` bytes.
    public static func integer(isNegative: Bool, magnitude: [UInt8]) throws(TupleError) -> TupleElement {
        let trimmed = magnitude.drop { $0 == 0 }
        guard trimmed.count <= TupleLimits.maximumMagnitudeByteCount else {
            throw TupleError(.integerTooLarge, atByte: trimmed.startIndex)
        }
        if trimmed.count <= 8, let small = Int64(isNegative: isNegative, magnitude: UInt64(bigEndian: trimmed)) {
            return .integer(small)
        }
        return .bigInteger(BigInteger(isNegative: isNegative, trimmed: Array(trimmed)))
    }

    /// An integer.
    public init(_ value: UInt64) {
        if let small = Int64(exactly: value) {
            self = .integer(small)
        } else {
            self = .bigInteger(BigInteger(isNegative: false, trimmed: value.bigEndianBytes))
        }
    }
}

extension Int64 {
    /// The integer of a sign and an absolute value, if it fits.
    init?(isNegative: Bool, magnitude: UInt64) {
        if isNegative {
            guard magnitude <= Int64.min.magnitude else { return nil }
            self.init(truncatingIfNeeded: 0 &- magnitude)
        } else {
            self.init(exactly: magnitude)
        }
    }
}
