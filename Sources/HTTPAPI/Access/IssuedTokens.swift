import Crypto
import FoundationEssentials
public import KeyValue
import Synchronization

/// A token that was issued, without the token itself: only its hash is kept.
public struct IssuedToken: Hashable, Sendable {
    /// What it is called where it is listed and revoked: 16 hexadecimal digits.
    public var id: String
    /// Whoever has it.
    public var holder: TokenHolder
    /// The SHA-256 of the token, in hexadecimal digits.
    public var hash: String
    /// When it was issued, in milliseconds since 1970.
    public var issuedAtMilliseconds: UInt64
    /// From when on it is good for nothing, in milliseconds since 1970; nil for never.
    public var expiresAtMilliseconds: UInt64?

    /// Makes a token of 256 random bits, after `wh_` as 64 hexadecimal digits.
    ///
    /// - Parameters:
    ///   - holder: whoever is to have it.
    ///   - milliseconds: the time since 1970.
    ///   - lifetime: how long it is good; nil for ever.
    ///   - random: 64 random bits at a time that nobody can guess.
    /// - Returns: what is kept of it, and the token, which nobody can be told again.
    public static func make(
        for holder: TokenHolder,
        at milliseconds: UInt64,
        for lifetime: Duration?,
        random: () -> UInt64
    ) -> (issued: IssuedToken, token: String) {
        func digits(_ count: Int) -> String {
            (0..<count).map { _ in
                let text = String(random(), radix: 16)
                return String(repeating: "0", count: 16 - text.utf8.count) + text
            }.joined()
        }
        let token = "wh_" + digits(4)
        let issued = IssuedToken(
            id: digits(1),
            holder: holder,
            hash: hash(Array(token.utf8)),
            issuedAtMilliseconds: milliseconds,
            expiresAtMilliseconds: lifetime.map { milliseconds + UInt64(max(0, $0 / .milliseconds(1))) }
        )
        return (issued, token)
    }

    static func hash(_ token: [UInt8]) -> String {
        SHA256.hash(data: token).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

extension IssuedToken: Codable {
    private enum Member: String, CodingKey { case id, holder, rights, hash, issued, expires }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Member.self)
        id = try container.decode(String.self, forKey: .id)
        let names = try container.decode([String].self, forKey: .rights)
        guard let rights = TokenRights(names: names) else {
            throw DecodingError.dataCorruptedError(forKey: .rights, in: container, debugDescription: "unknown right")
        }
        holder = TokenHolder(name: try container.decode(String.self, forKey: .holder), rights: rights)
        hash = try container.decode(String.self, forKey: .hash)
        issuedAtMilliseconds = try container.decode(UInt64.self, forKey: .issued)
        expiresAtMilliseconds = try container.decodeIfPresent(UInt64.self, forKey: .expires)
    }

    /// Encodes `id`, `holder`, `rights` by their names, `hash`, `issued` and `expires`, which is left out for never.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Member.self)
        try container.encode(id, forKey: .id)
        try container.encode(holder.name, forKey: .holder)
        try container.encode(holder.rights.names, forKey: .rights)
        try container.encode(hash, forKey: .hash)
        try container.encode(issuedAtMilliseconds, forKey: .issued)
        try container.encodeIfPresent(expiresAtMilliseconds, forKey: .expires)
    }
}

/// The tokens that were issued, as a file has them: one object of JSON a line.
public struct TokenList: Hashable, Sendable {
    /// How many there may be.
    public static let countMax = 100_000

    /// The tokens, in the order in which they were issued.
    public var tokens: [IssuedToken]

    /// A list of no tokens.
    public init() { tokens = [] }

    /// Reads a list.
    ///
    /// Throws `StoreError.Code.invalidArgument` for a line that is no token, with its number, and for too many.
    public init(_ bytes: [UInt8]) throws(StoreError) {
        tokens = []
        for (index, line) in bytes.split(separator: 0x0A).enumerated() {
            do {
                tokens.append(try JSONDecoder().decode(IssuedToken.self, from: Data(line)))
            } catch {
                throw .invalidArgument(
                    "A line of the list of tokens can't be read: restore the file, or issue new tokens into another.",
                    ["line": "\(index + 1)"]
                )
            }
        }
        guard tokens.count <= TokenList.countMax else {
            throw .invalidArgument("There are more tokens than a list may have: revoke some.")
        }
    }

    /// The list as a file has it.
    public func bytes() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try tokens.flatMap { try Array(encoder.encode($0)) + [0x0A] }
    }
}

/// Admits those who have a token of a list, which may be replaced by another while a server runs.
public final class IssuedTokens: TokenVerifier {
    private let byHash = Mutex<[String: IssuedToken]>([:])
    private let milliseconds: @Sendable () -> UInt64

    /// Admits those of a list.
    ///
    /// - Parameters:
    ///   - list: the list.
    ///   - milliseconds: the time since 1970.
    public init(_ list: TokenList, milliseconds: @escaping @Sendable () -> UInt64) {
        self.milliseconds = milliseconds
        replace(with: list)
    }

    /// Admits those of this list from now on, and nobody else.
    public func replace(with list: TokenList) {
        let tokens = Dictionary(list.tokens.map { ($0.hash, $0) }) { first, _ in first }
        byHash.withLock { $0 = tokens }
    }

    /// Whoever sends this `Authorization` header; nil for somebody whose token is not listed, or not good any more.
    ///
    /// The hash is looked up, so that what time it takes tells of no token.
    public func holder(authorization header: String) -> TokenHolder? {
        guard let token = BearerHeader.token(header) else { return nil }
        let hash = IssuedToken.hash(token)
        guard let issued = byHash.withLock({ $0[hash] }), issued.expiresAtMilliseconds ?? .max > milliseconds() else {
            return nil
        }
        return issued.holder
    }
}
