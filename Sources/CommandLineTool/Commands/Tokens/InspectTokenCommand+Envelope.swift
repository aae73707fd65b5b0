import IPLD
import UCAN

extension InspectTokenCommand {
    func show(_ envelope: Envelope, _ output: Output) async throws {
        var node: NodeMap = [
            "cid": .string(Text(envelope.cid.description)),
            "version": .string(Text(envelope.version)),
            "issuer": .string(Text(envelope.issuer.text)),
            "audience": .string(Text(envelope.audience.text)),
            "subject": envelope.subject.map { .string(Text($0.text)) } ?? .null,
            "command": .string(Text(envelope.command)),
            "expiration": envelope.expiration.map { .integer(NodeInteger($0)) } ?? .null,
            "notBefore": envelope.notBefore.map { .integer(NodeInteger($0)) } ?? .null,
            "nonce": .bytes(envelope.nonce),
            "metadata": .map(envelope.metadata),
        ]
        let (kind, said): (String, Node)
        switch envelope.statement {
        case .delegation(let policy):
            (kind, said) = ("delegation", .list(policy))
            node["policy"] = said
        case .invocation(let arguments, let proofs, let issuedAt, let cause):
            (kind, said) = ("invocation", .map(arguments))
            node["arguments"] = said
            node["proofs"] = .list(proofs.map { .string(Text($0.description)) })
            node["issuedAt"] = issuedAt.map { .integer(NodeInteger($0)) } ?? .null
            node["cause"] = cause.map { .string(Text($0.description)) } ?? .null
        }
        guard !options.json else { return try await output.write(try json(.map(node)) + [0x0A]) }
        try await output.line("\(envelope.cid)")
        let parties = "from \(envelope.issuer) to \(envelope.audience)"
        try await output.line("  \(kind) of version \(envelope.version) \(parties)")
        try await output.line("  \(envelope.command) of \(envelope.subject?.text ?? "any subject")")
        try await output.line("  \(HumanText.text(try json(said)))")
        let start = envelope.notBefore.map { "from \($0), " } ?? ""
        try await output.line("  \(start)\(envelope.expiration.map { "until \($0)" } ?? "for ever")")
    }
}
