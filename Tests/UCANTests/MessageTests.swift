import IPLD
import TestSupport
import Testing
import UCAN

@Suite("Messages and receipts")
struct MessageTests {

    private func invocation() throws -> Delegation {
        let alice = try Principals.key(Principals.alice)
        // The bytes of the example's identifier.
        let hash = try Multihash(
            decoding: bytes(hex: "1220f5c57f9d08133f21775b05c292e9d3a53ad7ce7e0c4799f01da2ccdf40451d88")
        )
        return try Delegation(
            by: Principals.key(Principals.bob),
            to: Principals.service().did,
            [Capability("store/add", with: alice.did.text, nb: ["link": .link(CID(.car, hash)), "size": 1234])],
            expiration: Worked.expiration,
            nonce: "n1",
            proofs: [Worked.delegation()]
        )
    }

    private func receipt(of invocation: Delegation) throws -> Receipt {
        let nb = try #require(invocation.payload.capabilities[0].nb)
        return try Receipt(
            of: invocation.cid,
            .ok([
                "status": "done", "allocated": 0, "link": try #require(nb["link"]),
                "with": .string(Text(invocation.payload.capabilities[0].with.text)),
            ]),
            by: Principals.service()
        )
    }

    @Test("A request has the bytes of the reference implementation")
    func request() throws {
        let invocation = try invocation()
        #expect(invocation.cid.description == "bafyreicwlujuih7jf7nv7lo42p2ckctskj3lsfk2ip2j7a5e7dh73hnpji")
        let message = try Message(invocations: [invocation])
        #expect(message.root.cid.description == "bafyreibcglrjmrods3z5pmswhki6wrqw7z2ta2knqtdqeufcit7m72jjku")
        let encoded = message.encoded()
        #expect(encoded.count == 953)
        #expect(
            Multihash.sha256(of: encoded).digest
                == (try bytes(hex: "d96c64c1c680a3c9aa2093540065bd72ad3f84a5b6b82e0e3a5e0f4c9456d4f4"))
        )
        let read = try Message(decoding: encoded)
        #expect(read.execute == [invocation.cid])
        let found = try read.invocation(invocation.cid)
        #expect(found.token == invocation.token)
        #expect(try found.proof(Worked.delegation().cid)?.token == Worked.delegation().token)
    }

    @Test("An answer has the bytes of the reference implementation")
    func answer() throws {
        let invocation = try invocation()
        let receipt = try receipt(of: invocation)
        #expect(receipt.cid.description == "bafyreick22oj55d7yzdjqhjrjxr5uc6bjdxe3evlj4wp4xkdg7rutnczdq")
        let message = try Message(receipts: [receipt], context: [invocation])
        #expect(message.root.cid.description == "bafyreiee4rotudqvclkm2v4ohf7y4a7xnsa2d3ultpdx7nkxhxoadjrec4")
        let encoded = message.encoded()
        #expect(encoded.count == 1_367)
        #expect(
            Multihash.sha256(of: encoded).digest
                == (try bytes(hex: "fbb1a043cf3eb9b8f535793088556dd238174f8a658de8f8dc6bdc39e95370af"))
        )
        let read = try Message(decoding: encoded)
        #expect(try read.receipt(of: invocation.cid) == receipt)
        #expect(try read.receipt(of: receipt.cid) == nil)
        #expect(try read.invocation(invocation.cid).token == invocation.token)
        let key = try SigningKey(ed25519: Multihash.sha256(of: Array("service".utf8)).digest).publicKey
        #expect(try receipt.isSigned(by: key))
        #expect(!(try receipt.isSigned(by: Principals.key(Principals.bob).publicKey)))
    }

    @Test("An empty message has the bytes of the reference implementation")
    func empty() throws {
        let message = try Message()
        #expect(message.root.bytes == (try bytes(hex: "a1747563616e746f2f6d65737361676540372e302e30a0")))
        #expect(message.root.cid.description == "bafyreigjg7lgav6kp4npc4spinh4mtz7ys4hibhodzuuwqwe3wf33t73wa")
        let read = try Message(decoding: message.encoded())
        #expect(read.execute.isEmpty && read.report.isEmpty)
    }

    @Test("A receipt has effects, and its signature is of all it says")
    func effects() throws {
        let invocation = try invocation()
        let next = CID(.dagCBOR, .sha256(of: [1]))
        let receipt = try Receipt(
            of: invocation.cid,
            .failure(Failure("NoRoom", "There is no room.", fields: ["bytes": 5])),
            effects: Effects(fork: [next, invocation.cid], join: next),
            meta: ["note": "x"],
            proofs: [next],
            by: Principals.key(Principals.bob)
        )
        let read = try Receipt(receipt.block)
        #expect(read == receipt)
        #expect(read.effects.join == next && read.effects.fork.count == 2)
        #expect(read.out == .error(["name": "NoRoom", "message": "There is no room.", "bytes": 5]))
        let key = try Principals.key(Principals.bob).publicKey
        for index in receipt.block.bytes.indices {
            var bytes = receipt.block.bytes
            bytes[index] ^= 1
            // A receipt that is not read is refused, as it should be.
            guard let other = try? Receipt(Block(.dagCBOR, bytes)) else { continue }
            #expect(!(try other.isSigned(by: key)))
        }
        #expect(error { _ = try Receipt(Block(receipt.cid, unverified: [0xA0])) } == .malformed)
        #expect(error { _ = try Receipt(receipt.block, limits: Limits(tokenBytesMax: 10)) } == .limitExceeded)
    }

    @Test("What is no message is refused")
    func malformed() throws {
        func archive(_ root: Node, _ blocks: [Block] = []) throws -> [UInt8] {
            let root = try Block(root)
            return CAR(roots: [root.cid], blocks: blocks + [root]).encoded()
        }
        let link = Node.link(CID(.dagCBOR, .sha256(of: [1])))
        let contents: [Node] = [
            1, ["execute": 1], ["execute": [1]], ["report": 1], ["report": ["x": link]],
            ["report": [Text(CID(.raw, .sha256(of: [1])).description): 1]],
        ]
        for content in contents {
            let bytes = try archive(["ucanto/message@7.0.0": content])
            #expect(error { _ = try Message(decoding: bytes) } != nil)
        }
        #expect(error { _ = try Message(decoding: archive(["ucanto/message@6.0.0": [:]])) } == .malformed)
        let many = Node.list(Array(repeating: link, count: 300))
        #expect(
            error { _ = try Message(decoding: archive(["ucanto/message@7.0.0": ["execute": many]])) } == .limitExceeded
        )
        let missing = try Message(decoding: archive(["ucanto/message@7.0.0": ["execute": [link]]]))
        #expect(error { _ = try missing.invocation(missing.execute[0]) } == .missingBlock)
        // A receipt of something else.
        let receipt = try receipt(of: invocation())
        let ran = CID(.raw, .sha256(of: [1]))
        let wrong = try Message(
            decoding: archive(
                ["ucanto/message@7.0.0": ["report": [Text(ran.description): .link(receipt.cid)]]],
                [receipt.block]
            )
        )
        #expect(error { _ = try wrong.receipt(of: ran) } == .malformed)
    }
}

@Suite("Services")
struct ServiceTests {
    private struct Secret: Error {}

    private func service(_ world: World) throws -> Service<NamedSigner<SigningKey>> {
        var service = Service(world.service, validator: world.validator())
        try service.handle(AddToStore.self) { authorization, invocation in
            .init(
                .ok(["link": .link(authorization.claim.bounds.link)]),
                effects: Effects(fork: [invocation.cid])
            )
        }
        try service.handle(Echo.self) { _, _ in throw Secret() }
        try service.handle(CountUploads.self) { _, _ in .init(.ok(.float(.nan))) }
        try service.handle(ListUploads.self) { _, _ in throw Failure("NoSpace", "There is no such space.") }
        return service
    }

    private func answers(_ invocations: [Delegation]) async throws -> [(Outcome, Effects)] {
        let world = try World()
        let request = try Message(decoding: Message(invocations: invocations).encoded())
        let answer = try await service(world).respond(to: request)
        let read = try Message(decoding: answer.encoded())
        #expect(read.report.count == Set(invocations.map(\.cid)).count)
        return try invocations.map { invocation in
            let receipt = try #require(try read.receipt(of: invocation.cid))
            #expect(try receipt.isSigned(by: world.serviceKey.publicKey))
            #expect(receipt.issuer == world.service.did)
            #expect(read.blocks.contains(invocation.cid))
            return (receipt.out, receipt.effects)
        }
    }

    private func failure(_ outcome: Outcome) -> (name: Node?, message: Node?) {
        guard case .error(let node) = outcome else { return (nil, nil) }
        return (node["name"], node["message"])
    }

    @Test("Every invocation has its receipt, with the names of the reference implementation")
    func respond() async throws {
        let world = try World()
        let alice = world.alice
        let ok = try world.invocation(alice)
        let two = try Delegation(
            by: alice,
            to: world.service.did,
            [Capability("store/add", with: alice.did.text), Capability("store/list", with: alice.did.text)],
            expiration: nil
        )
        let misaddressed = try world.delegation(alice, world.bob.did, "store/add", nb: ["link": .link(world.link)])
        let answers = try await answers([
            ok, two, try world.invocation(alice, "store/remove"), misaddressed, try world.invocation(world.bob),
            try world.invocation(alice, "debug/echo"), try world.invocation(alice, "upload/list"), ok,
            try world.invocation(alice, "usage/count"),
        ])
        #expect(answers[0].0 == .ok(["link": .link(world.link)]))
        #expect(answers[0].1.fork == [ok.cid])
        let failures = answers.map { failure($0.0) }
        #expect(failures[1].name == "InvocationCapabilityError")
        #expect(failures[1].message == "Invocation is required to have a single capability.")
        #expect(failures[2].name == "HandlerNotFound")
        #expect(failures[2].message == "service does not implement {can: \"store/remove\"} handler")
        #expect(failures[3].name == "InvalidAudience")
        #expect(
            failures[3].message
                == .string(Text("Expected literal \"\(world.service.did)\" instead got \"\(world.bob.did)\""))
        )
        #expect(failures[4].name == "Unauthorized")
        #expect(failures[5].name == "HandlerExecutionError")
        #expect(failures[5].message == "service handler {can: \"debug/echo\"} error: the handler failed")
        #expect(failures[6].name == "NoSpace")
        #expect(failures[8].name == "HandlerExecutionError")
    }

    @Test("A message that names what is not there is refused")
    func missing() async throws {
        let world = try World()
        let invocation = try world.invocation(world.alice)
        let message = try Message(invocations: [invocation])
        let root = CAR(roots: [message.root.cid], blocks: [message.root]).encoded()
        let code: UCANError.Code?
        do {
            _ = try await service(world).respond(to: Message(decoding: root))
            code = nil
        } catch {
            code = (error as? UCANError)?.code
        }
        #expect(code == .missingBlock)
    }
}
