import Testing
import Tuples

struct FormatTests {
    /// From design/tuple.md of FoundationDB (Apache License 2.0).
    @Test(arguments: [
        (Tuple([.bytes(Array("foo\0bar".utf8))]), "\u{1}foo\0\u{ff}bar\0"),
        (Tuple(["F\u{d4}O\0bar"]), "\u{2}F\u{c3}\u{94}O\0\u{ff}bar\0"),
        (
            Tuple([[.bytes(Array("foo\0bar".utf8)), nil, []]]),
            "\u{5}\u{1}foo\0\u{ff}bar\0\0\u{ff}\u{5}\0\0"
        ),
        (Tuple([-5_551_212]), "\u{11}\u{ab}K\u{93}"),
        (Tuple([.float(-42)]), "\u{20}\u{3d}\u{d7}\u{ff}\u{ff}"),
    ])
    func publishedExamples(tuple: Tuple, latin1: String) throws {
        let bytes = latin1.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
        #expect(try tuple.encoded() == bytes)
        #expect(try Tuple(decoding: bytes) == tuple)
    }

    @Test func vectorsOfThePythonBinding() throws {
        let vectors = try Vector.all()
        #expect(vectors.count > 500)
        for vector in vectors {
            #expect(try vector.tuple.encoded() == vector.encoding)
            #expect(try Tuple(decoding: vector.encoding) == vector.tuple)
        }
    }

    @Test(arguments: [
        ([0x02, 0x61], TupleError.Code.truncated), ([0x21, 0], .truncated), ([0x05, 0x00, 0xff], .truncated),
        ([0x02, 0xc0, 0x80, 0x00], .invalidUTF8), ([0x02, 0xed, 0xa0, 0x80, 0x00], .invalidUTF8),
        ([0x15, 0x00], .paddedInteger), ([0x13, 0xff], .paddedInteger), ([0x16, 0x00, 0x01], .paddedInteger),
        ([0x1d, 1, 1], .paddedInteger), ([0x1d, 9, 0, 1, 1, 1, 1, 1, 1, 1, 1], .paddedInteger),
        ([0x33] + [UInt8](repeating: 0, count: 12), .unsupportedType), ([0xff], .unknownType), ([0x41], .unknownType),
        ([0x40] + [UInt8](repeating: 0xff, count: 12), .invalidNanoseconds),
        ([UInt8](repeating: 0x05, count: TupleLimits.maximumDepth + 1), .tooDeep),
    ])
    func refusals(bytes: [UInt8], code: TupleError.Code) {
        #expect { try Tuple(decoding: bytes) } throws: { ($0 as? TupleError)?.code == code }
    }

    @Test func limitsHoldForBothSides() throws {
        var tuple: Tuple = []
        for _ in 0..<TupleLimits.maximumDepth { tuple = [.tuple(tuple)] }
        #expect(try Tuple(decoding: tuple.encoded()) == tuple)
        let deeper: Tuple = [.tuple(tuple)]
        #expect { try deeper.encoded() } throws: { ($0 as? TupleError)?.code == .tooDeep }
        let long: Tuple = [.bytes([UInt8](repeating: 1, count: TupleLimits.maximumByteCount))]
        #expect { try long.encoded() } throws: { ($0 as? TupleError)?.code == .tooLong }
        let longer = [UInt8](repeating: 0x14, count: TupleLimits.maximumByteCount + 1)
        #expect { try Tuple(decoding: longer) } throws: { ($0 as? TupleError)?.code == .tooLong }
        #expect { try TupleElement.integer(isNegative: true, magnitude: [UInt8](repeating: 1, count: 256)) } throws: {
            ($0 as? TupleError)?.code == .integerTooLarge
        }
    }

    @Test func kindsAreInTheOrderOfTheTable() throws {
        let kinds: [TupleElement] = [
            nil, .bytes([]), "", [], -1, .init(UInt64.max), .float(1), 1.5, false, true, .uuid(.init(high: 0, low: 0)),
            .timestamp(.init(milliseconds: -1)), .missing,
        ]
        #expect(kinds.shuffled().sorted() == kinds)
        #expect(Timestamp(milliseconds: -1) == Timestamp(seconds: -1, nanoseconds: 999_000_000))
        #expect(Timestamp(seconds: 0, nanoseconds: 1_000_000_000) == nil)
    }

    @Test func encoderKeepsItsPrefixAndUndoesWhatFails() throws {
        var encoder = TupleEncoder(prefix: [9])
        try encoder.appendTuple { encoder throws(TupleError) in
            encoder.appendNull()
            encoder.append(7)
        }
        #expect(encoder.bytes == [9, 5, 0, 255, 0x15, 7, 0])
        let bytes = encoder.bytes
        #expect(throws: TupleError.self) {
            try encoder.appendTuple { encoder throws(TupleError) in _ = try TupleUUID(text: "x") }
        }
        #expect(encoder.bytes == bytes)
        encoder.removeAll()
        #expect(encoder.bytes == [9])
    }

    @Test func keysOfStringPrefixesAndEnds() throws {
        let range = try TupleRange(after: ["user"], stringsBeginningWith: "a\0")
        #expect(try range.contains(Tuple(["user", "a\0b"]).encoded()))
        #expect(try !range.contains(Tuple(["user", "a", nil]).encoded()))
        #expect(try !range.contains(Tuple(["user", "b"]).encoded()))
        #expect(TupleRange.end(ofPrefix: [1, 0xff, 0xff]) == [2])
        #expect(TupleRange.end(ofPrefix: [0xff, 0xff]) == nil)
        #expect(throws: TupleError.self) { try Subspace(prefix: [1, 2]).decode([1, 3]) }
    }

    @Test func elementsByKind() throws {
        let uuid = try TupleUUID(text: "F81D4FAE-7dec-11d0-a765-00a0c91e6bf6")
        #expect(uuid.description == "f81d4fae-7dec-11d0-a765-00a0c91e6bf6")
        #expect(TupleUUID(bytes: uuid.bytes) == uuid)
        let tuple: Tuple = ["a", 1, .uuid(uuid), .init(UInt64.max)]
        #expect(try tuple.string(at: 0) == "a" && tuple.integer(at: 1) == 1 && tuple.uuid(at: 2) == uuid)
        #expect { try tuple.integer(at: 0) } throws: { ($0 as? TupleError)?.code == .otherKind }
        #expect { try tuple.integer(at: 3) } throws: { ($0 as? TupleError)?.code == .integerOutOfRange }
        #expect { try tuple.string(at: 4) } throws: { ($0 as? TupleError)?.code == .noElement }
        #expect { try TupleUUID(text: "f81d4fae7dec11d0a76500a0c91e6bf6") } throws: {
            ($0 as? TupleError)?.place == .byte(8)
        }
    }
}
