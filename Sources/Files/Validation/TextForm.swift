/// What a text of the wire has to look like, with the pattern that tells others.
struct TextForm: Sendable {
    /// A regular expression of JSON Schema.
    let pattern: String
    let holds: @Sendable (String) -> Bool

    /// A UUID in its usual writing.
    static let uuid = TextForm(
        pattern: "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
        holds: { text in
            let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
            return parts.map(\.count) == [8, 4, 4, 4, 12] && parts.joined().allSatisfy(isHexadecimal)
        }
    )

    /// That many hexadecimal digits, after a beginning.
    static func hexadecimal(_ count: Int, after beginning: String = "") -> TextForm {
        TextForm(
            pattern: "^\(beginning)[0-9a-fA-F]{\(count)}$",
            holds: { text in
                let digits = text.utf8.dropFirst(beginning.utf8.count)
                return text.hasPrefix(beginning) && digits.count == count && digits.allSatisfy(isHexadecimal)
            }
        )
    }

    /// That many decimal digits.
    static func digits(_ count: Int) -> TextForm {
        TextForm(
            pattern: "^[0-9]{\(count)}$",
            holds: { $0.utf8.count == count && $0.utf8.allSatisfy(isDigit) }
        )
    }

    /// Letters and digits of ASCII, blanks, and `_`, `-`, `.`.
    static let alias = TextForm(
        pattern: "^[0-9A-Za-z_\\-. ]*$",
        holds: { $0.utf8.allSatisfy { isLetter($0) || isDigit($0) || " _-.".utf8.contains($0) } }
    )

    /// Anything without a comma.
    static let noComma = TextForm(pattern: "^[^,]*$", holds: { !$0.utf8.contains(UInt8(ascii: ",")) })

    /// Letters and digits of ASCII.
    static let word = TextForm(
        pattern: "^[a-zA-Z0-9]+$",
        holds: { !$0.isEmpty && $0.utf8.allSatisfy { isLetter($0) || isDigit($0) } }
    )

    /// The name of a member that applications add.
    static let customName = TextForm(
        pattern: "^c_[a-zA-Z]+$",
        holds: { $0.hasPrefix("c_") && $0.utf8.count > 2 && $0.utf8.dropFirst(2).allSatisfy(isLetter) }
    )

    /// The type of a part.
    static let partType = TextForm(
        pattern: "^[a-z0-9-]+$",
        holds: { !$0.isEmpty && $0.utf8.allSatisfy { isSmallLetter($0) || isDigit($0) || $0 == UInt8(ascii: "-") } }
    )

    /// The name of a part: the hash of its owner, the upload's identifier, one of its own, and an extension.
    static let partName = TextForm(
        pattern: "^[0-9a-f]{32}/[0-9a-fA-F-]{36}/[0-9a-fA-F-]{36}(\\.[a-z0-9.]+)?$",
        holds: { PartName($0) != nil }
    )

    /// A colour in one of three writings.
    static let color = TextForm(
        pattern: "^(#[0-9a-fA-F]{3}|#[0-9a-fA-F]{6}|rgb\\([0-9]{1,3},[0-9]{1,3},[0-9]{1,3}\\)|transparent)$",
        holds: isColor
    )

    /// The URL of a web site with a host of two labels, on the usual port; or nothing.
    static let website = TextForm(pattern: "^(https?://[^/?#]+\\.[^/?#]+.*)?$", holds: { $0.isEmpty || isWebsite($0) })

    private static func isColor(_ text: String) -> Bool {
        if text == "transparent" { return true }
        if text.hasPrefix("#") {
            let digits = text.utf8.dropFirst()
            return (digits.count == 3 || digits.count == 6) && digits.allSatisfy(isHexadecimal)
        }
        guard text.hasPrefix("rgb("), text.hasSuffix(")") else { return false }
        let parts = text.utf8.dropFirst(4).dropLast()
            .split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        return parts.count == 3 && parts.allSatisfy { (1...3).contains($0.count) && $0.allSatisfy(isDigit) }
    }

    private static func isWebsite(_ text: String) -> Bool {
        let port: Substring
        let rest: Substring
        if text.hasPrefix("https://") {
            (port, rest) = ("443", text.dropFirst(8))
        } else if text.hasPrefix("http://") {
            (port, rest) = ("80", text.dropFirst(7))
        } else {
            return false
        }
        let authority = rest.prefix { !"/?#".contains($0) }
        guard authority.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "@") }) else { return false }
        let pieces = authority.split(separator: ":", omittingEmptySubsequences: false)
        guard let host = pieces.first, pieces.count == 1 || (pieces.count == 2 && pieces[1] == port) else {
            return false
        }
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        return labels.count >= 2 && labels.allSatisfy { !$0.isEmpty }
    }

    static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    static func isHexadecimal(_ byte: UInt8) -> Bool {
        isDigit(byte) || (0x61...0x66).contains(byte) || (0x41...0x46).contains(byte)
    }

    private static func isSmallLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) }

    private static func isLetter(_ byte: UInt8) -> Bool { isSmallLetter(byte | 0x20) }
}

/// The name of a part, in its pieces: it leads from a notification back to the upload.
struct PartName: Hashable, Sendable {
    let text: String
    let upload: String

    init?(_ text: String) {
        let pieces = text.split(separator: "/", omittingEmptySubsequences: false)
        guard pieces.count == 3, pieces[0].utf8.count == 32, pieces[0].utf8.allSatisfy(TextForm.isHexadecimal),
            TextForm.uuid.holds(String(pieces[1])), TextForm.uuid.holds(String(pieces[2].prefix(36))),
            pieces[2].utf8.count <= 64,
            PartName.isExtension(pieces[2].dropFirst(36))
        else { return nil }
        self.text = text
        upload = pieces[1].lowercased()
    }

    private static func isExtension(_ text: Substring) -> Bool {
        text.isEmpty
            || (text.hasPrefix(".") && text.split(separator: ".").allSatisfy { TextForm.word.holds(String($0)) })
    }
}
