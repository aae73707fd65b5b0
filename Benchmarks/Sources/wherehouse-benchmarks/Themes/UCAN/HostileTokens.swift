import Crypto
import IPLD
import UCAN

/// Archives of ten million bytes that hold as many tokens as a validator may be asked to look at, all of them signed, and
/// none of any use.
enum HostileTokens {
    /// An invocation with 31 proofs, of which each has 128.
    static func archive() throws -> [UInt8] {
        let proofs = try (0..<31).map { branch in
            try token(
                "branch \(branch)",
                proofs: try (0..<128).map { try token("leaf \(branch) \($0)", padding: 2_200) }
            )
        }
        return try token("root", proofs: proofs).archive()
    }

    /// As many invocations as a message may have.
    static func message() throws -> [UInt8] {
        try Message(invocations: try (0..<256).map { try token("invocation \($0)", padding: 38_000) }).encoded()
    }

    /// Asks for what they don't grant.
    static func authorize(_ invocation: Delegation) async throws {
        let validator = Validator(authority: try key(0).did, keys: [], resolver: EmptyResolver()) { 1_900_000_000 }
        let grant: Authorization<AddUpload>
        do {
            grant = try await validator.authorize(invocation)
        } catch {
            // As it should be; what is measured is what that costs.
            return
        }
        throw Granted(what: "\(grant.claim.capability)")
    }

    /// What must not come of it.
    private struct Granted: Error {
        var what: String
    }

    /// A token of the second key about what is the first one's.
    private static func token(_ nonce: String, padding: Int = 0, proofs: [Delegation] = []) throws -> Delegation {
        let signer = try key(1)
        return try Delegation(
            by: signer,
            to: signer.did,
            [Capability("upload/add", with: try key(0).did.text, nb: ["root": .link(CID(.raw, .sha256(of: [1])))])],
            expiration: 2_000_000_000,
            nonce: Text(nonce),
            facts: [["padding": .bytes([UInt8](repeating: 0x61, count: padding))]],
            proofs: proofs
        )
    }

    private static func key(_ number: UInt8) throws -> SigningKey {
        try SigningKey(ed25519: Multihash.sha256(of: [number]).digest)
    }
}
