/// A file of profiles, as other programs keep credentials and regions in: `[name]`, then lines of `setting = value`.
struct SharedFile {
    private var profiles: [String: [String: String]] = [:]

    /// Reads a file's text. What is no profile and no setting is passed over: other programs have more in it.
    init(_ text: String) {
        var profile: String?
        for line in text.split(whereSeparator: \.isNewline) {
            // What is indented belongs to a setting of several lines, of which none is of interest here.
            guard let first = line.first, !first.isWhitespace, first != "#", first != ";" else { continue }
            if first == "[" {
                let name = line.dropFirst().prefix { $0 != "]" }
                let words = name.split(whereSeparator: \.isWhitespace)
                // The file of settings says `profile` before all names but that of the default.
                let found = (words.first == "profile" ? words.dropFirst() : words[...]).joined(separator: " ")
                profiles[found, default: [:]] = profiles[found] ?? [:]
                profile = found
                continue
            }
            guard let profile, let sign = line.firstIndex(of: "=") else { continue }
            let setting = SharedFile.trimmed(line[..<sign]).lowercased()
            profiles[profile, default: [:]][setting] = SharedFile.trimmed(line[line.index(after: sign)...])
        }
    }

    /// A text without the space around it.
    static func trimmed(_ text: Substring) -> String {
        let start = text.drop(while: \.isWhitespace)
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(start[...last])
    }

    func has(_ profile: String) -> Bool { profiles[profile] != nil }

    /// The value of a setting; nil where the profile has none.
    subscript(profile: String, setting: String) -> String? { profiles[profile]?[setting] }
}
