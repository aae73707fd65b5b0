import IPLD

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
