import ArgumentParser
import IPLD
import UCAN

struct InspectTokenCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show what tokens and receipts say.",
        discussion: """
            Shows each token of an archive and the proofs that came with it, the receipts of a message, and the block of \
            an envelope of version 1.0. Nothing is verified but that blocks have their names: verify does more.

            JSON, of a token: cid, issuer, audience, capabilities, expiration (null: never), notBefore, nonce, facts, \
            proofs, depth (0, or how far behind another token it proves). Of a receipt: cid, ran, out, fork, join, issuer. Of an \
            envelope: cid, version, issuer, audience, subject, command, policy, or else arguments, proofs, issuedAt and \
            cause, and expiration, notBefore, nonce, metadata.

            Example: wherehouse ucan inspect to-friend.ucan
            """
    )

    @Argument(help: UCANCommand.token) var file: String
    @OptionGroup var options: OutputOptions

    func run(in context: CommandContext) async throws {
        let tokens = try await TokenFile(file)
        var seen: Set<CID> = []
        for delegation in tokens.delegations {
            try await show(delegation, depth: 0, &seen, context.output)
        }
        for receipt in tokens.receipts { try await show(receipt, context.output) }
        if let envelope = tokens.envelope { try await show(envelope, context.output) }
    }

    private func show(_ delegation: Delegation, depth: Int, _ seen: inout Set<CID>, _ output: Output) async throws {
        guard seen.insert(delegation.cid).inserted, depth < Limits().chainDepthMax else { return }
        try await options.json ? json(delegation, depth, output) : text(delegation, depth, output)
        for link in delegation.payload.proofs {
            let proof: Delegation?
            do throws(UCANError) {
                proof = try delegation.proof(link)
            } catch {
                throw CommandError(error, path: file)
            }
            if let proof { try await show(proof, depth: depth + 1, &seen, output) }
        }
    }

    private func text(_ delegation: Delegation, _ depth: Int, _ output: Output) async throws {
        let payload = delegation.payload
        let indent = String(repeating: "  ", count: depth)
        try await output.line("\(indent)\(delegation.cid)")
        try await output.line("\(indent)  from \(payload.issuer) to \(payload.audience)")
        for capability in payload.capabilities {
            try await output.line("\(indent)  \(HumanText.text(capability.description.utf8))")
        }
        for fact in payload.facts { try await output.line("\(indent)  fact \(HumanText.text(try json(.map(fact))))") }
        let start = payload.notBefore.map { "after \($0), " } ?? ""
        try await output.line("\(indent)  \(start)\(payload.expiration.map { "until \($0)" } ?? "for ever")")
    }

    private func json(_ delegation: Delegation, _ depth: Int, _ output: Output) async throws {
        let payload = delegation.payload
        let node: Node = [
            "cid": .string(Text(delegation.cid.description)),
            "depth": .integer(NodeInteger(Int64(depth))),
            "issuer": .string(Text(payload.issuer.text)),
            "audience": .string(Text(payload.audience.text)),
            "capabilities": .list(
                payload.capabilities.map { capability in
                    var map: NodeMap = [
                        "can": .string(Text(capability.can.text)), "with": .string(Text(capability.with.text)),
                    ]
                    if let nb = capability.nb { map["nb"] = .map(nb) }
                    return .map(map)
                }
            ),
            "expiration": payload.expiration.map { .integer(NodeInteger($0)) } ?? .null,
            "notBefore": payload.notBefore.map { .integer(NodeInteger($0)) } ?? .null,
            "nonce": .string(payload.nonce),
            "facts": .list(payload.facts.map { .map($0) }),
            "proofs": .list(payload.proofs.map { .string(Text($0.description)) }),
        ]
        try await output.write(try json(node) + [0x0A])
    }

    private func show(_ receipt: Receipt, _ output: Output) async throws {
        let (kind, value): (Text, Node) =
            switch receipt.out {
            case .ok(let value): ("ok", value)
            case .error(let value): ("error", value)
            }
        guard options.json else {
            let issuer = receipt.issuer.map { " by \($0)" } ?? ""
            try await output.line("\(receipt.cid)")
            try await output.line("  receipt of \(receipt.ran)\(issuer)")
            return try await output.line("  \(kind) \(HumanText.text(try json(value)))")
        }
        let node: Node = [
            "cid": .string(Text(receipt.cid.description)),
            "ran": .string(Text(receipt.ran.description)),
            "out": .map([kind: value]),
            "fork": .list(receipt.effects.fork.map { .string(Text($0.description)) }),
            "join": receipt.effects.join.map { .string(Text($0.description)) } ?? .null,
            "issuer": receipt.issuer.map { .string(Text($0.text)) } ?? .null,
        ]
        try await output.write(try json(node) + [0x0A])
    }

    func json(_ node: Node) throws -> [UInt8] {
        do throws(IPLDError) {
            return try DAGJSON.encode(node)
        } catch {
            throw CommandError(error, path: file)
        }
    }
}
