#if CouchDB
import KeyValue
import TestSupport
import Testing

@testable import CouchDBStore

@Suite struct DocumentIDTests {
    @Test func everyByteHasItsPlace() throws {
        var ids: [[UInt8]] = []
        for byte in UInt8.min ... .max {
            let key = Key(partition: [0x70], bytes: [byte])
            let id = DocumentID.of(key)
            #expect(DocumentID.key(id) == key)
            #expect(id.allSatisfy { (0x20...0x7E).contains($0) })
            ids.append(id)
        }
        for (left, right) in zip(ids, ids.dropFirst()) { #expect(ByteOrder.precedes(left, right)) }
    }

    @Test func orderIsThatOfKeys() {
        var random = SeededGenerator(seed: 3)
        let bytes: [UInt8] = [0, 1, 0x20, 0x21, 0x22, 0x30, 0x41, 0x5F, 0x61, 0x7D, 0x7E, 0x7F, 0x80, 0xFE, 0xFF]
        func some() -> [UInt8] {
            (0..<Int.random(in: 1...3, using: &random)).map { _ in bytes.randomElement(using: &random) ?? 0 }
        }
        for _ in 0..<5_000 {
            let space = KeySpace.allCases.randomElement(using: &random) ?? .records
            let left = Key(partition: some(), bytes: some(), space: space)
            let right = Key(partition: some(), bytes: some(), space: space)
            #expect((left < right) == ByteOrder.precedes(DocumentID.of(left), DocumentID.of(right)))
            #expect(DocumentID.key(DocumentID.of(left)) == left)
        }
    }

    /// Frozen: databases that are in use have these.
    @Test func layoutStays() {
        #expect(String(decoding: DocumentID.of(Key("a/b", "c d")), as: UTF8.self) == "0 a/b c!Pd")
        let key = Key(partition: [0x00, 0x7E], bytes: [0xFF, 0x21, 0x5F], space: .reservedLocal)
        #expect(String(decoding: DocumentID.of(key), as: UTF8.self) == "2 !0~7e ~ff!Q_")
        var document: [UInt8] = []
        StoredDocument.append(.put([1, 2]), id: [0x61], nonce: 0xAB, replacing: "1-a", to: &document)
        let expected = "{\"_id\":\"a\",\"_rev\":\"1-a\",\"n\":\"00000000000000ab\",\"v\":\"AQI=\"}"
        #expect(String(decoding: document, as: UTF8.self) == expected)
    }

    @Test func whatIsNoIdentifierIsRefused() {
        for text in [
            "", "0", "0 ", "0 a", "0 a ", "0  b", "3 a b", "0 a !", "0 a !/", "0 a !R", "0 a ~7d", "0 a ~F0", "0 a ~f",
            "0 a b c", "_design/a", "wherehouse format", "0 a é",
        ] { #expect(DocumentID.key(text.utf8) == nil, "\(text)") }
    }
}
#endif
