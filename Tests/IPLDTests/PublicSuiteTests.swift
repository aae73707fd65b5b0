import Foundation
import IPLD
import TestSupport
import Testing

@Suite("Published suites", .enabled(if: PublicSuites.hasCheckouts, "WHEREHOUSE_SUITES names no folder"))
struct PublicSuiteTests {
    @Test("The archive of all blocks is read and verified")
    func archive() throws {
        let archive = try CAR(decoding: try PublicSuites.checkouts.bytes("codec-fixtures/fixtures.car"))
        #expect(archive.blocks.count > 100)
    }

    struct Negative: Decodable {
        let name: String
        let hex: String?
        let dagJSON: JSONValue?

        enum CodingKeys: String, CodingKey {
            case name, hex
            case dagJSON = "dag-json"
        }
    }

    @Test("What must not be read or written is not")
    func negativeFixtures() throws {
        var count = 0
        for path in PublicSuites.checkouts.paths(below: "codec-fixtures/negative-fixtures")
        where path.hasSuffix(".json") {
            let format = try #require(BlockFormat.all.first { path.contains("/\($0.ending)/") })
            for negative in try PublicSuites.checkouts.cases(path, of: Negative.self) {
                count += 1
                if let hex = negative.hex {
                    for strictness in [Strictness.strict, .lenient] {
                        #expect(throws: IPLDError.self, "\(negative.name)") {
                            try format.decode(bytes(hex: hex), strictness)
                        }
                    }
                } else {
                    let json = try JSONEncoder().encode(negative.dagJSON)
                    #expect(throws: IPLDError.self, "\(negative.name)") {
                        try format.encode(try DAGJSON.decode([UInt8](json), .lenient))
                    }
                }
            }
        }
        #expect(count > 20)
    }

    /// The suite's profile has no negative zero; the specification of DAG-CBOR says nothing against it.
    private let negativeZero = ["fb8000000000000000"]

    struct Vector: Decodable {
        let type: String
        let data: String
        let name: String
        let tags: [String]
    }

    @Test("Strict DAG-CBOR is what the suite of its strict profile says")
    func strictProfile() throws {
        var count = 0
        for path in PublicSuites.checkouts.paths(below: "dasl-testing/fixtures/cbor") {
            for vector in try PublicSuites.checkouts.cases(path, of: Vector.self)
            where !Set(vector.tags).isDisjoint(with: ["basic", "dag-cbor", "dasl-cid"]) {
                let input = bytes(hex: vector.data)
                count += 1
                switch vector.type {
                case "roundtrip":
                    let node = try? DAGCBOR.decode(input)
                    #expect(node.flatMap { try? DAGCBOR.encode($0) } == input, "\(path): \(vector.name) \(vector.data)")
                case "invalid_in", "invalid_out":
                    // The profile's narrower identifiers are no part of DAG-CBOR.
                    if vector.tags == ["dasl-cid"] || negativeZero.contains(vector.data) { continue }
                    #expect(throws: IPLDError.self, "\(path): \(vector.name) \(vector.data)") {
                        try DAGCBOR.decode(input)
                    }
                default: Issue.record("a vector of kind \(vector.type)")
                }
            }
        }
        #expect(count > 50)
    }

    @Test("Each base gives its text, and reads either case where it has none")
    func bases() throws {
        let names: [String: Multibase] = [
            "base16": .base16, "base16upper": .base16Upper, "base32": .base32, "base32upper": .base32Upper,
            "base32pad": .base32Padded, "base32padupper": .base32PaddedUpper, "base32hex": .base32Hex,
            "base32hexupper": .base32HexUpper, "base32hexpad": .base32HexPadded,
            "base32hexpadupper": .base32HexPaddedUpper, "base36": .base36, "base36upper": .base36Upper,
            "base58btc": .base58btc, "base64": .base64, "base64pad": .base64Padded, "base64url": .base64url,
            "base64urlpad": .base64urlPadded,
        ]
        var count = 0
        for path in PublicSuites.checkouts.paths(below: "multibase/tests") where path.hasSuffix(".csv") {
            let lines = try PublicSuites.checkouts.lines(path)
            let plain = lines[0][1].dropFirst().dropLast().replacingOccurrences(of: "\\x00", with: "\0")
            for line in lines.dropFirst() {
                guard let base = names[line[0]] else { continue }
                let text = String(line[1].dropFirst().dropLast())
                count += 1
                #expect(try Multibase.decode(text).bytes == Array(plain.utf8), "\(path): \(line[0])")
                if lines[0][0] == "encoding" { #expect(base.encode(Array(plain.utf8)) == text) }
            }
        }
        #expect(count > 50)
    }
}

/// Any JSON, to hand a part of it on.
enum JSONValue: Codable {
    case null
    case boolean(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case list([JSONValue])
    case map([String: JSONValue])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .boolean(value)
        } else if let value = try? container.decode(Int.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .list(value)
        } else {
            self = .map(try container.decode([String: JSONValue].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .boolean(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .list(let value): try container.encode(value)
        case .map(let value): try container.encode(value)
        }
    }
}
