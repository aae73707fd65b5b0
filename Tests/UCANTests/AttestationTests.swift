import IPLD
import TestSupport
import Testing
import UCAN

@Suite("Attestations")
struct AttestationTests {
    let world: World
    let account: AbsentSigner

    init() throws {
        world = try World()
        account = AbsentSigner(try DID.mail("alice@web.mail"))
    }

    private func attestation(
        _ signer: some Signer,
        _ audience: DID,
        of proof: Delegation,
        with: String? = nil,
        expiration: Int64? = nil,
        proofs: [Delegation] = []
    ) throws -> Delegation {
        try world.delegation(
            signer,
            audience,
            "ucan/attest",
            with ?? signer.did.text,
            nb: ["proof": .link(proof.cid)],
            expiration: expiration,
            proofs: proofs
        )
    }

    private func login(_ nonce: Text = "", by signer: (any Signer)? = nil) throws -> Delegation {
        guard let signer else {
            return try world.delegation(account, world.alice.did, "debug/echo", account.did.text, nonce: nonce)
        }
        return try world.delegation(signer, world.alice.did, "debug/echo", account.did.text, nonce: nonce)
    }

    private func refusal(
        _ proofs: [Delegation],
        _ resolver: some Resolver = EmptyResolver(),
        attestors: [Delegation] = []
    ) async throws -> String? {
        let invocation = try world.invocation(
            world.alice,
            "debug/echo",
            account.did.text,
            nb: ["message": "hello world"],
            proofs: proofs
        )
        do {
            _ = try await world.validator(resolver, attestors: attestors).authorize(invocation, as: Echo.self)
            return nil
        } catch {
            return error.message
        }
    }

    @Test("A mail address delegates when the authority attests it")
    func attested() async throws {
        let proof = try login()
        #expect(proof.token.signature.bytes == [0x80, 0xA0, 0x03, 0x00])
        let session = try attestation(world.service, world.alice.did, of: proof)
        #expect(try await refusal([proof, session]) == nil)
        #expect(try await refusal([session, proof]) == nil)
    }

    @Test("Without an attestation, or with one of another token, it has no keys")
    func unattested() async throws {
        let proof = try login()
        let unresolved = "Unable to resolve 'did:mailto:web.mail:alice' key"
        #expect(try await refusal([proof])?.contains(unresolved) == true)
        let other = try attestation(world.service, world.alice.did, of: login("other"))
        #expect(try await refusal([proof, other])?.contains(unresolved) == true)
        let expired = try attestation(world.service, world.alice.did, of: proof, expiration: World.now)
        #expect(try await refusal([proof, expired])?.contains(unresolved) == true)
        let forSomebodyElse = try attestation(world.service, world.bob.did, of: proof)
        #expect(try await refusal([proof, forSomebodyElse]) != nil)
        #expect(try await refusal([proof], FixedResolver(failing: ["keys"]))?.contains(unresolved) == true)
    }

    @Test("Who the authority lets attest may, by a proof or by its word")
    func attestors() async throws {
        let proof = try login()
        let worker = world.mallory
        let manager = world.bob
        let toManager = try world.delegation(world.service, manager.did, "*", world.service.did.text)
        let toWorker = try world.delegation(manager, worker.did, "*", world.service.did.text, proofs: [toManager])
        let session = try attestation(
            worker,
            world.alice.did,
            of: proof,
            with: world.service.did.text,
            proofs: [toWorker]
        )
        #expect(try await refusal([session, proof]) == nil)

        let other = world.mallory.named(try DID("did:web:other.storage"))
        let theirs = try attestation(other, world.alice.did, of: proof)
        let resolver = FixedResolver(known: [other.did: [world.mallory.publicKey]])
        #expect(try await refusal([proof, theirs], resolver) != nil)
        let trusted = try world.delegation(
            world.service,
            other.did,
            "ucan/attest",
            world.service.did.text,
            expiration: nil
        )
        #expect(try await refusal([proof, theirs], resolver, attestors: [trusted]) == nil)
    }

    @Test("An attestation by somebody whom the authority has not let is an invalid session")
    func invalidSession() async throws {
        let proof = try login()
        let wrong = try world.delegation(world.service, world.bob.did, "*", world.serviceKey.did.text)
        let session = try attestation(
            world.bob,
            world.alice.did,
            of: proof,
            with: world.service.did.text,
            proofs: [wrong]
        )
        let message = try await refusal([proof, session])
        #expect(message?.contains("issued by did:mailto:web.mail:alice has an invalid session") == true)
        #expect(message?.contains("Unable to resolve") == false)
    }

    @Test("The authority attests, but has not what is the account's")
    func authorityIsNotOwner() async throws {
        let auth = try world.delegation(world.service, world.alice.did, "debug/echo", account.did.text)
        let session = try attestation(world.service, world.alice.did, of: auth, proofs: [auth])
        #expect(try await refusal([auth, session]) != nil)
        let aboutAccount = try attestation(world.service, world.alice.did, of: auth, with: account.did.text)
        #expect(try await refusal([auth, aboutAccount]) != nil)
    }

    @Test("Keys that the resolver knows are tried")
    func keys() async throws {
        let named = world.mallory.named(account.did)
        let proof = try login(by: named)
        let known = FixedResolver(known: [account.did: [world.bob.publicKey, world.mallory.publicKey]])
        #expect(try await refusal([proof], known) == nil)
        let wrong = try await refusal([proof], FixedResolver(known: [account.did: [world.bob.publicKey]]))
        #expect(
            wrong?.contains(
                "issued by did:mailto:web.mail:alice does not has a valid signature from \(world.bob.did)"
            ) == true
        )
    }

    @Test("A revoked attestation refuses")
    func revoked() async throws {
        let proof = try login()
        let session = try attestation(world.service, world.alice.did, of: proof)
        #expect(try await refusal([proof, session], FixedResolver(revocations: [session.cid])) != nil)
    }

    @Test("Many logins with their attestations do no harm")
    func redundant() async throws {
        let logins = try (0..<6).map { try login(Text("\($0)")) }
        let sessions = try logins.map { try attestation(world.service, world.alice.did, of: $0) }
        #expect(try await refusal(logins + sessions) == nil)
        // Attestations of each other lead nowhere.
        let first = try attestation(account, world.alice.did, of: logins[0], with: world.service.did.text)
        let second = try attestation(account, world.alice.did, of: first, with: world.service.did.text)
        #expect(try await refusal([logins[0], first, second]) != nil)
    }
}
