import IPLD

/// A capability's definition without its type, as validation uses it.
final class Rule: Sendable {
    let ability: Ability
    let read: @Sendable (Capability) throws(Failure) -> Void
    let derive: @Sendable (_ claimed: Capability, _ delegated: Capability) throws(Failure) -> Void
    let origins: [Origin]

    struct Origin: Sendable {
        let rule: Rule
        let check: @Sendable (_ claimed: Capability, _ delegated: Capability) throws(Failure) -> Void
    }

    init(
        _ ability: Ability,
        read: @escaping @Sendable (Capability) throws(Failure) -> Void,
        derive: @escaping @Sendable (Capability, Capability) throws(Failure) -> Void,
        origins: [Origin] = []
    ) {
        self.ability = ability
        self.read = read
        self.derive = derive
        self.origins = origins
    }

    convenience init<Definition: CapabilityDefinition>(_ type: Definition.Type) throws(UCANError) {
        var origins: [Origin] = []
        for origin in Definition.origins { origins.append(Origin(rule: try origin.rule(), check: origin.check)) }
        self.init(
            try Ability(Definition.ability),
            read: { (capability) throws(Failure) in _ = try Claim<Definition>(capability) },
            derive: { (claimed, delegated) throws(Failure) in
                try Definition.check(Claim<Definition>(claimed), isWithin: Claim<Definition>(delegated))
            },
            origins: origins
        )
    }

    /// What comes of looking at a capability by this rule.
    enum Outcome {
        case match(Capability)
        case unknown
        case failure(Failure)
    }

    /// Whether a capability is one of this rule's, and well formed.
    func match(_ capability: Capability) -> Outcome {
        guard capability.can == ability else { return .unknown }
        return read(capability, of: capability)
    }

    /// Whether a delegated capability contains a claimed one of this rule's. What the delegated one leaves open is taken
    /// from what is claimed.
    func resolve(_ claimed: Capability, from delegated: Capability) -> Outcome {
        guard delegated.can.includes(claimed.can) else { return .unknown }
        var bounds = claimed.nb ?? [:]
        for bound in delegated.nb ?? [:] { bounds[bound.key] = bound.value }
        let with = delegated.with == .everything ? claimed.with : delegated.with
        let outcome = read(Capability(claimed.can, with: with, nb: bounds), of: delegated)
        guard case .match(let resolved) = outcome else { return outcome }
        return check(claimed, resolved, derive)
    }

    /// Whether a delegated capability of an origin contains a claimed one of this rule's.
    func resolve(_ claimed: Capability, from delegated: Capability, by origin: Origin) -> Outcome {
        let outcome = origin.rule.match(delegated)
        guard case .match(let matched) = outcome else { return outcome }
        return check(claimed, matched, origin.check)
    }

    private func read(_ capability: Capability, of source: Capability) -> Outcome {
        do throws(Failure) {
            try read(capability)
            return .match(capability)
        } catch {
            return .failure(.malformed(source, error.message))
        }
    }

    private func check(
        _ claimed: Capability,
        _ delegated: Capability,
        _ check: (Capability, Capability) throws(Failure) -> Void
    ) -> Outcome {
        do throws(Failure) {
            try check(claimed, delegated)
            return .match(delegated)
        } catch {
            return .failure(Failure(.escalatedCapability, "Constraint violation: \(error.message)"))
        }
    }
}
