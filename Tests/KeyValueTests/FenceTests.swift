import KeyValue
import TestSupport
import Testing

struct FenceTests {
    @Test(
        arguments: [
            (Fence.Admission.everyone, nil, nil),
            (.everyone, 7, nil),
            (.everyone, 6, StoreError.Code.staleMode),
            (.epochOnly, nil, .staleMode),
            (.epochOnly, 7, nil),
            (.epochOnly, 8, .staleMode),
            (.movedAway(to: "elsewhere"), nil, .movedAway),
            (.movedAway(to: "elsewhere"), 7, .movedAway),
        ] as [(Fence.Admission, UInt64?, StoreError.Code?)]
    )
    func admits(_ admission: Fence.Admission, _ epoch: UInt64?, _ expected: StoreError.Code?) {
        let fence = Fence(epoch: 7, admission: admission)
        var code: StoreError.Code?
        do throws(StoreError) { try fence.admit(epoch: epoch) } catch { code = error.code }
        #expect(code == expected)
    }

    @Test func epochsOnlyGrowAndMovedAwayStays() throws {
        let one = Fence(epoch: 1, admission: .epochOnly)
        try Fence.open.allow(one, expecting: .open)
        #expect(throws: StoreError.self) { try one.allow(one, expecting: one) }
        #expect(throws: StoreError.self) { try one.allow(Fence(epoch: 2, admission: .everyone), expecting: .open) }
        let moved = Fence(epoch: 9, admission: .movedAway(to: "new"))
        try one.allow(moved, expecting: one)
        let error = #expect(throws: StoreError.self) {
            try moved.allow(Fence(epoch: 10, admission: .everyone), expecting: moved)
        }
        #expect(error?.code == .movedAway)
        #expect(throws: StoreError.self) {
            try one.allow(Fence(epoch: 9, admission: .movedAway(to: "")), expecting: one)
        }
    }

    @Test func encodingsAreFixedAndStrict() throws {
        let fences: [(Fence, [UInt8])] = [
            (.open, [1, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
            (Fence(epoch: 258, admission: .epochOnly), [1, 0, 0, 0, 0, 0, 0, 1, 2, 1]),
            (
                Fence(epoch: 1, admission: .movedAway(to: "ab")),
                [1, 0, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 2, 0x61, 0x62]
            ),
        ]
        for (fence, bytes) in fences {
            #expect(fence.encoded == bytes)
            #expect(try Fence(encoded: bytes) == fence)
            for length in bytes.indices {
                #expect(throws: StoreError.self) { try Fence(encoded: Array(bytes[..<length])) }
            }
            #expect(throws: StoreError.self) { try Fence(encoded: bytes + [0]) }
        }
        let newer = #expect(throws: StoreError.self) { try Fence(encoded: [2]) }
        #expect(newer?.code == .newerFormat)
    }
}

struct CursorAndMarkTests {
    @Test func cursorsSurviveAsBytesAndRefuseStrangers() throws {
        let key = Key(partition: [0, 255], bytes: [1, 0, 2])
        let cursor = Cursor(bytes: Cursor(after: key).bytes)
        #expect(try cursor.position(in: .partition([0, 255])) == key)
        #expect(try cursor.position(in: .all()) == key)
        #expect(throws: StoreError.self) { try cursor.position(in: .partition([0])) }
        #expect(throws: StoreError.self) { try cursor.position(in: .all(in: .reservedData)) }
        #expect(throws: StoreError.self) { try cursor.position(in: .partition([0, 255], from: [2])) }
    }

    @Test func noBytesTrapACursorOrAMark() {
        var generator = SeededGenerator(seed: 20)
        let valid = Cursor(after: Key("partition", "key")).bytes
        for _ in 0..<20_000 {
            var bytes = valid
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &generator)))
            // Whatever it says, it says it by returning or throwing.
            if let key = try? Cursor(bytes: bytes).position(in: .all()) { #expect(Cursor(after: key).bytes == bytes) }
            _ = try? Mark(encodedID: Array(repeating: 0, count: 16), encodedKeys: bytes)
        }
    }

    @Test func marksRoundTrip() throws {
        let mark = Mark(
            id: MarkID(high: 1, low: .max),
            keys: [Key("a", "b/c"), Key("a/b", "c", space: .reservedData), Key(partition: [0], bytes: [0xFF, 0])]
        )
        let copy = try Mark(encodedID: mark.encodedID, encodedKeys: mark.encodedKeys)
        #expect(copy == mark)
        #expect(throws: StoreError.self) { try Mark(encodedID: [1], encodedKeys: []) }
        #expect(throws: StoreError.self) {
            try Mark(encodedID: mark.encodedID, encodedKeys: Array(mark.encodedKeys.dropLast()))
        }
    }
}
