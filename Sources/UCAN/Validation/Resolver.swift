public import IPLD

/// What a validator asks for when a token and what came with it do not tell. Errors count as no answer, and an error of
/// ``revoked(among:)`` as a refusal.
public protocol Resolver: Sendable {
    /// The keys of a principal that is not a key itself, such as a `did:web`; none if it is not known.
    func keys(of principal: DID) async throws -> [PublicKey]

    /// The delegation of this name, which did not come along; nil if it is not known.
    func delegation(_ link: CID) async throws -> Delegation?

    /// One of these tokens that was revoked, by somebody who may; nil if there is none. All names of every token of a
    /// chain are asked for, those of attestations too.
    func revoked(among tokens: Set<CID>) async throws -> CID?
}

/// Knows no keys and no delegations, and that nothing was ever revoked.
public struct EmptyResolver: Resolver {
    /// The one there is.
    public init() {}

    public func keys(of principal: DID) -> [PublicKey] { [] }
    public func delegation(_ link: CID) -> Delegation? { nil }
    public func revoked(among tokens: Set<CID>) -> CID? { nil }
}
