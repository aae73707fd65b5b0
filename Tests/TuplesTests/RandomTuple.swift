import TestSupport
import Tuples

extension SeededGenerator {
    mutating func pick<Value>(_ values: [Value]) -> Value { values[Int.random(in: values.indices, using: &self)] }

    mutating func tuple(depth: Int = 0) -> Tuple {
        Tuple((0..<Int.random(in: 0...4, using: &self)).map { _ in element(depth: depth) })
    }

    /// Few values of each kind, close to each other, so that pairs often differ in little.
    mutating func element(depth: Int) -> TupleElement {
        switch Int.random(in: 0..<(depth < 3 ? 13 : 12), using: &self) {
        case 0: return .null
        case 1: return .missing
        case 2: return .bytes((0..<Int.random(in: 0...4, using: &self)).map { _ in pick([0, 1, 254, 255]) })
        case 3: return .string(pick(["", "a", "a\0", "a\0b", "ab", "e\u{301}", "\u{e9}", "\u{ffff}", "\u{1f600}"]))
        case 4, 5:
            let power = Int.random(in: 0..<64, using: &self)
            return .integer(pick([0, 1, -1, .min, .max, .min + 1, 1 << power, -1 << power, (1 << power) &- 1]))
        case 6:
            let magnitude = [pick([1, 127, 128, 255])] + bytes(pick([7, 8, 9, 200, 254]))
            let isNegative = Bool.random(using: &self)
            return (try? .integer(isNegative: isNegative, magnitude: magnitude)) ?? .missing
        case 7:
            return .float(Float(bitPattern: pick([0, 1 << 31, 1, 0x7fc0_0001, 0xffc0_0000, 0x7f80_0000, 0x7fa0_0001])))
        case 8: return .double(pick([0, -0.0, 1.5, -1.5, .nan, -.nan, .infinity, -.infinity, .leastNonzeroMagnitude]))
        case 9: return .bool(Bool.random(using: &self))
        case 10: return .uuid(TupleUUID(high: pick([0, 1, 255, .max]), low: pick([0, 1, 256, .max])))
        case 11: return .timestamp(Timestamp(microseconds: pick([0, 1, -1, -1_000_000, 999_999, .min, .max])))
        default: return .tuple(tuple(depth: depth + 1))
        }
    }
}
