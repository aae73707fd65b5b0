import Foundation
import IPLD
import Testing

@Suite("Values as types of Swift")
struct CodingTests {
    struct Upload: Codable, Equatable {
        enum Kind: String, Codable { case photo, film }

        struct Part: Codable, Equatable {
            var offset: UInt64
            var digest: [UInt8]
        }

        var name: String
        var kind: Kind
        var size: Int
        var ratio: Double
        var root: CID
        var parts: [Part]
        var thumbnail: Data
        var isPublic: Bool
        var note: String?
        var labels: [String: [Int?]]
    }

    private let upload = Upload(
        name: "pier",
        kind: .photo,
        size: -48_213,
        ratio: 1.5,
        root: CID(.raw, .sha256(of: [1])),
        parts: [Upload.Part(offset: .max, digest: [1, 2]), Upload.Part(offset: 0, digest: [])],
        thumbnail: Data([9, 8]),
        isPublic: true,
        note: nil,
        labels: ["a": [1, nil, 3], "b": []]
    )

    @Test("A type comes back from each format")
    func roundTrip() throws {
        let node = try Node(encoding: upload)
        #expect(try node.decode(as: Upload.self) == upload)
        #expect(try DAGCBOR.decode(try DAGCBOR.encode(node)).decode(as: Upload.self) == upload)
        #expect(try DAGJSON.decode(try DAGJSON.encode(node)).decode(as: Upload.self) == upload)
    }

    @Test("Links and bytes are what they are, and what is nil is left out")
    func shape() throws {
        let node = try Node(encoding: upload)
        #expect(node["root"] == .link(upload.root))
        #expect(node["thumbnail"] == .bytes([9, 8]))
        #expect(node["parts"]?[0]?["digest"] == .bytes([1, 2]))
        #expect(node["labels"]?["a"] == [1, .null, 3])
        #expect(node["kind"] == "photo")
        guard case .map(let map) = node else {
            Issue.record("a type with keys is no map")
            return
        }
        #expect(map.count == 9)
    }

    @Test("What is missing, of another kind or too large is refused with its place")
    func refusals() throws {
        #expect(throws: DecodingError.self) { try Node.map([:]).decode(as: Upload.self) }
        #expect(throws: DecodingError.self) { try (["a": "text"] as Node).decode(as: [String: Int].self) }
        #expect(throws: DecodingError.self) { try ([300] as Node).decode(as: [Int8].self) }
        #expect(throws: DecodingError.self) { try ([-1] as Node).decode(as: [UInt64].self) }
        #expect(throws: DecodingError.self) { try (1.5 as Node).decode(as: Int.self) }
        #expect(throws: DecodingError.self) { try Node.null.decode(as: String.self) }
        #expect(throws: DecodingError.self) { try Node.bytes([1]).decode(as: [Int].self) }
    }

    /// A type that asks for containers and fills them out of turn.
    private struct Scattered: Encodable {
        enum Key: String, CodingKey { case early, late, text }

        func encode(to encoder: any Encoder) throws {
            var keyed = encoder.container(keyedBy: Key.self)
            var late = keyed.nestedContainer(keyedBy: Key.self, forKey: .late)
            var early = keyed.nestedUnkeyedContainer(forKey: .early)
            try keyed.encode("t", forKey: .text)
            try late.encode(2.5, forKey: .text)
            var inner = early.nestedContainer(keyedBy: Key.self)
            try early.encode(UInt8(7))
            try early.encodeNil()
            try inner.encode(Float(0.5), forKey: .early)
            var single = early.superEncoder().singleValueContainer()
            try single.encode([UInt8]([1]))
            var last = keyed.superEncoder().singleValueContainer()
            try last.encode(true)
        }
    }

    @Test("Containers are filled in whatever order the type likes")
    func outOfTurn() throws {
        #expect(
            try Node(encoding: Scattered())
                == [
                    "early": [["early": 0.5], 7, .null, .bytes([1])], "late": ["text": 2.5], "text": "t", "super": true,
                ]
        )
    }

    private class Base: Codable { var number = 1 }

    private final class Derived: Base {
        var word = "w"

        enum Key: CodingKey { case word }

        override init() { super.init() }

        required init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            word = try container.decode(String.self, forKey: .word)
            try super.init(from: container.superDecoder())
        }

        override func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(word, forKey: .word)
            try super.encode(to: container.superEncoder())
        }
    }

    @Test("A class brings its superclass along")
    func superclass() throws {
        let derived = Derived()
        derived.number = -3
        let node = try Node(encoding: derived)
        #expect(node == ["word": "w", "super": ["number": -3]])
        #expect(try node.decode(as: Derived.self).number == -3)
    }

    @Test("Every number type is a number, and goes back only where it fits")
    func numbers() throws {
        func check<Value: FixedWidthInteger & Codable>(_ value: Value) throws {
            let node = try Node(encoding: ["n": value])
            #expect(node == ["n": .integer(try #require(NodeInteger(exactly: value)))])
            #expect(try node.decode(as: [String: Value].self) == ["n": value])
        }
        try check(Int8.min)
        try check(Int16.max)
        try check(Int32.min)
        try check(Int64.min)
        try check(Int.max)
        try check(UInt8.max)
        try check(UInt16.max)
        try check(UInt32.max)
        try check(UInt64.max)
        try check(UInt.max)
        try check(Int128(UInt64.max))
        #expect(throws: EncodingError.self) { try Node(encoding: [Int128.max]) }
        #expect(try (3 as Node).decode(as: Double.self) == 3)
        #expect(try (0.1 as Node).decode(as: Double.self) == 0.1)
        #expect(throws: DecodingError.self) { try (0.1 as Node).decode(as: Float.self) }
        #expect(throws: DecodingError.self) { try (["a"] as Node).decode(as: [CID].self) }
        #expect(throws: DecodingError.self) { try ([1] as Node).decode(as: [UInt8].self) }
        #expect(throws: DecodingError.self) { try ([1] as Node).decode(as: Data.self) }
    }

    @Test("A refusal names its place")
    func places() throws {
        let bad: Node = ["a": [1, .null], "b": [2, "x"]]
        let error = #expect(throws: DecodingError.self) { try bad.decode(as: [String: [Int?]].self) }
        guard case .typeMismatch(_, let context)? = error else {
            Issue.record("another error: \(String(describing: error))")
            return
        }
        #expect(context.codingPath.map(\.stringValue) == ["b", "1"])
        struct Wide: Encodable { var values = [Int128(0), .max] }
        let wide = #expect(throws: EncodingError.self) { try Node(encoding: ["w": Wide()]) }
        guard case .invalidValue(_, let place)? = wide else {
            Issue.record("another error: \(String(describing: wide))")
            return
        }
        #expect(place.codingPath.map(\.stringValue) == ["w", "values", "1"])
    }

    @Test("Elsewhere an identifier is its text")
    func identifiers() throws {
        let json = try JSONEncoder().encode([upload.root])
        #expect(String(decoding: json, as: UTF8.self) == #"["\#(upload.root)"]"#)
        #expect(try JSONDecoder().decode([CID].self, from: json) == [upload.root])
    }
}
