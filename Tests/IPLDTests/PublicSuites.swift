import Foundation
import IPLD

/// The published suites of the formats, from a folder that holds their checkouts under their own names:
/// ipld/codec-fixtures, hyphacoop/dasl-testing, ipld/ipld, ipld/go-car, multiformats/multibase and
/// multiformats/multihash. `WHEREHOUSE_IPLD_SUITES` names the folder.
enum PublicSuites {
    static let folder = ProcessInfo.processInfo.environment["WHEREHOUSE_IPLD_SUITES"]

    /// Every file below a folder of the checkouts, in order.
    static func paths(below path: String) -> [String] {
        guard let folder, let all = FileManager.default.enumerator(atPath: "\(folder)/\(path)") else { return [] }
        return all.compactMap { $0 as? String }.sorted().map { "\(path)/\($0)" }
    }

    static func bytes(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(filePath: "\(folder ?? "")/\(path)")))
    }

    static func cases<Case: Decodable>(_ path: String, of type: Case.Type = Case.self) throws -> [Case] {
        try JSONDecoder().decode([Case].self, from: Data(try bytes(path)))
    }

    static func lines(_ path: String) throws -> [[String]] {
        String(decoding: try bytes(path), as: UTF8.self).split(whereSeparator: \.isNewline)
            .map { $0.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } }
    }
}

/// A format of blocks, by the ending of the suites' file names.
struct BlockFormat: Sendable {
    let ending: String
    let codec: Multicodec
    let decode: @Sendable ([UInt8], Strictness) throws -> Node
    let encode: @Sendable (Node) throws -> [UInt8]

    static let all = [
        BlockFormat(ending: "dag-cbor", codec: .dagCBOR) {
            try DAGCBOR.decode($0, $1)
        } encode: {
            try DAGCBOR.encode($0)
        },
        BlockFormat(ending: "dag-json", codec: .dagJSON) {
            try DAGJSON.decode($0, $1)
        } encode: {
            try DAGJSON.encode($0)
        },
        BlockFormat(ending: "dag-pb", codec: .dagPB) {
            try DAGPB.decode($0, $1)
        } encode: {
            try DAGPB.encode($0)
        },
    ]

    static func of(_ path: String) -> BlockFormat? {
        all.first { path.hasSuffix("." + $0.ending) }
    }
}
