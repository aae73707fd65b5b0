import KeyValue
import TestSupport
import Testing

@testable import Migration

@Suite struct SipHashTests {
    /// From vectors.h of the reference implementation, https://github.com/veorq/SipHash, which is under CC0: the hashes
    /// of 0, 1, 2… under the key 00…0f, by how many bytes there are.
    private static let vectors: [Int: String] = [
        0: "a3817f04ba25a8e66df67214c7550293", 1: "da87c1d86b99af44347659119b22fc45",
        2: "8177228da4a45dc7fca38bdef60affe4", 7: "a1f1ebbed8dbc153c0b84aa61ff08239",
        8: "3b62a9ba6258f5610f83e264f31497b4", 9: "264499060ad9baabc47f8b02bb6d71ed",
        15: "5493e99933b0a8117e08ec0f97cfc3d9", 16: "6ee2a4ca67b054bbfd3315bf85230577",
        63: "5150d1772f50834a503e069a973fbd7c",
    ]

    private let seed = DigestSeed(low: 0x0706_0504_0302_0100, high: 0x0f0e_0d0c_0b0a_0908)

    private func text(_ hash: UInt128) -> String {
        hash.stored.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    @Test func givesThePublishedHashes() {
        for (count, expected) in SipHashTests.vectors {
            var hash = SipHash(key: seed)
            (0..<count).map { UInt8($0) }.withUnsafeBytes { hash.append($0) }
            #expect(text(hash.finish()) == expected)
        }
    }

    @Test func givesTheSameHoweverBytesArePassed() {
        let bytes = (0..<63).map { UInt8($0) }
        for first in 0..<63 {
            for second in stride(from: first, to: 63, by: 5) {
                var hash = SipHash(key: seed)
                for part in [bytes[..<first], bytes[first..<second], bytes[second...]] {
                    part.withUnsafeBytes { hash.append($0) }
                }
                #expect(text(hash.finish()) == SipHashTests.vectors[63])
            }
        }
        var words = SipHash(key: seed)
        words.append(0x0706_0504_0302_0100)
        words.append(0x0f0e_0d0c_0b0a_0908)
        #expect(text(words.finish()) == SipHashTests.vectors[16])
    }

    @Test func tellsMovedBytesApart() {
        func hash(_ key: Key, _ value: [UInt8]) -> UInt128 {
            var builder = ScanPageBuilder(store: StoreIdentity(nonce: 1), space: key.space, options: ScanOptions())
            builder.append(key, value: value, nonce: 1, isTombstone: false)
            let page = builder.page(cursor: nil)
            return page.block.withUnsafeBytes { RowHasher(seed).hash(page.spans[0], in: $0, of: page.space).row }
        }
        let hashes = [
            hash(Key("a", "bc"), []), hash(Key("ab", "c"), []), hash(Key("a", "b"), [0x63]),
            hash(Key("a", "bc", space: .reservedData), []), hash(Key("a", "bc"), [0]), hash(Key("a", "bc"), [0, 0]),
        ]
        #expect(Set(hashes).count == hashes.count)
    }

    @Test func readsSeedsBack() {
        #expect(DigestSeed("\(seed)") == seed)
        #expect("\(seed)" == "0f0e0d0c0b0a09080706050403020100")
        for text in ["", "00", "+f0e0d0c0b0a09080706050403020100", "zf0e0d0c0b0a09080706050403020100"] {
            #expect(DigestSeed(text) == nil)
        }
        var generator = SeededGenerator(seed: 1)
        let drawn = DigestSeed { generator.next() }
        #expect(DigestSeed("\(drawn)") == drawn)
    }
}
