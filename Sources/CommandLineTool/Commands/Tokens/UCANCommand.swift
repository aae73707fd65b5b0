import ArgumentParser

struct UCANCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ucan",
        abstract: "Make keys, and issue and look into tokens of who may do what.",
        discussion: """
            A token says that its issuer lets its audience do something with a resource, for some time. A delegation is a \
            token with those that prove it, in an archive; an invocation is one too. Tokens of version 0.9.1 are issued, \
            those of 0.8 and 0.9 are read; inspect shows envelopes of version 1.0 too.

            Example: wherehouse ucan keygen --output my.key
            """,
        subcommands: [
            GenerateKeyCommand.self, IssueTokenCommand.self, InspectTokenCommand.self, VerifyTokenCommand.self,
        ]
    )

    static let token = ArgumentHelp(
        "The archive of a delegation or a message, or a JSON Web Token; standard input: -.",
        valueName: "file"
    )
}
