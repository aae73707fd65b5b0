import Crypto
import Foundation
import IPLD
import UCAN

/// An invocation with four delegations behind it, validated: five tokens. The bound verifies five signatures of Ed25519
/// over as many bytes, and does nothing else.
func measureChains(_ bench: Workbench, _ results: inout Results) async throws {
    let keys = try (0..<6).map { try SigningKey(ed25519: Multihash.sha256(of: [UInt8($0)]).digest) }
    var chain: [Delegation] = []
    for (issuer, audience) in zip(keys, keys.dropFirst()) {
        let isLast = audience.did == keys[5].did
        chain.append(
            try Delegation(
                by: issuer,
                to: audience.did,
                [
                    Capability(
                        isLast ? "upload/add" : "upload/*",
                        with: keys[0].did.text,
                        nb: isLast ? ["root": .link(CID(.dagCBOR, .sha256(of: [1])))] : [:]
                    )
                ],
                expiration: 2_000_000_000,
                proofs: chain.suffix(1)
            )
        )
    }
    guard let invocation = chain.last else { return }
    let archive = try invocation.archive()
    let tokens = try chain.map { try Array($0.token.jwt.utf8) }
    let checks = try zip(keys, tokens).map { key, text in
        // What is signed is all before the last dot.
        let dot = text.lastIndex(of: 0x2E) ?? text.endIndex
        let raw = try Multibase.base64url.decodeBody(String(decoding: text[(dot + 1)...], as: UTF8.self))
        let bytes = Array(key.publicKey.bytes.dropFirst(2))
        return (
            key: try Curve25519.Signing.PublicKey(rawRepresentation: bytes), signature: raw, signed: Array(text[..<dot])
        )
    }
    let validator = Validator(authority: keys[5].did, keys: [], resolver: EmptyResolver()) { 1_900_000_000 }
    let rounds = 200
    let series = try await interleave(
        [
            Body(name: "five signatures", operations: rounds) { _ in
                var valid = 0
                for _ in 0..<rounds {
                    for check in checks where check.key.isValidSignature(check.signature, for: check.signed) {
                        valid += 1
                    }
                }
                return valid
            },
            Body(name: "chain", operations: rounds) { _ in
                var links = 0
                for _ in 0..<rounds {
                    links += try await validator.authorize(invocation, as: AddUpload.self).chain.count
                }
                return links
            },
            Body(name: "archive and chain", operations: rounds) { _ in
                var links = 0
                for _ in 0..<rounds {
                    let read = try Delegation(archive: archive)
                    links += try await validator.authorize(read, as: AddUpload.self).chain.count
                }
                return links
            },
        ],
        repeats: bench.repeats
    )
    let bound = "bound five bare signatures"
    results.figures += [
        Figure("chain of 5 validated; \(bound)", series[1], against: series[0], .ratioAtMost(5)),
        Figure("archive read, chain of 5 validated; \(bound)", series[2], against: series[0], .ratioAtMost(5)),
    ]
}

struct AddUpload: CapabilityDefinition {
    static let ability = "upload/add"
    struct Bounds: Codable, Sendable { var root: CID }
}
