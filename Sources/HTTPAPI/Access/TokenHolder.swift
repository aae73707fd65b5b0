/// Whoever sent a request, as their token tells.
public struct TokenHolder: Hashable, Sendable {
    /// Whom the token stands for, as services read it; empty for nobody.
    public var name: String
    /// What the token is good for.
    public var rights: TokenRights

    /// A holder from its parts.
    public init(name: String, rights: TokenRights) {
        self.name = name
        self.rights = rights
    }

    /// Whoever sends no token, where none is needed.
    static let nobody = TokenHolder(name: "", rights: [])
}

/// What a token is good for.
public struct TokenRights: OptionSet, Hashable, Sendable {
    public let rawValue: Int

    public init(rawValue: Int) { self.rawValue = rawValue }

    /// To look at things.
    public static let read = TokenRights(rawValue: 1)
    /// To change things.
    public static let write = TokenRights(rawValue: 2)
    /// To look after the server: its metrics, and its migrations.
    public static let operate = TokenRights(rawValue: 4)

    /// All of them.
    public static let all: TokenRights = [.read, .write, .operate]

    private static let names: [(right: TokenRights, name: String)] = [
        (.read, "read"), (.write, "write"), (.operate, "operate"),
    ]

    /// The names of the rights, in their order: `read`, `write`, `operate`.
    public var names: [String] { TokenRights.names.filter { contains($0.right) }.map(\.name) }

    /// Rights by their names; nil where one of them is none, and for no name.
    public init?(names: [String]) {
        self = []
        for name in names {
            guard let known = TokenRights.names.first(where: { $0.name == name }) else { return nil }
            insert(known.right)
        }
        if isEmpty { return nil }
    }
}

/// Knows the tokens that a server admits: bearer tokens after RFC 6750.
public protocol TokenVerifier: Sendable {
    /// Whoever sends this `Authorization` header; nil for somebody who has no token.
    func holder(authorization header: String) -> TokenHolder?
}

/// A token as a header has it.
enum BearerHeader {
    /// The token of an `Authorization` header of the scheme `Bearer`; nil for others.
    static func token(_ header: String) -> [UInt8]? {
        let words = header.utf8.split(separator: UInt8(ascii: " "), maxSplits: 1)
        guard words.count == 2, let scheme = words.first, let token = words.last,
            scheme.elementsEqual("bearer".utf8, by: { $0 | 0x20 == $1 }), token.count <= BearerTokens.bytesMax
        else { return nil }
        return Array(token)
    }
}
