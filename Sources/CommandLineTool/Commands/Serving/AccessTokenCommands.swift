#if HTTP
import ArgumentParser
import Foundation
import HTTPAPI
import KeyValue
import Migration

struct AccessTokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Issue, list and revoke the tokens that a server admits.",
        discussion: """
            A server of the same data folder knows of it within a second, and needs no restart. The folder has hashes of \
            tokens alone: a token is shown once, when it is issued.
            """,
        subcommands: [IssueAccessTokenCommand.self, ListAccessTokensCommand.self, RevokeAccessTokenCommand.self]
    )
}

struct IssueAccessTokenCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "issue",
        abstract: "Make a token, and show it this once.",
        discussion: """
            The holder is owner:NAME for an owner of files, who sees and changes their own alone; service for a part of \
            the system, which may do everything in anybody's name; anonymous for nobody, who may look at what is public.

            The token goes to standard output, its id to standard error. JSON: id, token, holder, rights, expires \
            (milliseconds since 1970; null: never).

            Example: wherehouse token issue owner:ann --rights read --lifetime 86400
            """
    )

    @Argument(help: ArgumentHelp("Whom it stands for.", valueName: "holder")) var holder: String
    @Option(
        help: ArgumentHelp(
            "What it is good for, with commas between: read, write, operate (metrics). Without it read,write.",
            valueName: "rights"
        )
    )
    var rights: String?
    @Option(help: ArgumentHelp("For how many seconds it is good; without it for ever.", valueName: "seconds"))
    var lifetime: Int64?
    @OptionGroup var data: DataOptions
    @OptionGroup var options: OutputOptions

    func validate() throws {
        let owner = "owner:"
        let isOwner = holder.hasPrefix(owner) && (1...78).contains(holder.unicodeScalars.count - owner.count)
        guard isOwner || holder == "service" || holder == "anonymous" else {
            throw ValidationError("The holder is owner:NAME with a name of 1 to 78 characters, service, or anonymous.")
        }
        guard rights == nil || parsedRights != nil else {
            throw ValidationError("--rights are any of read, write and operate, with commas between.")
        }
        guard (1...(1 << 40)).contains(lifetime ?? 1) else {
            throw ValidationError("The lifetime is not a number of seconds.")
        }
    }

    private var parsedRights: TokenRights? {
        guard let rights else { return [.read, .write] }
        return TokenRights(names: rights.split(separator: ",", omittingEmptySubsequences: false).map(String.init))
    }

    func run(in context: CommandContext) async throws {
        let made = IssuedToken.make(
            for: TokenHolder(name: holder, rights: parsedRights ?? []),
            at: WallClock.milliseconds(),
            for: lifetime.map { .seconds($0) },
            random: context.environment.random
        )
        try await DataFolder(making: data.data).changeTokens { $0.tokens.append(made.issued) }
        guard options.json else {
            StandardError.write("wherehouse: issued \(made.issued.id)\n")
            return try await context.output.line(made.token)
        }
        var object = JSONObject(made.issued)
        object.add("token", made.token)
        try await context.output.line(object)
    }
}

struct ListAccessTokensCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the tokens that were issued and not revoked.",
        discussion: """
            Each line has the id, the holder, the rights, when it was issued and when it expires.

            JSON: id, holder, rights, issued, expires (milliseconds since 1970; null: never).

            Example: wherehouse token list
            """
    )

    @OptionGroup var data: DataOptions
    @OptionGroup var options: OutputOptions

    func run(in context: CommandContext) async throws {
        for token in try await DataFolder(making: data.data).tokens().tokens {
            if options.json {
                try await context.output.line(JSONObject(token))
                continue
            }
            let columns = [
                token.id, HumanText.text(token.holder.name.utf8), token.holder.rights.names.joined(separator: ","),
                AccessTokenTime.text(token.issuedAtMilliseconds),
                token.expiresAtMilliseconds.map(AccessTokenTime.text) ?? "never",
            ]
            try await context.output.line(columns.joined(separator: "\t"))
        }
    }
}

struct RevokeAccessTokenCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Make tokens good for nothing.",
        discussion: "Example: wherehouse token revoke 0123456789abcdef"
    )

    @Argument(help: ArgumentHelp("The ids of the tokens, as list and issue tell them.", valueName: "id"))
    var ids: [String]
    @OptionGroup var data: DataOptions

    func run(in context: CommandContext) async throws {
        try await DataFolder(making: data.data).changeTokens { list in
            for id in ids where !list.tokens.contains(where: { $0.id == id }) {
                throw CommandError(.failed, "There is no such token: token list shows those there are.", ["id": id])
            }
            list.tokens.removeAll { ids.contains($0.id) }
        }
    }
}

private enum AccessTokenTime {
    static func text(_ milliseconds: UInt64) -> String {
        Date(timeIntervalSince1970: Double(milliseconds / 1_000)).formatted(.iso8601)
    }
}

extension JSONObject {
    /// What is known of a token.
    fileprivate init(_ token: IssuedToken) {
        self.init()
        add("id", token.id)
        add("holder", token.holder.name)
        add("rights", token.holder.rights.names)
        add("issued", Int(clamping: token.issuedAtMilliseconds))
        if let expires = token.expiresAtMilliseconds {
            add("expires", Int(clamping: expires))
        } else {
            addNull("expires")
        }
    }
}
#endif
