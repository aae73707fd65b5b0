/// Text that is one large number in a base that is no power of two; each zero byte in front is a zero digit.
struct NumberAlphabet: Sendable {
    private let characters: [UInt8]
    private let values: [UInt8]

    private init(_ characters: String, ignoresCase: Bool) {
        self.characters = Array(characters.utf8)
        values = .values(of: self.characters, ignoresCase: ignoresCase)
    }

    static let base36 = NumberAlphabet("0123456789abcdefghijklmnopqrstuvwxyz", ignoresCase: true)
    static let base36Upper = NumberAlphabet("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", ignoresCase: true)
    static let base58btc = NumberAlphabet(
        "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz",
        ignoresCase: false
    )

    func encode(_ bytes: [UInt8]) -> [UInt8] {
        let zeros = bytes.prefix { $0 == 0 }.count
        let digits = NumberAlphabet.convert(bytes[zeros...], from: 256, to: UInt32(characters.count))
        return [UInt8](repeating: characters[0], count: zeros) + digits.map { characters[Int($0)] }
    }

    func decode(_ text: [UInt8]) throws(IPLDError) -> [UInt8] {
        var digits: [UInt8] = []
        digits.reserveCapacity(text.count)
        for (offset, character) in text.enumerated() {
            let value = values[Int(character)]
            guard value != .max else {
                throw IPLDError(.malformed, "A character does not belong to the text's base.", offset: offset)
            }
            digits.append(value)
        }
        let zeros = digits.prefix { $0 == 0 }.count
        return [UInt8](repeating: 0, count: zeros)
            + NumberAlphabet.convert(digits[zeros...], from: UInt32(characters.count), to: 256)
    }

    /// The digits of the same number in another base, the highest first. O(n²), in steps of four input digits by
    /// groups of output digits.
    private static func convert(_ digits: ArraySlice<UInt8>, from: UInt32, to: UInt32) -> [UInt8] {
        // The output, in groups of digits that fit 32 bits, the lowest group first.
        let groupDigits = to == 256 ? 4 : 5
        let radix = (0..<groupDigits).reduce(UInt64(1)) { product, _ in product * UInt64(to) }
        var groups: [UInt32] = []
        groups.reserveCapacity(digits.count / 4 + 2)
        var index = digits.startIndex
        while index < digits.endIndex {
            var carry: UInt64 = 0
            var factor: UInt64 = 1
            let end = min(index + 4, digits.endIndex)
            for digit in digits[index..<end] {
                carry = carry * UInt64(from) + UInt64(digit)
                factor *= UInt64(from)
            }
            index = end
            for position in groups.indices {
                // Below 2^32 * 2^32 + 2^33: the product of a group and a factor, and a carry that is below both.
                carry += UInt64(groups[position]) * factor
                groups[position] = UInt32(truncatingIfNeeded: carry % radix)
                carry /= radix
            }
            while carry > 0 {
                groups.append(UInt32(truncatingIfNeeded: carry % radix))
                carry /= radix
            }
        }
        var result: [UInt8] = []
        result.reserveCapacity(groups.count * groupDigits)
        for group in groups {
            var rest = group
            for _ in 0..<groupDigits {
                result.append(UInt8(truncatingIfNeeded: rest % to))
                rest /= to
            }
        }
        while result.last == 0 { result.removeLast() }
        return result.reversed()
    }
}
