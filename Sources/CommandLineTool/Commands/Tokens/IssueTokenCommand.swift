import ArgumentParser
import Foundation
import IPLD
import UCAN

struct IssueTokenCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "issue",
        abstract: "Issue a delegation or an invocation.",
        discussion: """
            The token lets the audience do each --can with the resource of --with, within the bounds of --nb; as an \
            invocation it asks the audience to do the one. The issuer is the key, or the name of --as. Whether the \
            issuer has what it gives is not looked at: verify tells. Bounds and facts are DAG-JSON objects.

            JSON: cid, issuer, audience, expiration (null: never).

            Example: wherehouse ucan issue --key my.key --audience did:key:z6Mk... --can 'store/*' --with did:key:z6Mk... \
            --output to-friend.ucan
            """
    )

    @Option(help: ArgumentHelp("The file with the private key.", valueName: "file")) var key: String
    @Option(
        name: .customLong("as"),
        help: ArgumentHelp("The name to issue under, such as a did:web.", valueName: "did")
    )
    var name: DIDArgument?
    @Option(help: ArgumentHelp("To whom.", valueName: "did")) var audience: DIDArgument
    @Option(
        help: ArgumentHelp("What may be done, such as store/add; may be given more than once.", valueName: "ability")
    )
    var can: [String]
    @Option(help: ArgumentHelp("With what; without it the issuer itself.", valueName: "uri")) var with: String?
    @Option(help: ArgumentHelp("The bounds.", valueName: "json")) var nb: String?
    @Option(help: ArgumentHelp("For how many seconds it holds.", valueName: "seconds")) var lifetime: Int64 = 3_600
    @Option(help: ArgumentHelp("Until which second since 1970 it holds, instead.", valueName: "time"))
    var expiration: Int64?
    @Flag(help: "It never expires.") var forever = false
    @Option(help: ArgumentHelp("After which second since 1970 it holds.", valueName: "time")) var notBefore: Int64?
    @Option(help: ArgumentHelp("Text that tells it from others that say the same.", valueName: "text")) var nonce = ""
    @Option(help: ArgumentHelp("A statement to sign along; may be given more than once.", valueName: "json"))
    var fact: [String] = []
    @Option(
        help: ArgumentHelp("A delegation by which the issuer has it; may be given more than once.", valueName: "file")
    )
    var proof: [String] = []
    @Option(help: ArgumentHelp("The archive to write; - is standard output.", valueName: "file")) var output: String
    @Flag(help: "Write the JSON Web Token, without the proofs, instead of an archive.") var jwt = false
    @Flag(help: "Replace a file that is there.") var force = false
    @OptionGroup var options: OutputOptions

    func validate() throws {
        guard lifetime > 0, lifetime <= 1 << 40 else {
            throw ValidationError("The lifetime is not a number of seconds.")
        }
        guard !forever || expiration == nil else { throw ValidationError("Give --expiration or --forever, not both.") }
        guard output != "-" || !options.json else {
            throw ValidationError("Standard output can't hold both the token and JSON: name a file.")
        }
    }

    func run(in context: CommandContext) async throws {
        let key = try await KeyFile.read(key)
        var proofs: [Delegation] = []
        for path in proof { proofs.append(try await TokenFile.delegation(path)) }
        let delegation: Delegation
        let bytes: [UInt8]
        do throws(UCANError) {
            if let name {
                delegation = try issue(by: key.named(name.did), proofs)
            } else {
                delegation = try issue(by: key, proofs)
            }
            bytes = jwt ? Array((try delegation.token.jwt + "\n").utf8) : try delegation.archive()
        } catch {
            throw CommandError(.usage, error.message)
        }
        guard output != "-" else { return try await context.output.write(bytes) }
        let file = try PartialFile(output, replacing: force)
        let sink = Output(descriptor: file.descriptor, path: output)
        try await sink.write(bytes)
        try await sink.flush()
        try file.finish()
        guard options.json else { return try await context.output.line("\(delegation.cid)") }
        var object = JSONObject()
        object.add("cid", "\(delegation.cid)")
        object.add("issuer", delegation.payload.issuer.text)
        object.add("audience", delegation.payload.audience.text)
        if let expiration = delegation.payload.expiration {
            object.add("expiration", Int(expiration))
        } else {
            object.addNull("expiration")
        }
        try await context.output.line(object)
    }

    private func issue(by signer: some Signer, _ proofs: [Delegation]) throws(UCANError) -> Delegation {
        var capabilities: [Capability] = []
        let bounds = try nb.map { (text) throws(UCANError) in try map(text) } ?? [:]
        for ability in can { capabilities.append(try Capability(ability, with: with ?? signer.did.text, nb: bounds)) }
        var facts: [NodeMap] = []
        for text in fact { facts.append(try map(text)) }
        let now = Int64(Date().timeIntervalSince1970)
        return try Delegation(
            by: signer,
            to: audience.did,
            capabilities,
            expiration: forever ? nil : expiration ?? now + lifetime,
            notBefore: notBefore,
            nonce: Text(nonce),
            facts: facts,
            proofs: proofs
        )
    }

    private func map(_ text: String) throws(UCANError) -> NodeMap {
        do throws(IPLDError) {
            guard case .map(let map) = try DAGJSON.decode(Array(text.utf8), .lenient) else {
                throw IPLDError(.malformed, "Bounds and facts are JSON objects.")
            }
            return map
        } catch {
            throw UCANError(.malformed, error.description)
        }
    }
}
