import IPLD
import UCAN

// snippet.define
struct AddToStore: CapabilityDefinition {
    static let ability = "store/add"
    struct Bounds: Codable, Sendable {
        var link: CID
        var size: Int
    }
    static func check(_ claimed: Claim<Self>, isWithin delegated: Claim<Self>) throws(Failure) {
        try Derivation.same(claimed.capability, delegated.capability, except: ["size"])
        guard claimed.bounds.size <= delegated.bounds.size else { throw Derivation.exceeds("size") }
    }
}
// snippet.end

// snippet.delegate
var generator = SystemRandomNumberGenerator()
let (space, agent) = (try SigningKey.ed25519(using: &generator), try SigningKey.ed25519(using: &generator))
let now: Int64 = 1_700_000_000
let delegation = try Delegation(
    by: space,
    to: agent.did,
    [Capability("store/add", with: space.did.text, nb: ["size": 1_000_000])],
    expiration: now + 86_400
)
let archive = try delegation.archive()
// snippet.end

// snippet.invoke
let service = try SigningKey.ed25519(using: &generator).named(DID.web("up.example.com"))
let file = CAR.cid(of: Array("an archive".utf8))
let invocation = try Delegation(
    by: agent,
    to: service.did,
    [Capability("store/add", with: space.did.text, nb: ["link": .link(file), "size": 1_000])],
    expiration: now + 60,
    proofs: [Delegation(archive: archive)]
)
let request = try Message(invocations: [invocation]).encoded()
// snippet.end

// snippet.respond
let validator = Validator(authority: service.did, keys: [service.publicKey], resolver: EmptyResolver()) { now }
var responder = Service(service, validator: validator)
try responder.handle(AddToStore.self) { authorization, _ in
    .init(.ok(["stored": .link(authorization.claim.bounds.link)]))
}
let response = try await responder.respond(to: Message(decoding: request)).encoded()
// snippet.end

// snippet.receipt
let receipt = try Message(decoding: response).receipt(of: invocation.cid)
if let receipt, receipt.issuer == service.did, try receipt.isSigned(by: service.publicKey) {
    print(receipt.out == .ok(["stored": .link(file)]) ? "It is stored." : "It is not stored.")
}
// snippet.end
