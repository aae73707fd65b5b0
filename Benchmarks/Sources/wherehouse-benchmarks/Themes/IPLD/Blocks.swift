import Foundation
import IPLD
import SwiftProtobuf

/// Metadata as DAG-CBOR, beside the same fields in Protocol Buffers, and beside a writer and reader of it in Python.
func measureBlocks(_ bench: Workbench, _ results: inout Results) async throws {
    let upload = Upload.sample
    let node = try Node(encoding: upload)
    let block = try DAGCBOR.encode(node)
    let message = upload.message
    let messageBytes: [UInt8] = try message.serializedBytes()
    let count = 50_000
    let peer = PythonPeer(script: "ipld.py", input: Multibase.base16.encodeBody(block))

    func body(_ name: String, _ work: @escaping () throws -> Int) -> Body {
        Body(name: name, operations: count) { _ in
            var seen = 0
            for _ in 0..<count { seen += try work() }
            return seen
        }
    }
    let written = try await interleave(
        [
            body("protobuf written") {
                let bytes: [UInt8] = try message.serializedBytes()
                return bytes.count == messageBytes.count ? 1 : 0
            },
            body("DAG-CBOR written") { try DAGCBOR.encode(node).count == block.count ? 1 : 0 },
            body("DAG-CBOR of a type written") {
                try DAGCBOR.encode(Node(encoding: upload)).count == block.count ? 1 : 0
            },
            peer.body("encode", operations: 2_000),
        ],
        repeats: bench.repeats
    )
    let read = try await interleave(
        [
            body("protobuf read") { try UploadMessage(serializedBytes: messageBytes).size == upload.size ? 1 : 0 },
            body("DAG-CBOR read") { try DAGCBOR.decode(block)["size"] == node["size"] ? 1 : 0 },
            body("DAG-CBOR read as a type") {
                try DAGCBOR.decode(block).decode(as: Upload.self).size == upload.size ? 1 : 0
            },
            peer.body("decode", operations: 2_000),
        ],
        repeats: bench.repeats
    )
    for (name, series) in [("written", written), ("read", read)] {
        results.figures += [
            Figure("DAG-CBOR \(name); bound swift-protobuf", series[1], against: series[0], .ratioAtMost(2)),
            Figure("DAG-CBOR \(name), a Codable type; bound swift-protobuf", series[2], against: series[0], .none),
            Figure("DAG-CBOR \(name); bound dag-cbor in Python", series[1], against: series[3], .none),
        ]
    }
}
