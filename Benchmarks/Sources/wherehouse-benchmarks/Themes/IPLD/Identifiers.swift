import Foundation
import IPLD

/// Identifiers from text to text, beside a reader and writer of them in Python.
func measureIdentifiers(_ bench: Workbench, _ results: inout Results) async throws {
    for base in [Multibase.base32, .base58btc] {
        let cids = (0..<1_000).map { CID(.dagCBOR, .sha256(of: Array("\($0)".utf8))) }
        let texts = try cids.map { try $0.text(in: base) }
        let rounds = 50
        let peer = PythonPeer(script: "ipld.py", input: texts.joined(separator: " "))
        let series = try await interleave(
            [
                peer.body("cid", operations: 2_000),
                Body(name: "identifiers", operations: rounds * texts.count) { _ in
                    var seen = 0
                    for _ in 0..<rounds {
                        for text in texts { seen += try CID(text).text(in: base) == text ? 1 : 0 }
                    }
                    return seen
                },
            ],
            repeats: bench.repeats
        )
        results.figures.append(
            Figure(
                "identifier read and written, \(base); bound multiformats in Python",
                series[1],
                against: series[0],
                .speedupAtLeast(20)
            )
        )
    }
}
