import TestSupport
import Testing
import Tuples

/// Each test names its seed as its argument, so a failure prints it.
struct PropertyTests {
    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func orderOfValuesIsOrderOfBytes(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<2000 {
            let left = generator.tuple()
            var right = generator.tuple()
            if Bool.random(using: &generator), !left.elements.isEmpty {
                right = left
                right.elements[Int.random(in: left.elements.indices, using: &generator)] = generator.element(depth: 0)
            }
            let (leftBytes, rightBytes) = (try left.encoded(), try right.encoded())
            #expect((left < right) == leftBytes.lexicographicallyPrecedes(rightBytes), "\(left) \(right)")
            #expect((left == right) == (leftBytes == rightBytes), "\(left) \(right)")
            #expect(try Tuple(decoding: leftBytes) == left)
            #expect(left != right || left.hashValue == right.hashValue)
        }
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func damagedBytesAreRefusedOrAreAnotherTuple(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var accepted = 0
        for _ in 0..<8 {
            let bytes = try generator.tuple().encoded().prefix(60)
            for end in 0..<bytes.count { accepted += try check(Array(bytes[..<end])) }
            for index in bytes.indices {
                for value in UInt8.min ... .max {
                    var damaged = Array(bytes)
                    damaged[index] = value
                    accepted += try check(damaged)
                }
            }
        }
        #expect(accepted > 0)
    }

    private func check(_ bytes: [UInt8]) throws -> Int {
        let tuple: Tuple
        do throws(TupleError) { tuple = try Tuple(decoding: bytes) } catch { return 0 }
        let again = try tuple.encoded()
        #expect(again == bytes)
        return 1
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func rangesHoldExactlyTheExtensions(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let subspace = Subspace(prefix: [0xff, 0x00])
        for _ in 0..<2000 {
            let tuple = generator.tuple()
            var other = generator.tuple()
            if Bool.random(using: &generator) { other.elements = tuple.elements + other.elements }
            let begins = other.elements.starts(with: tuple.elements)
            #expect(try TupleRange(beginningWith: tuple).contains(other.encoded()) == begins)
            let key = try subspace.encode(other)
            #expect(try subspace.range(beginningWith: tuple).contains(key) == begins)
            #expect(try subspace.decode(key) == other)
        }
    }
}
