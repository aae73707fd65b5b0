#if S3
import KeyValue
import TestSupport
import Testing

@testable import BucketStore

@Suite struct LayoutTests {
    @Test func textKeepsTheOrderOfBytes() {
        var generator = SeededGenerator(seed: 5)
        var all: [[UInt8]] = [[], [0], [0, 0], [0xFF], [0xFF, 0xFF]]
        for _ in 0..<2_000 {
            let bytes = generator.bytes(Int.random(in: 0...9, using: &generator))
            all.append(bytes.map { Bool.random(using: &generator) ? $0 : [0, 1, 0xFE, 0xFF][Int($0 & 3)] })
        }
        for bytes in all { #expect(OrderedText.decode(OrderedText.encode(bytes)) == bytes) }
        let sorted = all.sorted(by: ByteOrder.precedes)
        for (left, right) in zip(sorted, sorted.dropFirst()) where left != right {
            #expect(ByteOrder.precedes(OrderedText.encode(left), OrderedText.encode(right)))
        }
    }

    @Test(arguments: ["1", "01", "000", "0/", "0-", "é"])
    func textThatIsNeverMadeIsRefused(_ text: String) {
        let bytes = OrderedText.decode(text.utf8)
        #expect(bytes == nil || OrderedText.encode(bytes ?? []) == Array(text.utf8))
    }

    @Test func namesKeepTheOrderOfKeys() throws {
        let layout = try BucketLayout(prefix: "some/where")
        var generator = SeededGenerator(seed: 6)
        let keys = (0..<500).map { _ in
            Key(
                partition: generator.bytes(Int.random(in: 1...3, using: &generator)).map { $0 & 3 },
                bytes: generator.bytes(Int.random(in: 1...3, using: &generator)).map { $0 | 0xFC }
            )
        }.sorted()
        for key in keys {
            let name = layout.name(of: key)
            #expect(layout.key(of: name, in: .records) == key)
            #expect(layout.key(of: name, in: .reservedData) == nil)
            // A range that begins with the key lists it, and none before it.
            let listing = layout.listing(of: .partition(key.partition, from: key.bytes))
            let after = try #require(listing.after)
            #expect(name.starts(with: listing.names) && ByteOrder.precedes(after, name))
            for other in keys where other.partition == key.partition && other < key {
                #expect(!ByteOrder.precedes(after, layout.name(of: other)))
            }
        }
        for (left, right) in zip(keys, keys.dropFirst()) where left != right {
            #expect(ByteOrder.precedes(layout.name(of: left), layout.name(of: right)))
        }
    }

    /// Bytes that are stored already never change their meaning.
    @Test func namesAndRowsAreFrozen() throws {
        let layout = try BucketLayout(prefix: "p")
        let key = Key("owner", "key")
        #expect(String(decoding: layout.name(of: key), as: UTF8.self) == "p/0/RsTjPN8/QrLu")
        #expect(StoredObject.encode([0x61], nonce: 0x0102_0304_0506_0708) == [1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0x61])
        #expect(StoredObject.encode(nil, nonce: 1) == [1, 1, 0, 0, 0, 0, 0, 0, 0, 1])
    }

    @Test(arguments: [[], [1], [1, 0, 0, 0, 0, 0, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0], [2, 0], [1, 2]])
    func damagedRowsAreRefused(_ bytes: [UInt8]) {
        #expect(throws: StoreError.self) { try StoredObject(bytes, at: Key("p", "k")) }
    }
}
#endif
