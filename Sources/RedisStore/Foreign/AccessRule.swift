#if Redis
/// A user of a Redis and which commands it may use, as ACL LIST tells it: `user NAME RULE…`.
///
/// Rules of passwords, keys and channels are left out: they stay as they are, and what is kept of a rule can be read by
/// others.
struct AccessRule: Hashable, Sendable {
    let name: String
    private let rules: [String]

    /// The user and its rules of commands, as a line that can be read again.
    var text: String { (["user", name] + rules).joined(separator: " ") }

    /// Nil for a line of another form.
    init?(line: String) {
        var words: [String] = []
        var depth = 0
        for word in line.split(separator: " ") {
            // A selector is one rule, with spaces in its parentheses.
            if depth > 0, let last = words.popLast() {
                words.append(last + " " + word)
            } else {
                words.append(String(word))
            }
            depth += word.count { $0 == "(" } - word.count { $0 == ")" }
        }
        guard words.count >= 2, words[0] == "user", depth == 0 else { return nil }
        name = words[1]
        rules = words[2...].filter { word in word.first.map { "+-(".contains($0) } ?? false }
    }

    /// Since 7.0 a user may have further sets of rules, each in parentheses.
    private var clearing: [String] { rules.contains { $0.hasPrefix("(") } ? ["clearselectors"] : [] }

    /// Gives the user exactly these rules.
    var restoration: RedisCommand { AccessRule.command([name] + clearing + ["-@all"] + rules) }

    /// Takes all that writes from the user, for connections that are open too.
    var refusal: RedisCommand { AccessRule.command([name] + clearing + ["-@write"]) }

    private static func command(_ words: [String]) -> RedisCommand {
        RedisCommand("ACL SETUSER", words.map { Array($0.utf8) }, .writes)
    }
}
#endif
