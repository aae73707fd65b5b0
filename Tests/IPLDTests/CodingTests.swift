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

    @Test("Elsewhere an identifier is its text")
    func identifiers() throws {
        let json = try JSONEncoder().encode([upload.root])
        #expect(String(decoding: json, as: UTF8.self) == #"["\#(upload.root)"]"#)
        #expect(try JSONDecoder().decode([CID].self, from: json) == [upload.root])
    }
}
