import IPLD
import TestSupport
import Testing
import UCAN

@Suite("Validation of chains")
struct ValidatorTests {
    let world: World
    init() throws { world = try World() }

    private func chain(_ invocation: Delegation, _ resolver: some Resolver = EmptyResolver()) async throws -> [DID] {
        try await world.validator(resolver).authorize(invocation, as: AddToStore.self).chain
            .map(\.delegation.payload.issuer)
    }

    /// The failure's message; nil where it is allowed.
    private func refusal<Definition: CapabilityDefinition>(
        _ invocation: Delegation,
        as definition: Definition.Type = AddToStore.self,
        _ resolver: some Resolver = EmptyResolver(),
        limits: Limits = Limits(),
        now: Int64 = World.now
    ) async -> String? {
        do {
            _ = try await world.validator(resolver, limits: limits, now: now).authorize(invocation, as: definition)
            return nil
        } catch {
            return error.message
        }
    }

    private var head: String { "Claim {\"can\":\"store/add\"} is not authorized" }
    private var claim: String {
        "{\"can\":\"store/add\",\"with\":\"\(world.alice.did)\",\"nb\":{\"link\":{\"/\":\"\(world.link)\"}}}"
    }

    private func unproven(_ issuer: DID, _ reason: String) -> String {
        "\(head)\n  - Capability \(claim) is not authorized because:\n"
            + "    - Capability can not be (self) issued by '\(issuer)'\n    - \(reason)"
    }

    @Test("Who has the resource may do all with it, and delegate it on")
    func chains() async throws {
        let (alice, bob, mallory) = (world.alice, world.bob, world.mallory)
        #expect(try await chain(world.invocation(alice)) == [alice.did])
        for can in ["store/add", "store/*", "*"] {
            for with in [alice.did.text, "ucan:*"] {
                let first = try world.delegation(alice, bob.did, can, with)
                let invocation = try world.invocation(bob, proofs: [first])
                #expect(try await chain(invocation) == [bob.did, alice.did])
                let second = try world.delegation(bob, mallory.did, can, with, proofs: [first])
                let last = try world.invocation(mallory, proofs: [second])
                #expect(try await chain(last) == [mallory.did, bob.did, alice.did])
                let read = try Delegation(archive: last.archive())
                #expect(try await chain(read) == [mallory.did, bob.did, alice.did])
            }
        }
    }

    @Test("The claim is told by its type")
    func typedClaim() async throws {
        let invocation = try world.invocation(world.alice, nb: ["link": .link(world.link), "size": 5])
        let authorization = try await world.validator().authorize(invocation, as: AddToStore.self)
        #expect(authorization.claim.bounds.link == world.link)
        #expect(authorization.claim.bounds.size == 5)
        #expect(authorization.claim.with == Resource(world.alice.did))
    }

    @Test("Tokens hold within their time alone, with the texts of the reference implementation")
    func times() async throws {
        let invocation = try world.invocation(world.alice)
        let date = "Tue Nov 14 2023 22:30:00 GMT+0000 (Coordinated Universal Time)"
        #expect(await refusal(invocation, now: World.later - 1) == nil)
        #expect(
            await refusal(invocation, now: World.later)
                == "\(head)\n  - Proof \(invocation.cid) has expired on \(date)"
        )
        let early = try world.delegation(
            world.alice,
            world.bob.did,
            "store/add",
            expiration: nil,
            notBefore: World.later
        )
        let used = try world.delegation(
            world.bob,
            world.service.did,
            "store/add",
            nb: ["link": .link(world.link)],
            expiration: nil,
            proofs: [early]
        )
        #expect(
            await refusal(used, now: World.later)
                == unproven(
                    world.bob.did,
                    """
                    Capability can not be derived from prf:\(early.cid) because:
                          - Proof \(early.cid) is not valid before \(date)
                    """
                )
        )
        #expect(await refusal(used, now: World.later + 1) == nil)
    }

    @Test("A claim without proofs, or with somebody else's, is refused and says why")
    func unprovenClaims() async throws {
        let (alice, bob, mallory) = (world.alice, world.bob, world.mallory)
        #expect(
            await refusal(try world.invocation(bob)) == unproven(bob.did, "Delegated capability not found")
        )
        let forBob = try world.delegation(alice, bob.did, "store/add")
        #expect(
            await refusal(try world.invocation(mallory, proofs: [forBob]))
                == unproven(
                    mallory.did,
                    """
                    Capability can not be derived from prf:\(forBob.cid) because:
                          - Delegation audience is '\(bob.did)' instead of '\(mallory.did)'
                    """
                )
        )
        #expect(
            await refusal(try world.invocation(bob, links: [forBob.cid]))
                == unproven(
                    bob.did,
                    """
                    Capability can not be derived from prf:\(forBob.cid) because:
                          - Linked proof '\(forBob.cid)' is not included and could not be resolved
                    """
                )
        )
        let pin = try world.delegation(alice, bob.did, "store/pin")
        #expect(
            await refusal(try world.invocation(bob, proofs: [pin]))
                == unproven(
                    bob.did,
                    """
                    Delegated capability not found
                        - Encountered unknown capabilities
                          - {"can":"store/pin","with":"\(alice.did)"}
                    """
                )
        )
        let bad = try world.delegation(alice, bob.did, "store/add", "bib:key:x")
        #expect(
            await refusal(try world.invocation(bob, proofs: [bad]))
                == unproven(
                    bob.did,
                    """
                    Can not derive \(claim) from delegated capabilities:
                          - Encountered malformed 'store/add' capability: {"can":"store/add","with":"bib:key:x"}
                            - Expected did: URI instead got bib:key:x
                    """
                )
        )
        // Bob has nothing to give of what is alice's.
        let stolen = try world.delegation(bob, mallory.did, "store/add")
        #expect(await refusal(try world.invocation(mallory, proofs: [stolen])) != nil)
        let everything = try world.delegation(bob, mallory.did, "*", "ucan:*")
        #expect(await refusal(try world.invocation(mallory, proofs: [everything])) != nil)
    }

    @Test("Another capability than the one asked for is unknown")
    func unknown() async throws {
        let invocation = try world.invocation(world.alice, "store/write")
        #expect(
            await refusal(invocation) == """
                \(head)
                  - No matching delegated capability found
                  - Encountered unknown capabilities
                    - {"can":"store/write","with":"\(world.alice.did)"}
                """
        )
        // A wildcard is for delegations: who invokes says what is to be done.
        #expect(await refusal(try world.invocation(world.alice, "store/*")) != nil)
        let prefix = try world.delegation(world.alice, world.bob.did, "store/a*")
        #expect(await refusal(try world.invocation(world.bob, proofs: [prefix])) != nil)
    }

    @Test("Bounds are kept along the whole chain")
    func bounds() async throws {
        let (alice, bob, mallory) = (world.alice, world.bob, world.mallory)
        let link = Node.link(world.link)
        let small = try world.delegation(alice, bob.did, "store/*", nb: ["size": 10])
        let open = try world.delegation(bob, mallory.did, "store/add", proofs: [small])
        func invoke(_ nb: NodeMap, _ proofs: [Delegation]) throws -> Delegation {
            try world.invocation(mallory, nb: nb, proofs: proofs)
        }
        #expect(await refusal(try invoke(["link": link, "size": 10], [open])) == nil)
        let over = await refusal(try invoke(["link": link, "size": 11], [open]))
        #expect(over?.contains("Constraint violation: size exceeds what was delegated") == true)
        #expect(await refusal(try invoke(["link": link], [open])) != nil, "without a size it may be any")
        let other = CID(.car, .sha256(of: [2]))
        let onlyOther = try world.delegation(alice, mallory.did, "store/add", nb: ["link": .link(other)])
        let violation = await refusal(try invoke(["link": link, "size": 1], [onlyOther]))
        #expect(
            violation?.contains(
                "Constraint violation: link: {\"/\":\"\(world.link)\"} violates {\"/\":\"\(other)\"}"
            ) == true
        )
        // A bound that the service does not know of counts too.
        let strange = try world.delegation(alice, mallory.did, "store/add", nb: ["day": "Sunday"])
        #expect(await refusal(try invoke(["link": link, "day": "Monday"], [strange])) != nil)
        #expect(await refusal(try invoke(["link": link, "day": "Sunday"], [strange])) == nil)
    }

    @Test("An invocation with bounds of another shape is malformed")
    func malformed() async throws {
        for nb in [[:], ["link": 1], ["link": .link(world.link), "size": 1.5]] as [NodeMap] {
            let message = await refusal(try world.invocation(world.alice, nb: nb))
            #expect(message?.contains("Encountered malformed 'store/add' capability") == true)
        }
    }

    @Test("A capability can come of another, by a rule of its own")
    func origins() async throws {
        let list = try world.delegation(world.alice, world.bob.did, "upload/list")
        let invocation = try world.invocation(world.bob, "usage/count", proofs: [list])
        #expect(await refusal(invocation, as: CountUploads.self) == nil)
        let elsewhere = try world.delegation(world.alice, world.bob.did, "upload/list", "did:web:x")
        let wrong = try world.invocation(world.bob, "usage/count", proofs: [elsewhere])
        let message = await refusal(wrong, as: CountUploads.self)
        #expect(message?.contains("Resource \(world.alice.did) is not contained by did:web:x") == true)
        let back = try world.delegation(world.alice, world.bob.did, "usage/count")
        #expect(
            await refusal(try world.invocation(world.bob, "upload/list", proofs: [back]), as: ListUploads.self) != nil
        )
    }

    @Test("A changed token or signature is refused")
    func forged() async throws {
        let proof = try world.delegation(world.alice, world.bob.did, "store/add")
        guard case .map(var map) = try DAGCBOR.decode(proof.token.block.bytes) else { return }
        map["s"] = .bytes(try world.bob.sign(proof.token.block.bytes).bytes)
        let forged = Delegation(try Token(Block(.map(map))))
        #expect(
            await refusal(try world.invocation(world.bob, proofs: [forged]))
                == unproven(
                    world.bob.did,
                    """
                    Capability can not be derived from prf:\(forged.cid) because:
                          - Proof \(forged.cid) does not has a valid signature from \(world.alice.did)
                    """
                )
        )
        // A block under another's name is not taken for it.
        let mine = try world.delegation(world.bob, world.bob.did, "store/add")
        let swapped = Block(proof.cid, unverified: mine.token.block.bytes)
        let invocation = try world.invocation(world.bob, links: [proof.cid])
        #expect(await refusal(Delegation(invocation.token, blocks: BlockSet([swapped]))) != nil)
    }

    @Test("The resolver is asked for proofs; its errors refuse, without their text")
    func resolving() async throws {
        let proof = try world.delegation(world.alice, world.bob.did, "store/add")
        let invocation = try world.invocation(world.bob, links: [proof.cid])
        #expect(await refusal(invocation, FixedResolver(delegations: [proof.cid: proof])) == nil)
        let other = try world.delegation(world.alice, world.bob.did, "store/*")
        let message = await refusal(invocation, FixedResolver(delegations: [proof.cid: other]))
        #expect(message?.contains("the resolver gave a token of another name") == true)
        let failing = await refusal(invocation, FixedResolver(failing: ["delegations"]))
        #expect(failing?.contains("Proof resolution failed with: the resolver failed") == true)
    }

    @Test("A revoked token anywhere in the chain refuses, and so does not knowing")
    func revoking() async throws {
        let proof = try world.delegation(world.alice, world.bob.did, "store/add")
        let invocation = try world.invocation(world.bob, proofs: [proof])
        for cid in [proof.cid, invocation.cid] {
            #expect(
                await refusal(invocation, FixedResolver(revocations: [cid]))
                    == "\(head)\n  - Proof \(cid) has been revoked"
            )
        }
        #expect(await refusal(invocation, FixedResolver(failing: ["revocations"])) != nil)
        // The other path still holds.
        let second = try world.delegation(world.alice, world.bob.did, "*")
        #expect(await refusal(try world.invocation(world.bob, proofs: [second, proof])) == nil)
    }

    @Test("A token of P-256 is found revoked under both its names")
    func revokedTwin() async throws {
        var generator = SeededGenerator(seed: 8)
        let owner = try SigningKey.p256(using: &generator)
        let proof = try world.delegation(owner, world.bob.did, "store/add", owner.did.text)
        let invocation = try world.invocation(world.bob, "store/add", owner.did.text, proofs: [proof])
        #expect(await refusal(invocation) == nil)
        let twin = try #require(try proof.token.alternativeCID)
        #expect(await refusal(invocation, FixedResolver(revocations: [twin])) != nil)
    }

    @Test("Proofs may lie in the token that names them")
    func inlineProofs() async throws {
        let proof = try world.delegation(world.alice, world.bob.did, "store/add")
        let inline = CID(.dagCBOR, try Multihash(.identity, digest: proof.token.block.bytes))
        #expect(await refusal(try world.invocation(world.bob, links: [inline])) == nil)
        let revoked = FixedResolver(revocations: [proof.cid])
        #expect(await refusal(try world.invocation(world.bob, links: [inline]), revoked) != nil)
    }

    @Test("Chains and proofs beyond the limits are refused, and cost no more than them")
    func limits() async throws {
        var proof = try world.delegation(world.alice, world.alice.did, "store/*", nonce: "0")
        for index in 1...8 {
            proof = try world.delegation(
                world.alice,
                world.bob.did,
                "store/*",
                "ucan:*",
                nonce: Text("\(index)"),
                proofs: [proof]
            )
        }
        let other = "did:web:x"
        var layers: [Delegation] = []
        // Each token names all of the layer below, so that there are 4^8 paths.
        for layer in 0..<8 {
            layers = try (0..<4).map { index in
                try Delegation(
                    by: world.bob,
                    to: world.bob.did,
                    [Capability("store/*", with: other)],
                    expiration: nil,
                    nonce: Text("\(layer) \(index)"),
                    proofs: layers
                )
            }
        }
        let wide = try world.invocation(world.bob, "store/add", other, proofs: layers)
        #expect(await refusal(wide)?.contains("limits") == true)
        let deep = try (0..<6).reduce(try world.delegation(world.alice, world.bob.did, "store/*")) { proof, _ in
            try world.delegation(world.bob, world.bob.did, "store/*", proofs: [proof])
        }
        let invocation = try world.invocation(world.bob, proofs: [deep])
        #expect(await refusal(invocation) == nil)
        #expect(await refusal(invocation, limits: Limits(chainDepthMax: 7))?.contains("limits") == true)
        #expect(await refusal(invocation, limits: Limits(validatedTokensMax: 3))?.contains("limits") == true)
        #expect(await refusal(invocation, limits: Limits(comparisonsMax: 3))?.contains("limits") == true)
    }
}
