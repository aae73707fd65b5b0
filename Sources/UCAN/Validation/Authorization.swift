/// How a capability is proven: the tokens from the invocation to the one whose issuer has the resource by itself.
public struct Authorization<Definition: CapabilityDefinition>: Sendable {
    /// What is authorized.
    public let claim: Claim<Definition>
    /// The tokens, the invocation first, each with the capability in it that counts.
    public let chain: [ChainLink]
}

/// One token of a chain that proves a capability.
public struct ChainLink: Sendable {
    /// The token, and what came with it.
    public let delegation: Delegation
    /// The capability in it that counts; bounds that it leaves open are the claimed ones.
    public let capability: Capability
}
