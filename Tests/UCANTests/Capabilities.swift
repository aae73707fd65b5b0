import IPLD
import UCAN

/// Capabilities as services define them.
struct AddToStore: CapabilityDefinition {
    static let ability = "store/add"
    struct Bounds: Codable, Sendable {
        var link: CID
        var size: Int?
    }
    static func check(_ resource: Resource) throws(Failure) {
        guard resource.text.hasPrefix("did:") else {
            throw Failure(.malformedCapability, "Expected did: URI instead got \(resource)")
        }
    }
    static func check(_ claimed: Claim<Self>, isWithin delegated: Claim<Self>) throws(Failure) {
        try Derivation.same(claimed.capability, delegated.capability, except: ["size"])
        guard let most = delegated.bounds.size else { return }
        guard let size = claimed.bounds.size, size <= most else { throw Derivation.exceeds("size") }
    }
}

struct ListUploads: CapabilityDefinition {
    static let ability = "upload/list"
    typealias Bounds = NoBounds
}

/// What who may list uploads may do too.
struct CountUploads: CapabilityDefinition {
    static let ability = "usage/count"
    typealias Bounds = NoBounds
    static var origins: [CapabilityOrigin<Self>] {
        [
            CapabilityOrigin(ListUploads.self) { (claimed, delegated) throws(Failure) in
                try Derivation.sameResource(claimed.capability, delegated.capability)
            }
        ]
    }
}

struct Echo: CapabilityDefinition {
    static let ability = "debug/echo"
    struct Bounds: Codable, Sendable { var message: String? }
}

/// Who takes part in the tests, and how they see the world.
struct World: Sendable {
    let alice: SigningKey
    let bob: SigningKey
    let mallory: SigningKey
    let service: NamedSigner<SigningKey>
    let serviceKey: SigningKey
    static let now: Int64 = 1_700_000_000
    static let later = now + 1_000
    let link = CID(.car, .sha256(of: [1]))

    init() throws {
        alice = try Principals.key(Principals.alice)
        bob = try Principals.key(Principals.bob)
        mallory = try Principals.key(Principals.mallory)
        serviceKey = try SigningKey(ed25519: Multihash.sha256(of: Array("service".utf8)).digest)
        service = try Principals.service()
    }

    func validator(
        _ resolver: some Resolver = EmptyResolver(),
        attestors: [Delegation] = [],
        limits: Limits = Limits(),
        now: Int64 = World.now
    ) -> Validator {
        Validator(
            authority: service.did,
            keys: [serviceKey.publicKey],
            attestors: attestors,
            resolver: resolver,
            limits: limits
        ) { now }
    }

    func delegation(
        _ signer: some Signer,
        _ audience: DID,
        _ can: String,
        _ with: String? = nil,
        nb: NodeMap = [:],
        expiration: Int64? = World.later,
        notBefore: Int64? = nil,
        nonce: Text = "",
        proofs: [Delegation] = [],
        links: [CID] = []
    ) throws -> Delegation {
        try Delegation(
            by: signer,
            to: audience,
            [Capability(can, with: with ?? alice.did.text, nb: nb)],
            expiration: expiration,
            notBefore: notBefore,
            nonce: nonce,
            proofs: proofs,
            proofLinks: links
        )
    }

    func invocation(
        _ signer: some Signer,
        _ can: String = "store/add",
        _ with: String? = nil,
        nb: NodeMap? = nil,
        proofs: [Delegation] = [],
        links: [CID] = []
    ) throws -> Delegation {
        try delegation(
            signer,
            service.did,
            can,
            with,
            nb: nb ?? (can == "store/add" ? ["link": .link(link)] : [:]),
            proofs: proofs,
            links: links
        )
    }
}

/// A resolver of what a test says.
struct FixedResolver: Resolver {
    var known: [DID: [PublicKey]] = [:]
    var delegations: [CID: Delegation] = [:]
    var revocations: Set<CID> = []
    var failing: Set<String> = []

    struct Boom: Error {}

    func keys(of principal: DID) async throws -> [PublicKey] {
        if failing.contains("keys") { throw Boom() }
        return known[principal] ?? []
    }

    func delegation(_ link: CID) async throws -> Delegation? {
        if failing.contains("delegations") { throw Boom() }
        return delegations[link]
    }

    func revoked(among tokens: Set<CID>) async throws -> CID? {
        if failing.contains("revocations") { throw Boom() }
        return revocations.intersection(tokens).first
    }
}
