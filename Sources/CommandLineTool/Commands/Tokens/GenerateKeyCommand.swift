import ArgumentParser
import UCAN

struct GenerateKeyCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "keygen",
        abstract: "Make a private key.",
        discussion: """
            The key is written to a file that this user alone may read; its name, a did:key, is told. The secret itself \
            is shown only with --show-secret, which needs no file. JSON: did, type, and secret if it is asked for.

            Example: wherehouse ucan keygen --output my.key
            """
    )

    @Option(help: ArgumentHelp("The file to write.", valueName: "file")) var output: String?
    @Option(help: ArgumentHelp("The type of the key.", valueName: "type")) var type = KeyTypeArgument.ed25519
    @Flag(help: "Show the secret.") var showSecret = false
    @Flag(help: "Replace a file that is there.") var force = false
    @OptionGroup var options: OutputOptions

    func validate() throws {
        guard output != nil || showSecret else {
            throw ValidationError("The key would be lost: name a file with --output, or add --show-secret.")
        }
    }

    func run(in context: CommandContext) async throws {
        var generator = SystemRandomNumberGenerator()
        let key =
            switch type {
            case .ed25519: try SigningKey.ed25519(using: &generator)
            case .p256: try SigningKey.p256(using: &generator)
            }
        if let output {
            let file = try PartialFile(output, replacing: force)
            let sink = Output(descriptor: file.descriptor, path: output)
            try await sink.line(key.secretText)
            try await sink.flush()
            try file.finish()
        }
        guard options.json else {
            try await context.output.line(key.did.text)
            if showSecret { try await context.output.line(key.secretText) }
            return
        }
        var object = JSONObject()
        object.add("did", key.did.text)
        object.add("type", type.rawValue)
        if showSecret { object.add("secret", key.secretText) }
        try await context.output.line(object)
    }
}

/// The type of a key on the command line.
enum KeyTypeArgument: String, ExpressibleByArgument, CaseIterable {
    case ed25519, p256
}
