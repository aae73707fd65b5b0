import IPLD

extension Failure {
    static func expired(_ token: Token) -> Failure {
        let time = token.payload.expiration ?? 0
        return Failure(
            .expired,
            "Proof \(token.cid) has expired on \(DateText.text(time))",
            fields: ["expiredAt": .integer(NodeInteger(time))]
        )
    }

    static func tooEarly(_ token: Token) -> Failure {
        let time = token.payload.notBefore ?? 0
        return Failure(
            .notValidBefore,
            "Proof \(token.cid) is not valid before \(DateText.text(time))",
            fields: ["validAt": .integer(NodeInteger(time))]
        )
    }

    static func badSignature(_ token: Token, key: DID) -> Failure {
        let issuer = token.payload.issuer
        let issued = issuer.method == "key" ? "" : " issued by \(issuer)"
        return Failure(.invalidSignature, "Proof \(token.cid)\(issued) does not has a valid signature from \(key)")
    }

    static func unresolved(_ did: DID) -> Failure { Failure(.unresolvedKey, "Unable to resolve '\(did)' key") }

    static func unavailable(_ link: CID, cause: String? = nil) -> Failure {
        let reasons = cause.map { ["Proof resolution failed with: \($0)"] } ?? []
        return Failure(
            .unavailableProof,
            text("Linked proof '\(link)' is not included and could not be resolved", reasons)
        )
    }

    static func misaligned(_ token: Token, issuer: DID) -> Failure {
        let audience = token.payload.audience
        return Failure(
            .invalidAudience,
            "Delegation audience is '\(audience)' instead of '\(issuer)'",
            fields: [
                "audience": .string(Text(issuer.text)), "delegation": ["audience": .string(Text(audience.text))],
            ]
        )
    }

    static func revoked(_ cid: CID) -> Failure { Failure(.revoked, "Proof \(cid) has been revoked") }

    static func underivable(from link: CID, _ cause: Failure) -> Failure {
        Failure(.proofError, text("Capability can not be derived from prf:\(link) because:", [cause.message]))
    }

    static func malformed(_ capability: Capability, _ cause: String) -> Failure {
        Failure(
            .malformedCapability,
            text("Encountered malformed '\(capability.can)' capability: \(capability)", [cause])
        )
    }

    static func invalidSession(_ token: Token, _ cause: Failure) -> Failure {
        Failure(
            .sessionEscalation,
            text("Delegation \(token.cid) issued by \(token.payload.issuer) has an invalid session", [cause.message])
        )
    }

    static func notDerived(_ capability: Capability, _ cause: String) -> Failure {
        Failure(.invalidClaim, text("Can not derive \(capability) from delegated capabilities:", [cause]))
    }

    static func invalidClaim(
        _ capability: Capability,
        issuer: DID,
        _ causes: [Failure],
        unknown: [Capability]
    ) -> Failure {
        Failure(
            .invalidClaim,
            text(
                "Capability \(capability) is not authorized because:",
                ["Capability can not be (self) issued by '\(issuer)'"]
                    + (causes.isEmpty ? ["Delegated capability not found"] : causes.map(\.message))
                    + unknownText(unknown)
            )
        )
    }

    static func unauthorized(_ ability: Ability, _ causes: [Failure], unknown: [Capability]) -> Failure {
        Failure(
            .unauthorized,
            text(
                "Claim {\"can\":\"\(jsonEscaped(ability.text))\"} is not authorized",
                (causes.isEmpty ? ["No matching delegated capability found"] : causes.map(\.message))
                    + unknownText(unknown)
            )
        )
    }

    private static func unknownText(_ unknown: [Capability]) -> [String] {
        unknown.isEmpty ? [] : [text("Encountered unknown capabilities", unknown.map(\.description))]
    }

    /// A head with a list below it, whose items may have lines of their own.
    private static func text(_ head: String, _ items: [String]) -> String {
        items.reduce(head) { text, item in
            let lines = "- \(item)".split(separator: "\n", omittingEmptySubsequences: false)
            return text + lines.map { "\n  \($0)" }.joined()
        }
    }
}

extension Failure {
    static let invocationCapability = Failure(
        .invocationCapability,
        "Invocation is required to have a single capability.",
        fields: ["error": true]
    )

    static func handlerNotFound(_ capability: Capability) -> Failure {
        Failure(
            .handlerNotFound,
            "service does not implement {can: \"\(capability.can)\"} handler",
            fields: fields(capability)
        )
    }

    static func handlerExecution(_ capability: Capability, cause: Failure) -> Failure {
        var fields = fields(capability)
        fields["cause"] = cause.node
        return Failure(
            .handlerExecution,
            "service handler {can: \"\(capability.can)\"} error: \(cause.message)",
            fields: fields
        )
    }

    private static func fields(_ capability: Capability) -> NodeMap {
        [
            "error": true,
            "capability": ["can": .string(Text(capability.can.text)), "with": .string(Text(capability.with.text))],
        ]
    }
}
