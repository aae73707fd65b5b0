/// What a capability allows to do: `*`, or a path such as `store/add`, whose last part may be `*`.
///
/// Abilities are ASCII and lower case, so that two are equal when their bytes are.
public struct Ability: Hashable, Sendable {
    /// The text.
    public let text: String

    /// All that can be done.
    public static let all = Ability(unchecked: "*")

    /// The ability of this text, in lower case.
    public init(_ text: String) throws(UCANError) {
        guard text.utf8.count <= 1_024, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw UCANError(.malformed, "An ability has at most 1,024 visible characters of ASCII.")
        }
        let slash = text.utf8.firstIndex(of: 0x2F)
        guard text == "*" || slash.map({ $0 > text.startIndex && text.utf8.last != 0x2F }) ?? false else {
            throw UCANError(.malformed, "An ability is '*', or has a '/' with text on both sides.")
        }
        self.init(unchecked: text.lowercased())
    }

    private init(unchecked text: String) { self.text = text }

    /// Whether who has this ability has the other: the same, `*`, or all of its path before a last `*`.
    public func includes(_ other: Ability) -> Bool {
        if text == other.text || text == "*" { return true }
        return text.utf8.count > 2 && text.hasSuffix("/*") && other.text.utf8.starts(with: text.utf8.dropLast())
    }
}

extension Ability: CustomStringConvertible {
    public var description: String { text }
}
