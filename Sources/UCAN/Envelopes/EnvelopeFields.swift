import IPLD

/// What a token of version 1.0 is, from the name that its payload stands under.
enum EnvelopeKind: String {
    case delegation = "ucan/dlg"
    case invocation = "ucan/inv"

    static func split(_ name: Text) throws(UCANError) -> (EnvelopeKind, version: String) {
        guard let parts = name.string?.split(separator: "@", omittingEmptySubsequences: false), parts.count == 2,
            let kind = EnvelopeKind(rawValue: String(parts[0])), parts[1].utf8.count <= 32
        else {
            throw UCANError(.unsupported, "A token of version 1.0 is neither a delegation nor an invocation.")
        }
        guard parts[1] == "1.0.0" || parts[1].hasPrefix("1.0.0-rc.") else {
            throw UCANError(.unsupported, "Envelopes of version 1.0.0 are read, not of \(parts[1]).")
        }
        return (kind, String(parts[1]))
    }

    /// The fields that a token of this kind may have.
    var names: Set<Text> {
        switch self {
        case .delegation: ["iss", "aud", "sub", "cmd", "pol", "nonce", "meta", "nbf", "exp"]
        case .invocation:
            ["iss", "aud", "sub", "cmd", "args", "prf", "nonce", "meta", "nbf", "exp", "iat", "cause"]
        }
    }
}

/// What a token of version 1.0 says, by name.
struct EnvelopeFields {
    private let fields: NodeMap

    init(_ fields: NodeMap) { self.fields = fields }

    /// What is signed and not understood might be a condition.
    func check(_ kind: EnvelopeKind) throws(UCANError) {
        let names = kind.names
        guard fields.allSatisfy({ names.contains($0.key) }) else {
            throw UCANError(.unsupported, "A token says more than UCAN knows of.")
        }
    }

    func principal(_ name: StaticString) throws(UCANError) -> DID {
        try DID(try Payload.text(fields[Text("\(name)")], name).description)
    }

    func map(_ name: StaticString) throws(UCANError) -> NodeMap {
        guard case .map(let map)? = fields[Text("\(name)")] else {
            throw UCANError(.malformed, "A token has no map '\(name)'.")
        }
        return map
    }

    func nonce() throws(UCANError) -> [UInt8] {
        guard case .bytes(let bytes)? = fields["nonce"] else {
            throw UCANError(.malformed, "A token of version 1.0 has no bytes 'nonce'.")
        }
        return bytes
    }

    func command() throws(UCANError) -> String {
        let text = try Payload.text(fields["cmd"], "cmd").description
        guard text.utf8.count <= 1_024, text.utf8.first == 0x2F, text == "/" || text.utf8.last != 0x2F,
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !(0x41...0x5A).contains($0) })
        else {
            throw UCANError(.malformed, "A command is a path in at most 1,024 lower-case characters of ASCII.")
        }
        return text
    }

    func statement(_ kind: EnvelopeKind, _ limits: Limits) throws(UCANError) -> Envelope.Statement {
        switch kind {
        case .delegation: return .delegation(policy: try Payload.list(fields["pol"], "pol"))
        case .invocation:
            let links = try Payload.list(fields["prf"], "prf")
            guard links.count <= limits.proofsMax else {
                throw UCANError(.limitExceeded, "A token names more proofs than are read.")
            }
            return .invocation(
                arguments: try map("args"),
                proofs: try links.map { (node) throws(UCANError) in try link(node) },
                issuedAt: try fields["iat"].map { (node) throws(UCANError) in try Payload.seconds(node, "iat") },
                cause: try fields["cause"].map { (node) throws(UCANError) in try link(node) }
            )
        }
    }

    private func link(_ node: Node) throws(UCANError) -> CID {
        guard case .link(let cid) = node else { throw UCANError(.malformed, "A proof or cause is not a link.") }
        return cid
    }
}
