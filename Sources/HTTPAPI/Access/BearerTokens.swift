public import KeyValue

/// Tokens from a text, and the names of those who have them. Each has all rights.
///
/// Tokens are secrets. They come from a file or the environment, never from the command line, which every user of a
/// machine can read.
public struct BearerTokens: TokenVerifier {
    /// The fewest bytes of a token: as many as can't be guessed.
    public static let bytesMin = 16
    /// The most bytes of a token.
    public static let bytesMax = 512
    /// The most bytes of a name.
    public static let nameBytesMax = 512
    /// How many tokens there may be.
    public static let countMax = 100

    private let tokens: [(name: String, bytes: [UInt8])]

    /// Tokens from a text of lines: each a token, or a name, a space and a token. Empty lines are left out, and those
    /// that begin with `#`.
    ///
    /// Throws `StoreError.Code.invalidArgument` for a line that is neither, with its number, and when there is no token.
    public init(_ text: String) throws(StoreError) {
        var tokens: [(name: String, bytes: [UInt8])] = []
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let words = line.split(whereSeparator: \.isWhitespace)
            guard let first = words.first, !first.hasPrefix("#") else { continue }
            guard words.count <= 2, let token = words.last, BearerTokens.isLegal(token.utf8),
                first.utf8.count <= BearerTokens.nameBytesMax
            else {
                throw .invalidArgument(
                    """
                    A line of tokens is a token of 16 to 512 letters, digits and -._~+/= after a name of at most 512 bytes \
                    or none.
                    """,
                    ["line": "\(index + 1)"]
                )
            }
            tokens.append((words.count == 2 ? String(first) : "http", Array(token.utf8)))
        }
        guard (1...BearerTokens.countMax).contains(tokens.count) else {
            throw .invalidArgument("A server needs from 1 to 100 tokens.", ["tokens": "\(tokens.count)"])
        }
        self.tokens = tokens
    }

    private static func isLegal(_ token: Substring.UTF8View) -> Bool {
        (bytesMin...bytesMax).contains(token.count)
            && token.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "-._~+/=".utf8.contains(byte)
                }
            }
    }

    /// Whoever sends this `Authorization` header; nil for somebody who has no token.
    ///
    /// How long it takes tells nothing of the tokens but their number and lengths: every one is compared to its end.
    public func holder(authorization header: String) -> TokenHolder? {
        guard let given = BearerHeader.token(header) else { return nil }
        var holder: TokenHolder?
        for (name, bytes) in tokens where BearerTokens.areEqual(bytes, given) {
            holder = TokenHolder(name: name, rights: .all)
        }
        return holder
    }

    private static func areEqual(_ token: [UInt8], _ given: [UInt8]) -> Bool {
        guard !given.isEmpty else { return false }
        var difference = token.count ^ given.count
        for index in token.indices { difference |= Int(token[index] ^ given[index % given.count]) }
        return difference == 0
    }
}
