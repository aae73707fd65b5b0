/// Tells whether an invocation is allowed: whether valid tokens lead from its issuer to whoever has the resource.
///
/// A principal has the resource that is named like itself. Whoever else claims it needs a delegation: one whose audience
/// is the claim's issuer, whose ability is the same, its path with `*`, or `*`, whose resource is the same or `ucan:*`,
/// and whose bounds are not exceeded; and its issuer needs one in turn. Every token has to hold at the moment, and to be
/// signed by its issuer; nothing is looked up but by the resolver.
///
/// The issuer of a token is known by its key (`did:key`), as the authority, by an attestation, or by keys that the
/// resolver gives. An attestation is a token with the ability `ucan/attest` about the authority, whose bounds name the
/// attested token as `proof`, to the same audience, which lies among the same proofs.
public struct Validator: Sendable {
    /// Whom services and attestations speak for.
    public var authority: DID
    /// The authority's keys.
    public var authorityKeys: [PublicKey]
    /// Delegations of `ucan/attest` by the authority: whose audiences' attestations count as the authority's.
    public var attestors: [Delegation]
    /// What is asked for keys, delegations and revocations.
    public var resolver: any Resolver
    /// The seconds since 1970, asked for once a validation.
    public var clock: @Sendable () -> Int64
    /// How far is looked.
    public var limits: Limits

    /// A validator for what an authority decides.
    public init(
        authority: DID,
        keys: [PublicKey],
        attestors: [Delegation] = [],
        resolver: any Resolver,
        limits: Limits = Limits(),
        clock: @escaping @Sendable () -> Int64
    ) {
        self.authority = authority
        authorityKeys = keys
        self.attestors = attestors
        self.resolver = resolver
        self.limits = limits
        self.clock = clock
    }

    /// How an invocation, or another token, has a capability of this definition.
    ///
    /// Throws a failure of the name ``Failure/Name/unauthorized`` that tells what was tried, unless the definition's own
    /// ability is none. The audience of the invocation is for the caller to look at, as ``Service`` does.
    public func authorize<Definition: CapabilityDefinition>(
        _ invocation: Delegation,
        as definition: Definition.Type = Definition.self
    ) async throws(Failure) -> Authorization<Definition> {
        let rule: Rule
        do throws(UCANError) {
            rule = try Rule(definition)
        } catch {
            throw Failure(.malformedCapability, error.message)
        }
        var search = Search(self, at: clock())
        let chain = try await search.claim(rule, [invocation], depth: 0)
        guard let first = chain.first else { throw .unauthorized(rule.ability, [], unknown: []) }
        return Authorization(claim: try Claim(first.capability), chain: chain)
    }

    /// How a token has one of its capabilities, whatever that is: by the same resource and the same bounds all along.
    ///
    /// Throws what ``authorize(_:as:)`` does. A token that gives `ucan:*` gives what its issuer has; ask for that.
    public func prove(_ capability: Capability, of delegation: Delegation) async throws(Failure) -> [ChainLink] {
        var search = Search(self, at: clock())
        return try await search.prove(capability, of: delegation)
    }
}
