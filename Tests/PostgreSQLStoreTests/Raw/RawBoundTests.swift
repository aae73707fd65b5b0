#if PostgreSQL
import KeyValue
import TestSupport
import Testing
import Tuples

@testable import PostgreSQLStore

@Suite("Places between the rows of a table")
struct RawBoundTests {
    private static let texts = [
        "", "a", "a\u{1}", "ab", "b", "\u{7f}", "\u{80}", "é", "\u{7ff}", "\u{800}", "\u{d7ff}", "\u{e000}", "\u{ffff}",
        "😀", "\u{10ffff}", "a\u{10ffff}", "\u{10ffff}\u{10ffff}",
    ]

    /// Values of a column of a kind, those among them where encodings change.
    private static func values(_ kind: RawKind, _ random: inout SeededGenerator) -> [TupleElement] {
        switch kind {
        case .integer:
            let edges = (0..<63).flatMap { [Int64(1) << $0, (Int64(1) << $0) - 1] } + [.max]
            let random = (0..<60).map { _ in
                Int64.random(in: .min ... .max, using: &random) >> Int64(random.next() % 64)
            }
            return (edges + edges.map { -$0 } + [.min] + random).map { .integer($0) }
        case .bool: return [false, true]
        case .uuid:
            let words: [UInt64] = [0, 1, 255, 256, 1 << 63, .max]
            return words.flatMap { high in words.map { .uuid(TupleUUID(high: high, low: $0)) } }
        case .bytes: return (0..<60).map { _ in .bytes(bytes(0...4, &random)) }
        default: return texts.map { .string($0) }
        }
    }

    private static func bytes(_ count: ClosedRange<Int>, _ random: inout SeededGenerator) -> [UInt8] {
        let frequent: [UInt8] = [
            0, 1, 2, 0x0b, 0x0c, 0x13, 0x14, 0x15, 0x1c, 0x1d, 0x26, 0x27, 0x30, 97, 0xed, 0xf4, 0xff,
        ]
        return (0..<Int.random(in: count, using: &random)).map { _ in
            frequent.randomElement(using: &random) ?? 0
        }
    }

    @Test(
        "are those of the bytes, whatever these are",
        arguments: [
            [RawKind.integer], [.bool], [.uuid], [.bytes], [.text], [.integer, .text], [.bytes, .integer],
            [.text, .uuid],
            [.bool, .text, .bytes],
        ]
    )
    func places(kinds: [RawKind]) throws {
        var random = SeededGenerator(seed: 11)
        let columns = kinds.map { RawBoundTests.values($0, &random) }
        let tuples =
            columns.count == 1
            ? columns[0].map { [$0] }
            : (0..<150).map { _ in
                columns.map { $0.randomElement(using: &random) ?? .null }
            }
        let keys = try tuples.map { try Tuple($0).encoded() }
        for number in 0..<300 {
            // Bytes near to a key, so that they differ late.
            var place = keys[number % keys.count]
            place.removeLast(Int.random(in: 0...place.count, using: &random))
            place += RawBoundTests.bytes(0...3, &random)
            if number % 3 == 0, !place.isEmpty { place[place.count - 1] &+= number % 2 == 0 ? 1 : 255 }
            let bound = RawBound(place, of: kinds)
            let values = Tuple(bound.values)
            let misplaced = zip(tuples, keys).first { tuple, key in
                let beginning = Tuple(Array(tuple.prefix(values.elements.count)))
                let isBehind = values < beginning || (bound.isInclusive && values == beginning)
                return isBehind == ByteOrder.precedes(key, place)
            }
            #expect(misplaced == nil, "\(place): \(bound)")
            let texts = bound.values.compactMap { if case .string(let text) = $0 { text } else { nil } }
            #expect(texts.allSatisfy { !$0.utf8.contains(0) })
        }
    }
}
#endif
