import IPLD

/// One validation, with what it has spent of its limits.
struct Search {
    let validator: Validator
    let time: Int64
    private var tokensLeft: Int
    private var comparisonsLeft: Int
    /// Whether the signature of a token is its issuer's, by the tokens and keys that were looked at.
    private var verified: [SignatureCheck: Bool] = [:]

    private struct SignatureCheck: Hashable {
        let token: CID
        let key: PublicKey
    }

    /// A capability of a valid token.
    private struct Source {
        let delegation: Delegation
        let capability: Capability
    }

    /// A capability of a valid token that contains what is claimed, and the rule by which it is proven itself.
    private struct Match {
        let rule: Rule
        let link: ChainLink
    }

    init(_ validator: Validator, at time: Int64) {
        self.validator = validator
        self.time = time
        tokensLeft = validator.limits.validatedTokensMax
        comparisonsLeft = validator.limits.comparisonsMax
    }

    private static let limitExceeded = Failure(
        .limitExceeded,
        "The proofs are more, or lie deeper, than the limits allow to follow"
    )

    /// What came of looking for a chain: the chain, or why there is none.
    private struct Attempt {
        var chain: [ChainLink]?
        /// Why capabilities that match are not proven.
        var failed: [Failure] = []
        /// What else is wrong.
        var others: [Failure] = []
        var unknown: [Capability] = []
    }

    /// The chain by which one of the tokens has a capability of the rule.
    mutating func claim(_ rule: Rule, _ proofs: [Delegation], depth: Int) async throws(Failure) -> [ChainLink] {
        let attempt = try await attempt(rule, proofs, depth: depth)
        if let chain = attempt.chain { return chain }
        throw .unauthorized(rule.ability, attempt.failed + attempt.others, unknown: attempt.unknown)
    }

    /// The chain by which a token has a capability, by the rule that nothing may change along it.
    mutating func prove(_ capability: Capability, of delegation: Delegation) async throws(Failure) -> [ChainLink] {
        try await validate(delegation, among: [delegation], depth: 0)
        let rule = Rule(
            capability.can,
            read: { _ in },
            derive: { (claimed, delegated) throws(Failure) in try Derivation.same(claimed, delegated) }
        )
        let link = ChainLink(delegation: delegation, capability: capability)
        let chain = try await prove(Match(rule: rule, link: link), depth: 0)
        try await checkRevocations(of: chain)
        return chain
    }

    private mutating func attempt(_ rule: Rule, _ proofs: [Delegation], depth: Int) async throws(Failure) -> Attempt {
        var causes: [Failure] = []
        var sources: [Source] = []
        for proof in proofs {
            do throws(Failure) {
                try await validate(proof, among: proofs, depth: depth)
                sources += proof.payload.capabilities.map { Source(delegation: proof, capability: $0) }
            } catch {
                if error.name == .limitExceeded { throw error }
                causes.append(error)
            }
        }
        var matches: [Match] = []
        var unknown: [Capability] = []
        var malformed: [Failure] = []
        for source in sources {
            try spendComparison()
            switch rule.match(source.capability) {
            case .match(let capability):
                matches.append(
                    Match(rule: rule, link: ChainLink(delegation: source.delegation, capability: capability))
                )
            case .unknown: unknown.append(source.capability)
            case .failure(let failure): malformed.append(.notDerived(source.capability, failure.message))
            }
        }
        var failed: [Failure] = []
        for match in matches {
            do throws(Failure) {
                let chain = try await prove(match, depth: depth)
                try await checkRevocations(of: chain)
                return Attempt(chain: chain)
            } catch {
                if error.name == .limitExceeded { throw error }
                if error.name == .revoked { causes.append(error) } else { failed.append(error) }
            }
        }
        return Attempt(failed: failed, others: malformed + causes, unknown: unknown)
    }

    /// The chain from a matching capability to whoever has the resource by itself.
    private mutating func prove(_ match: Match, depth: Int) async throws(Failure) -> [ChainLink] {
        let delegation = match.link.delegation
        let issuer = delegation.payload.issuer
        if match.link.capability.with.text == issuer.text { return [match.link] }
        guard depth + 1 < validator.limits.chainDepthMax else { throw Search.limitExceeded }
        var invalid: [Failure] = []
        let sources = try await sources(of: delegation, depth: depth + 1, &invalid)
        let claimed = match.link.capability
        var matches: [Match] = []
        var derivationFailures: [Failure] = []
        var unknown: [Capability] = []
        for source in sources {
            var isKnown = false
            let attempts: [(Rule, Rule.Origin?)] = [(match.rule, nil)] + match.rule.origins.map { ($0.rule, $0) }
            for (rule, origin) in attempts {
                try spendComparison()
                let outcome =
                    if let origin {
                        match.rule.resolve(claimed, from: source.capability, by: origin)
                    } else {
                        rule.resolve(claimed, from: source.capability)
                    }
                switch outcome {
                case .match(let capability):
                    let link = ChainLink(delegation: source.delegation, capability: capability)
                    matches.append(Match(rule: rule, link: link))
                case .unknown: continue
                case .failure(let failure): derivationFailures.append(.notDerived(claimed, failure.message))
                }
                isKnown = true
            }
            if !isKnown { unknown.append(source.capability) }
        }
        var failed: [Failure] = []
        for next in matches {
            do throws(Failure) {
                return [match.link] + (try await prove(next, depth: depth + 1))
            } catch {
                if error.name == .limitExceeded { throw error }
                failed.append(error)
            }
        }
        throw .invalidClaim(claimed, issuer: issuer, failed + derivationFailures + invalid, unknown: unknown)
    }

    /// The capabilities of a token's proofs that are at hand, for its issuer, and valid.
    private mutating func sources(
        of delegation: Delegation,
        depth: Int,
        _ invalid: inout [Failure]
    ) async throws(Failure) -> [Source] {
        var aligned: [(link: CID, proof: Delegation)] = []
        for link in delegation.payload.proofs {
            do throws(Failure) {
                let proof = try await resolve(link, of: delegation)
                guard proof.payload.audience == delegation.payload.issuer else {
                    throw .misaligned(proof.token, issuer: delegation.payload.issuer)
                }
                aligned.append((link, proof))
            } catch {
                invalid.append(.underivable(from: link, error))
            }
        }
        var sources: [Source] = []
        let siblings = aligned.map(\.proof)
        for (link, proof) in aligned {
            do throws(Failure) {
                try await validate(proof, among: siblings, depth: depth)
                sources += proof.payload.capabilities.map { Source(delegation: proof, capability: $0) }
            } catch {
                if error.name == .limitExceeded { throw error }
                invalid.append(.underivable(from: link, error))
            }
        }
        return sources
    }

    /// The proof of this name, which came with a token or which the resolver knows.
    private func resolve(_ link: CID, of delegation: Delegation) async throws(Failure) -> Delegation {
        do {
            if let proof = try delegation.proof(link, limits: validator.limits) { return proof }
            guard let proof = try await validator.resolver.delegation(link) else { throw Failure.unavailable(link) }
            guard proof.cid == link else {
                throw Failure.unavailable(link, cause: "the resolver gave a token of another name")
            }
            return proof
        } catch let failure as Failure {
            throw failure
        } catch let error as UCANError {
            throw .unavailable(link, cause: error.message)
        } catch {
            // What the resolver says might hold secrets, and this goes into a receipt.
            throw .unavailable(link, cause: "the resolver failed")
        }
    }

    /// Throws unless a token holds now and is its issuer's.
    private mutating func validate(_ proof: Delegation, among proofs: [Delegation], depth: Int) async throws(Failure) {
        guard tokensLeft > 0 else { throw Search.limitExceeded }
        tokensLeft -= 1
        if proof.payload.isExpired(at: time) { throw .expired(proof.token) }
        if proof.payload.isTooEarly(at: time) { throw .tooEarly(proof.token) }
        let issuer = proof.payload.issuer
        if issuer.method == "key" {
            let key: PublicKey?
            do throws(UCANError) { key = try issuer.key } catch { throw Failure(.unresolvedKey, error.message) }
            guard let key, try verifies(proof.token, key) else { throw .badSignature(proof.token, key: issuer) }
        } else if issuer == validator.authority {
            try verify(proof.token, validator.authorityKeys)
        } else if try await !isAttested(proof, among: proofs, depth: depth) {
            try verify(proof.token, await keys(of: issuer))
        }
    }

    private mutating func verify(_ token: Token, _ keys: [PublicKey]) throws(Failure) {
        guard let first = keys.first else { throw .unresolved(token.payload.issuer) }
        for key in keys.prefix(Search.keysMax) where try verifies(token, key) { return }
        throw .badSignature(token, key: first.did)
    }

    /// The most keys of one principal that are tried.
    private static let keysMax = 16

    private func keys(of principal: DID) async -> [PublicKey] {
        do {
            return try await validator.resolver.keys(of: principal)
        } catch {
            // Without keys nothing is allowed, and the failure says that they were not found.
            return []
        }
    }

    private mutating func verifies(_ token: Token, _ key: PublicKey) throws(Failure) -> Bool {
        let check = SignatureCheck(token: token.cid, key: key)
        if let known = verified[check] { return known }
        let isSigned: Bool
        do throws(UCANError) { isSigned = try token.isSigned(by: key) } catch { isSigned = false }
        verified[check] = isSigned
        return isSigned
    }

    private mutating func spendComparison() throws(Failure) {
        guard comparisonsLeft > 0 else { throw Search.limitExceeded }
        comparisonsLeft -= 1
    }
}

extension Search {
    private static let attest = "ucan/attest"

    /// Whether the authority attests, among these proofs, that a token is its issuer's. Throws where an attestation of
    /// this token is there, and is not the authority's.
    private mutating func isAttested(
        _ proof: Delegation,
        among proofs: [Delegation],
        depth: Int
    ) async throws(Failure) -> Bool {
        let candidates = proofs.filter {
            $0.cid != proof.cid && $0.payload.capabilities.first?.can.text == Search.attest
        }
        guard !candidates.isEmpty else { return false }
        guard depth + 1 < validator.limits.chainDepthMax else { throw Search.limitExceeded }
        let rule = try attestationRule(of: proof.cid)
        let attempt = try await attempt(rule, candidates, depth: depth + 1)
        if attempt.chain != nil { return true }
        guard attempt.failed.isEmpty else {
            throw .invalidSession(
                proof.token,
                .unauthorized(rule.ability, attempt.failed + attempt.others, unknown: attempt.unknown)
            )
        }
        return false
    }

    private func attestationRule(of token: CID) throws(Failure) -> Rule {
        let authority = validator.authority.text
        let attestors = validator.attestors.filter {
            guard let first = $0.payload.capabilities.first else { return false }
            return first.can.text == Search.attest && first.with.text == authority
        }
        let names = Set([authority] + attestors.map(\.payload.audience.text))
        do throws(UCANError) {
            return Rule(
                try Ability(Search.attest),
                read: { (capability) throws(Failure) in
                    guard names.contains(capability.with.text) else {
                        throw Failure(.malformedCapability, "Expected \(authority) instead got \(capability.with)")
                    }
                    guard capability.nb?["proof"] == .link(token) else {
                        throw Failure(.malformedCapability, "Expected 'proof' to be \(token)")
                    }
                },
                derive: { (claimed, delegated) throws(Failure) in try Derivation.same(claimed, delegated) }
            )
        } catch {
            throw Failure(.malformedCapability, error.message)
        }
    }

    /// Throws when a token of a chain was revoked, or that can't be told.
    private func checkRevocations(of chain: [ChainLink]) async throws(Failure) {
        var names: Set<CID> = []
        do {
            for link in chain {
                names.insert(link.delegation.cid)
                if let other = try link.delegation.token.alternativeCID { names.insert(other) }
            }
            if let revoked = try await validator.resolver.revoked(among: names) { throw Failure.revoked(revoked) }
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(.revoked, "Whether a proof has been revoked could not be told")
        }
    }
}
