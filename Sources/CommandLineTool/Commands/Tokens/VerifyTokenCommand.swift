import ArgumentParser
import Foundation
import IPLD
import UCAN

struct VerifyTokenCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check that tokens hold, and that their proofs lead to whoever has the resource.",
        discussion: """
            For each capability every token of the chain has to hold now, to be signed by its issuer, and to contain it, \
            with the same bounds all along; what a service allows beyond that is the service's rule. Names that are no \
            keys, such as a did:web, need --known. Revocations are not looked up. Exit status 1 if a capability is not \
            proven. Of a message the receipts have to be signed by those that they name, too.

            JSON, a line for each capability: cid, can, with, valid, chain (the issuers, the last has the resource), \
            failure (name and message). For each receipt: cid, ran, issuer, valid.

            Example: wherehouse ucan verify to-friend.ucan
            """
    )

    @Argument(help: UCANCommand.token) var file: String
    @Option(help: ArgumentHelp("The second since 1970 to check for, instead of now.", valueName: "time")) var at: Int64?
    @Option(help: ArgumentHelp("The name whose attestations count.", valueName: "did")) var authority: DIDArgument?
    @Option(
        help: ArgumentHelp(
            "A key of a name, as did:web:...=did:key:...; may be given more than once.",
            valueName: "key"
        )
    )
    var known: [KnownKeyArgument] = []
    @OptionGroup var options: OutputOptions

    func run(in context: CommandContext) async throws {
        let tokens = try await TokenFile(file)
        guard tokens.envelope == nil else {
            throw CommandError(
                .failed,
                "Chains of tokens of version 1.0 are not verified; inspect shows what this one says.",
                ["path": file]
            )
        }
        let time = at ?? Int64(Date().timeIntervalSince1970)
        var (proven, all) = (0, 0)
        for delegation in tokens.delegations {
            let name = authority?.did ?? delegation.payload.audience
            let resolver = KnownKeys(known: known)
            let validator = Validator(
                authority: name,
                keys: resolver.keys(of: name),
                resolver: resolver
            ) { time }
            for capability in delegation.payload.capabilities {
                all += 1
                // What the issuer has, it has at least by itself.
                var asked = capability
                if asked.with == .everything { asked.with = Resource(delegation.payload.issuer) }
                var chain: [DID] = []
                var failure: Failure?
                do throws(Failure) {
                    chain = try await validator.prove(asked, of: delegation).map(\.delegation.payload.issuer)
                    proven += 1
                } catch {
                    failure = error
                }
                try await show(capability, delegation, chain, failure, context.output)
            }
        }
        for receipt in tokens.receipts {
            all += 1
            if try await check(receipt, context.output) { proven += 1 }
        }
        guard all > 0 else { throw CommandError(.failed, "There is nothing in the file to verify.", ["path": file]) }
        guard proven == all else {
            throw CommandError(
                .failed,
                "Not everything is proven.",
                ["path": file, "all": "\(all)", "proven": "\(proven)"]
            )
        }
    }

    /// Whether a receipt is signed by whom it names.
    private func check(_ receipt: Receipt, _ output: Output) async throws -> Bool {
        let isSigned: Bool
        do throws(UCANError) {
            var keys: [PublicKey] = []
            if let issuer = receipt.issuer {
                keys = KnownKeys(known: known).keys(of: issuer)
                if let key = try issuer.key { keys = [key] }
            }
            var found = false
            for key in keys where try receipt.isSigned(by: key) { found = true }
            isSigned = found
        } catch {
            throw CommandError(error, path: file)
        }
        let issuer = receipt.issuer?.text ?? ""
        if options.json {
            var object = JSONObject()
            object.add("cid", "\(receipt.cid)")
            object.add("ran", "\(receipt.ran)")
            object.add("issuer", issuer)
            object.add("valid", isSigned)
            try await output.line(object)
        } else {
            try await output.line("\(isSigned ? "valid" : "not valid") receipt of \(receipt.ran): \(issuer)")
        }
        return isSigned
    }

    private func show(
        _ capability: Capability,
        _ delegation: Delegation,
        _ chain: [DID],
        _ failure: Failure?,
        _ output: Output
    ) async throws {
        guard options.json else {
            let text = HumanText.text(capability.description.utf8)
            guard let failure else {
                return try await output.line("valid \(text): \(chain.map(\.text).joined(separator: " from "))")
            }
            return try await output.line(
                "not valid \(text): \(HumanText.text(failure.message.utf8, allowsLines: true))"
            )
        }
        var object = JSONObject()
        object.add("cid", "\(delegation.cid)")
        object.add("can", capability.can.text)
        object.add("with", capability.with.text)
        object.add("valid", failure == nil)
        object.add("chain", chain.map(\.text))
        if let failure {
            var inner = JSONObject()
            inner.add("name", failure.name.rawValue)
            inner.add("message", failure.message)
            object.add("failure", inner)
        }
        try await output.line(object)
    }
}

/// A key of a name on the command line.
struct KnownKeyArgument: ExpressibleByArgument {
    let name: DID
    let key: PublicKey

    init?(argument: String) {
        let parts = argument.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
        // The parser tells the user what could not be read.
        guard parts.count == 2, let name = try? DID(parts[0]), let key = try? DID(parts[1]).key else { return nil }
        self.name = name
        self.key = key
    }
}

/// Knows the keys of the command line, and nothing else.
private struct KnownKeys: Resolver {
    let known: [KnownKeyArgument]

    func keys(of principal: DID) -> [PublicKey] { known.filter { $0.name == principal }.map(\.key) }
    func delegation(_ link: CID) -> Delegation? { nil }
    func revoked(among tokens: Set<CID>) -> CID? { nil }
}
