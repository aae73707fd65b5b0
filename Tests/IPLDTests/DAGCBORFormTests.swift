import IPLD
import Testing

/// What RFC 8949 allows and DAG-CBOR does not, told head by head from the rules rather than by examples: a head is a
/// value's first byte, of which three bits are its kind and five say how its number is written.
@Suite("Forms of DAG-CBOR")
struct DAGCBORFormTests {
    private func isRead(_ input: [UInt8], _ strictness: Strictness = .strict) -> Bool {
        (try? DAGCBOR.decode(input, strictness)) != nil
    }

    /// A head with its number in so many bytes.
    private func head(_ kind: UInt8, _ number: UInt64, byteCount: Int) -> [UInt8] {
        guard byteCount > 0 else { return [kind << 5 | UInt8(number)] }
        let size = UInt8(24 + byteCount.trailingZeroBitCount)
        return [kind << 5 | size]
            + (0..<byteCount).reversed().map { UInt8(truncatingIfNeeded: number >> (8 * UInt64($0))) }
    }

    @Test("Of all bytes, these alone are a value by themselves")
    func singleBytes() {
        let strict = (0...UInt8.max).filter { isRead([$0]) }
        #expect(strict == Array(0x00...0x17) + Array(0x20...0x37) + [0x40, 0x60, 0x80, 0xA0, 0xF4, 0xF5, 0xF6])
        #expect((0...UInt8.max).filter { isRead([$0], .lenient) } == strict + [0xF7])
    }

    @Test("A number is read only in the fewest bytes", arguments: [0, 1] as [UInt8])
    func numbers(kind: UInt8) throws {
        let bounds: [(number: UInt64, byteCount: Int)] = [
            (0, 0), (23, 0), (24, 1), (0xFF, 1), (0x100, 2), (0xFFFF, 2), (0x1_0000, 4), (0xFFFF_FFFF, 4),
            (0x1_0000_0000, 8), (.max >> 1, 8), (.max, 8),
        ]
        for (number, byteCount) in bounds {
            for other in [0, 1, 2, 4, 8] where other >= byteCount {
                let input = head(kind, number, byteCount: other)
                #expect(isRead(input) == (other == byteCount), "\(number) in \(other) bytes")
                #expect(isRead(input, .lenient) == (other == byteCount))
                #expect(isRead(Array(input.dropLast())) == false)
            }
            let input = head(kind, number, byteCount: byteCount)
            #expect(try DAGCBOR.encode(DAGCBOR.decode(input)) == input)
        }
    }

    /// Bytes, letters, zeros in a list, or keys of ascending lengths with a zero each.
    private func content(of kind: UInt8, _ count: Int) -> [UInt8] {
        guard kind == 5 else { return [UInt8](repeating: kind == 3 ? 0x61 : 0x00, count: count) }
        var entries: [UInt8] = []
        for length in 0..<count {
            entries += head(3, UInt64(length), byteCount: length < 24 ? 0 : length < 256 ? 1 : 2)
            entries += [UInt8](repeating: 0x61, count: length)
            entries.append(0)
        }
        return entries
    }

    @Test("A length is read only in the fewest bytes", arguments: [2, 3, 4, 5] as [UInt8])
    func lengths(kind: UInt8) {
        for (count, byteCount) in [(0, 0), (1, 0), (23, 0), (24, 1), (255, 1), (256, 2), (65_535, 2), (65_536, 4)]
        where kind != 5 || count <= 256 {
            let content = self.content(of: kind, count)
            for other in [0, 1, 2, 4, 8] where other >= byteCount {
                let input = head(kind, UInt64(count), byteCount: other) + content
                #expect(isRead(input) == (other == byteCount), "kind \(kind), \(count) in \(other) bytes")
                #expect(isRead(input, .lenient) == (other == byteCount))
            }
        }
    }

    @Test("No length is left open, and no head is reserved")
    func openLengths() {
        for kind in 0...7 as ClosedRange<UInt8> {
            for size in 28...31 as ClosedRange<UInt8> {
                for tail in [[], [0xFF], [0x00, 0xFF], [0x61, 0x61, 0x00, 0xFF], [0x40, 0xFF]] as [[UInt8]] {
                    for strictness in [Strictness.strict, .lenient] {
                        #expect(isRead([kind << 5 | size] + tail, strictness) == false)
                        #expect(isRead([0x81, kind << 5 | size] + tail, strictness) == false)
                    }
                }
            }
        }
    }

    @Test("No tag but 42 is read, whatever it holds")
    func tags() throws {
        let link = [0x58, 0x25, 0x00] + (try CID(CIDTests.hello)).bytes
        for tag in [0, 1, 2, 3, 4, 5, 21, 23, 24, 32, 41, 43, 255, 256, 55_799, .max] as [UInt64] {
            for byteCount in [0, 1, 2, 4, 8] where byteCount > 0 || tag < 24 {
                let input = head(6, tag, byteCount: byteCount)
                for content in [link, [0x00], [0x41, 0x01], [0x61, 0x61]] {
                    #expect(isRead(input + content) == false)
                    #expect(isRead(input + content, .lenient) == false)
                }
            }
        }
        #expect(isRead([0xD8, 42] + link))
        for byteCount in [2, 4, 8] { #expect(isRead(head(6, 42, byteCount: byteCount) + link) == false) }
        #expect(isRead([0xD8, 42, 0xD8, 42] + link) == false)
    }

    @Test("A link is bytes: a zero, and one identifier in its binary form")
    func links() throws {
        let cid = try CID(CIDTests.hello)
        func link(_ content: [UInt8], kind: UInt8 = 2) -> [UInt8] {
            [0xD8, 42] + head(kind, UInt64(content.count), byteCount: content.count < 24 ? 0 : 1) + content
        }
        let v0 = Array(cid.bytes.dropFirst(2))
        #expect(try DAGCBOR.decode(link([0] + cid.bytes)) == .link(cid))
        #expect(try DAGCBOR.decode(link([0] + v0)) == .link(CID(v0: cid.hash)))
        let bad: [[UInt8]] = [
            [], [0], [0, 0], cid.bytes, v0, [1] + cid.bytes, [0] + cid.bytes + [0], [0] + cid.bytes.dropLast(),
            [0] + v0 + [0],
            [0] + v0.dropLast(), [0, 2] + cid.bytes.dropFirst(), [0, 0x81, 0] + cid.bytes.dropFirst(),
            [0] + Array(cid.description.utf8), [0, 1, 0x55, 0x12, 0x21] + v0.dropFirst(2) + [0],
            [0, 1, 0xD5, 0x00] + v0, [0, 1], [0, 1, 0x55],
        ]
        for content in bad {
            #expect(isRead(link(content)) == false, "\(content)")
            #expect(isRead(link(content), .lenient) == false, "\(content)")
        }
        for content in [[0] + cid.bytes, Array(cid.description.utf8)] {
            #expect(isRead(link(content, kind: 3)) == false)
        }
    }

    @Test("Of the simple values only false, true and null are read, in one byte")
    func simpleValues() {
        for value in 0...UInt8.max {
            let strict = value < 24 && isRead([0xE0 | value])
            #expect(strict == (20...22).contains(value))
            #expect(isRead([0xF8, value]) == false)
            #expect(isRead([0xF8, value], .lenient) == false)
        }
    }

    @Test("A float has 64 bits and is finite")
    func floats() throws {
        let numbers: [Double] = [
            0, -0.0, 1, -1, 1.5, 0.1, 65_504, 1e300, .pi, .leastNonzeroMagnitude, .leastNormalMagnitude,
            .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 0x1p53, 0x1p64,
        ]
        for number in numbers {
            let input = head(7, number.bitPattern, byteCount: 8)
            #expect(try DAGCBOR.decode(input) == .float(number))
            // Equal numbers may have two forms; bytes tell.
            #expect(try DAGCBOR.encode(.float(number)) == input)
        }
        for bits in [0x7FF0_0000_0000_0000, 0xFFF0_0000_0000_0000, 0x7FF8_0000_0000_0000, 0x7FF0_0000_0000_0001, .max]
            as [UInt64]
        {
            #expect(isRead(head(7, bits, byteCount: 8)) == false)
            #expect(isRead(head(7, bits, byteCount: 8), .lenient) == false)
        }
        // Every float of 16 bits: refused strictly, and read leniently as what it is.
        let halves = (0...UInt16.max).map { (bits: $0, input: head(7, UInt64($0), byteCount: 2)) }
        #expect(halves.allSatisfy { !isRead($0.input) })
        #expect(halves.allSatisfy { isRead($0.input, .lenient) == ($0.bits & 0x7C00 != 0x7C00) })
        for number in [0, 1.5, -3.25, .leastNonzeroMagnitude, .greatestFiniteMagnitude] as [Float] {
            let input = head(7, UInt64(number.bitPattern), byteCount: 4)
            #expect(isRead(input) == false)
            #expect(try DAGCBOR.decode(input, .lenient) == .float(Double(number)))
        }
        #expect(isRead(head(7, UInt64(Float.nan.bitPattern), byteCount: 4), .lenient) == false)
        // A float that is whole stays a float.
        #expect(try DAGCBOR.decode(DAGCBOR.encode(1.0)) == .float(1))
        #expect(try DAGCBOR.decode(DAGCBOR.encode(1)) == .integer(1))
    }

    @Test("A string is UTF-8, the shortest form of each character and no surrogates")
    func text() throws {
        for text in [
            "", "a", "\0", "\u{7F}", "\u{80}", "\u{7FF}", "\u{800}", "\u{D7FF}", "\u{E000}", "\u{FFFF}", "\u{10000}",
            "\u{10FFFF}",
        ] {
            let input = head(3, UInt64(text.utf8.count), byteCount: 0) + Array(text.utf8)
            #expect(try DAGCBOR.encode(DAGCBOR.decode(input)) == input)
        }
        let bad = [
            "80", "bf", "c0", "c080", "c1bf", "c2", "c27f", "e0", "e0a0", "e09fbf", "e08080", "eda080", "edbfbf", "f0",
            "f08fbfbf",
            "f0808080", "f4908080", "f5808080", "f8", "fe", "ff", "61ff", "efbf", "efbfbdff", "ffefbfbd",
            "c3286162636465666768",
            "6162636465666768696a6b6c6d6e6f70ff",
        ]
        for hex in bad {
            let content = bytes(hex: hex)
            let input = head(3, UInt64(content.count), byteCount: 0) + content
            #expect(isRead(input) == false, "\(hex)")
            let node = try DAGCBOR.decode(input, .lenient)
            guard case .string(let text) = node else {
                Issue.record("a string is read as something else")
                continue
            }
            // What is kept are the bytes, not what a string would put in their place.
            #expect(text.utf8 == content)
            #expect(text.isValid == false)
            #expect(isRead([0xA1] + input + [0]) == false)
        }
    }

    @Test("The keys of a map are strings that ascend by length, then by bytes")
    func keys() throws {
        let keys = [
            "", "a", "z", "\u{7F}", "aa", "az", "ba", "\u{80}", "\u{7FF}", "aaa", "\u{800}", "aaaa", "\u{10000}",
        ]
        func entry(_ key: String) -> [UInt8] { head(3, UInt64(key.utf8.count), byteCount: 0) + Array(key.utf8) + [0] }
        for (first, left) in keys.enumerated() {
            for (second, right) in keys.enumerated() {
                let input = [0xA2] + entry(left) + entry(right)
                #expect(isRead(input) == (first < second), "\(left) before \(right)")
                #expect(isRead(input, .lenient) == (first != second))
                #expect(isRead([0x81] + input) == (first < second))
            }
        }
        let whole = head(5, UInt64(keys.count), byteCount: 0) + keys.flatMap(entry)
        #expect(try DAGCBOR.encode(DAGCBOR.decode(whole)) == whole)
        let shuffled = head(5, UInt64(keys.count), byteCount: 0) + keys.reversed().flatMap(entry)
        #expect(try DAGCBOR.encode(DAGCBOR.decode(shuffled, .lenient)) == whole)
        for key in [[0x00], [0x20], [0x41, 0x61], [0x80], [0xA0], [0xF4], [0xF6], head(7, 0, byteCount: 8)] as [[UInt8]]
        {
            #expect(isRead([0xA1] + key + [0]) == false)
            #expect(isRead([0xA1] + key + [0], .lenient) == false)
        }
    }

    @Test("A block is one value")
    func concatenation() throws {
        let values: [[UInt8]] = [[0x00], [0x40], [0x60], [0x80], [0xA0], [0xF6], head(7, 0, byteCount: 8)]
        for left in values {
            for right in values {
                #expect(isRead(left + right) == false)
                #expect(isRead(left + right, .lenient) == false)
                #expect(try DAGCBOR.decodePrefix(of: left + right).byteCount == left.count)
            }
        }
    }
}
