import IPLD
import UCAN

/// What the reference implementation of UCAN invocations in JavaScript was run on for these tests, with keys of our
/// choice. Signatures of Ed25519 repeat, so that the bytes can be compared.
enum Worked {
    static let expiration: Int64 = 2_000_000_000

    static func delegation() throws -> Delegation {
        let alice = try Principals.key(Principals.alice)
        return try Delegation(
            by: alice,
            to: Principals.key(Principals.bob).did,
            [
                Capability("store/*", with: alice.did.text),
                Capability("upload/*", with: alice.did.text),
            ],
            expiration: expiration,
            facts: [["space": ["name": "photos"]]]
        )
    }
}
