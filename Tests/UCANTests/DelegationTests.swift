import IPLD
import TestSupport
import Testing
import UCAN

@Suite("Delegations")
struct DelegationTests {
    @Test("An archive has the bytes of the reference implementation")
    func archive() throws {
        let delegation = try Worked.delegation()
        #expect(delegation.cid.description == "bafyreif3l2tgshpjx7f7l5aq5kksyitfq3wrr3e6axve65bguncijjffdy")
        #expect(delegation.token.block.bytes.count == 358)
        let archive = try delegation.archive()
        #expect(archive.count == 545)
        #expect(
            Multihash.sha256(of: archive).digest
                == (try bytes(hex: "c2473e69342a6cc5cdf5b1834ec44c5622d3ef76a47c0fdf8a3285803ec02a5a"))
        )
        #expect(
            try CAR(decoding: archive).roots.map(\.description)
                == ["bafyreiff774lyx3nncyejbuxicetr2663nrhtz65ow7ykx7tl6vyhcrp54"]
        )
        let read = try Delegation(archive: archive)
        #expect(read.token == delegation.token)
        #expect(try read.archive() == archive)
    }

    @Test("Two delegations one behind the other lie in the order of the reference implementation")
    func twoHops() throws {
        let alice = try Principals.key(Principals.alice)
        let bob = try Principals.key(Principals.bob)
        let store = try Capability("store/*", with: alice.did.text)
        let first = try Delegation(by: alice, to: bob.did, [store], expiration: 2_000_000_000)
        let second = try Delegation(
            by: bob,
            to: Principals.key(Principals.mallory).did,
            [store],
            expiration: 2_000_000_000,
            proofs: [first]
        )
        let archive = try second.archive()
        #expect(archive.count == 778)
        let car = try CAR(decoding: archive)
        #expect(
            car.roots.map(\.description) == ["bafyreicgaixomxoljfosdfrjdwohtgq7jn5n2rbnlp25krkmancndxquce"]
        )
        #expect(
            car.blocks.prefix(2).map(\.cid.description) == [
                "bafyreiady55q7jzinjjyjkk7yz77id5oc4pzn5d7eh7snlpkz3o7twuufm",
                "bafyreig2lhynw2h76reefanlv6d6uevt55xqewof32y4c3t6kezrliox2m",
            ]
        )
        #expect(car.blocks.map(\.bytes.count) == [256, 297, 53])
        let read = try Delegation(archive: archive)
        #expect(try read.proof(first.cid)?.token == first.token)
        #expect(try read.proof(CID(.dagCBOR, .sha256(of: [1]))) == nil)
    }

    @Test("A claim of a location has the name and the size that another encoder gives it")
    func locationClaim() throws {
        let alice = try Principals.key(Principals.alice)
        let digest = Multihash.sha256(
            of: try bytes(
                hex: """
                    3aa265726f6f747381d82a582500015512209f62f612d131f350e5ec7ffb5fdb3b5ff932a60155707d4097a247ef1567dc99677665\
                    7273696f6e0138015512209f62f612d131f350e5ec7ffb5fdb3b5ff932a60155707d4097a247ef1567dc9968656c6c6f2064617461\
                    776865726568 6f757365
                    """.filter { $0 != " " }
            )
        )
        let shard = CID(.car, digest)
        let scheme = "https"
        let claim = try Delegation(
            by: alice,
            to: alice.did,
            [
                Capability(
                    "assert/location",
                    with: alice.did.text,
                    nb: [
                        "content": ["digest": .bytes(digest.bytes)],
                        "location": [
                            .string(Text("\(scheme)://carpark.example.web3.storage/\(shard)/\(shard).car")),
                            .string(
                                Text(
                                    "\(scheme)://0123456789abcdef0123456789abcdef.r2.cloudflarestorage.com/carpark-prod-0/"
                                        + "\(shard)/\(shard).car"
                                )
                            ),
                        ],
                        "range": ["offset": 0, "length": 116],
                    ]
                )
            ],
            expiration: 1_900_003_600
        )
        #expect(shard.description == "bagbaiera5tou2wrnlpxq64hzg4om6mf5mhh3rv2gdrfv5fe7dptdgmereopq")
        #expect(claim.cid.description == "bafyreihqzngpykw4nqh42kshytlmiznmctjdpzxioswmkztllul6g7xbde")
        let archive = try claim.archive()
        #expect(archive.count == 917)
        #expect(
            CAR.cid(of: archive).description == "bagbaiera5asixv7ojrm4gtu7hpwznmsqh3s73y2e3asqdspvfp2sqbkctgfa"
        )
    }

    @Test("Blocks that a token speaks of travel along, others do not")
    func attachments() throws {
        let alice = try Principals.key(Principals.alice)
        let spoken = try Block(["x": 1])
        let fact = try Block(["y": 1])
        let other = try Block(["z": 1])
        let delegation = try Delegation(
            by: alice,
            to: alice.did,
            [Capability("store/add", with: alice.did.text, nb: ["link": [.link(spoken.cid)]])],
            expiration: nil,
            facts: [["f": .link(fact.cid)]],
            attachments: [other, fact, spoken]
        )
        let read = try Delegation(archive: delegation.archive())
        #expect(read.blocks.map(\.cid) == [spoken.cid, fact.cid, delegation.cid])
    }

    @Test("What is no archive of a delegation is refused")
    func malformed() throws {
        let delegation = try Worked.delegation()
        let token = delegation.token.block
        func archive(_ root: Node, _ blocks: [Block]) throws -> [UInt8] {
            let root = try Block(root)
            return CAR(roots: [root.cid], blocks: blocks + [root]).encoded()
        }
        let link = Node.link(token.cid)
        let cases: [(UCANError.Code, [UInt8])] = [
            (.malformed, []),
            (.malformed, CAR(roots: [], blocks: [token]).encoded()),
            (.malformed, CAR(roots: [token.cid, token.cid], blocks: [token]).encoded()),
            (.malformed, CAR(roots: [token.cid], blocks: [token]).encoded()),
            (.missingBlock, CAR(roots: [token.cid], blocks: []).encoded()),
            (.missingBlock, try archive(["ucan@0.9.1": link], [])),
            (.malformed, try archive(["ucan@0.9.1": 1], [token])),
            (.malformed, try archive(["ucan@0.9.2": link], [token])),
            (.malformed, try archive(["ucan@0.9.1": link, "x": 1], [token])),
            (.malformed, try archive(["ucan@0.9.1": link], [Block(token.cid, unverified: token.bytes + [0])])),
        ]
        for (index, (code, bytes)) in cases.enumerated() {
            #expect(error { _ = try Delegation(archive: bytes) } == code, "case \(index)")
        }
        #expect(
            error { _ = try Delegation(archive: delegation.archive(), limits: Limits(archiveBytesMax: 100)) }
                == .limitExceeded
        )
        #expect(
            error { _ = try Delegation(archive: delegation.archive(), limits: Limits(blocksMax: 1)) } == .limitExceeded
        )
    }
}
