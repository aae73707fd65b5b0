public import IPLD

/// What a token says: who lets whom do what, and how long.
public struct Payload: Hashable, Sendable {
    /// The version of the format.
    public var version: String
    /// Who delegates or invokes.
    public var issuer: DID
    /// Who is delegated to, or asked to act.
    public var audience: DID
    /// What is delegated, or the one thing to do.
    public var capabilities: [Capability]
    /// The first second since 1970 at which it does not hold any more; nil if it holds for ever.
    public var expiration: Int64?
    /// The last second since 1970 at which it does not hold yet; nil, or 0, if it holds from the beginning.
    public var notBefore: Int64?
    /// Text that tells this token from others that say the same; empty if there is none.
    public var nonce: Text
    /// Statements that are signed along.
    public var facts: [NodeMap]
    /// The tokens by which the issuer has what it delegates or invokes.
    public var proofs: [CID]

    /// The version that is written.
    public static let currentVersion = "0.9.1"

    /// A payload of the version that is written.
    public init(
        issuer: DID,
        audience: DID,
        capabilities: [Capability],
        expiration: Int64?,
        notBefore: Int64? = nil,
        nonce: Text = "",
        facts: [NodeMap] = [],
        proofs: [CID] = []
    ) {
        version = Payload.currentVersion
        self.issuer = issuer
        self.audience = audience
        self.capabilities = capabilities
        self.expiration = expiration
        self.notBefore = notBefore == 0 ? nil : notBefore
        self.nonce = nonce
        self.facts = facts
        self.proofs = proofs
    }

    /// Whether it holds at a second since 1970.
    public func holds(at time: Int64) -> Bool { !isExpired(at: time) && !isTooEarly(at: time) }

    /// Whether it does not hold any more at a second since 1970.
    public func isExpired(at time: Int64) -> Bool { expiration.map { $0 <= time } ?? false }

    /// Whether it does not hold yet at a second since 1970.
    public func isTooEarly(at time: Int64) -> Bool { notBefore.map { $0 > 0 && time <= $0 } ?? false }
}

extension Payload {
    /// Reads what both forms share: all but the version, the principals and the proofs.
    init(
        _ map: NodeMap,
        version: String,
        issuer: DID,
        audience: DID,
        proofs: [CID],
        limits: Limits
    ) throws(UCANError) {
        try Payload.check(version: version)
        guard proofs.count <= limits.proofsMax else {
            throw UCANError(.limitExceeded, "A token names more proofs than are read.")
        }
        self.init(
            issuer: issuer,
            audience: audience,
            capabilities: [],
            expiration: try Payload.expiration(map["exp"]),
            proofs: proofs
        )
        self.version = version
        let attenuations = try Payload.list(map["att"], "att")
        guard attenuations.count <= limits.capabilitiesMax else {
            throw UCANError(.limitExceeded, "A token has more capabilities than are read.")
        }
        for node in attenuations { capabilities.append(try Capability(node)) }
        if let node = map["nbf"] { notBefore = try Payload.seconds(node, "nbf") }
        if let node = map["nnc"] { nonce = try Payload.text(node, "nnc") }
        if let node = map["fct"] {
            for fact in try Payload.list(node, "fct") {
                guard case .map(let fact) = fact else {
                    throw UCANError(.malformed, "A fact of a token, in 'fct', is not a map.")
                }
                facts.append(fact)
            }
        }
    }

    /// What both forms share, as they write it. What is empty is left out.
    func sharedNode() throws(UCANError) -> NodeMap {
        var map = NodeMap()
        map["att"] = .list(capabilities.map(\.node))
        map["exp"] = .null
        if let expiration { map["exp"] = try Payload.node(expiration) }
        if let notBefore, notBefore != 0 { map["nbf"] = try Payload.node(notBefore) }
        if nonce.utf8Count > 0 { map["nnc"] = .string(nonce) }
        if !facts.isEmpty { map["fct"] = .list(facts.map { .map($0) }) }
        return map
    }

    /// Whether tokens of this version are read: 0.8 and 0.9.
    private static func check(version: String) throws(UCANError) {
        let parts = version.split(separator: ".", omittingEmptySubsequences: false)
        guard version.utf8.count <= 32, parts.count == 3, parts.allSatisfy({ UInt32($0) != nil && $0.first != "+" })
        else {
            throw UCANError(.malformed, "A token's version is not three numbers.")
        }
        guard parts[0] == "0", parts[1] == "8" || parts[1] == "9" else {
            throw UCANError(.unsupported, "Tokens of version 0.8 and 0.9 are read, not of \(version).")
        }
    }

    static func list(_ node: Node?, _ name: StaticString) throws(UCANError) -> [Node] {
        guard case .list(let list)? = node else { throw UCANError(.malformed, "A token has no list '\(name)'.") }
        return list
    }

    static func text(_ node: Node?, _ name: StaticString) throws(UCANError) -> Text {
        guard case .string(let text)? = node, text.isValid else {
            throw UCANError(.malformed, "A token has no text '\(name)'.")
        }
        return text
    }

    /// The seconds that are read and written: what JavaScript counts exactly.
    private static let secondsMax: Int64 = 1 << 53 - 1

    static func seconds(_ node: Node, _ name: StaticString) throws(UCANError) -> Int64 {
        guard case .integer(let integer) = node, let seconds = integer.value(as: Int64.self),
            (0...secondsMax).contains(seconds)
        else {
            throw UCANError(.malformed, "A token's '\(name)' is not a number of seconds since 1970.")
        }
        return seconds
    }

    private static func node(_ seconds: Int64) throws(UCANError) -> Node {
        guard (0...secondsMax).contains(seconds) else {
            throw UCANError(.notRepresentable, "A time of a token is not between 1970 and 2^53 seconds later.")
        }
        return .integer(NodeInteger(seconds))
    }

    static func expiration(_ node: Node?) throws(UCANError) -> Int64? {
        guard let node else { throw UCANError(.malformed, "A token has no 'exp': null says that it never expires.") }
        return node == .null ? nil : try seconds(node, "exp")
    }
}
