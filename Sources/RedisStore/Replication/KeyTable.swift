#if Redis
/// Where the keys of each command lie among its arguments, as the server itself tells it (COMMAND).
struct KeyTable: Sendable {
    /// What the arguments of one command say.
    enum Finding: Hashable {
        /// These keys, or all.
        case subjects([RedisChange.Subject])
        /// The server has to be asked which keys (COMMAND GETKEYS).
        case asks
    }

    private struct Places {
        var first: Int
        var last: Int
        var step: Int
        var isMovable: Bool
    }

    private var commands: [String: Places] = [:]

    /// From the reply to COMMAND; nil for anything else.
    init?(_ reply: RESPValue) {
        guard let elements = reply.elements else { return nil }
        for element in elements { add(element) }
        guard commands["set"] != nil else { return nil }
    }

    private mutating func add(_ element: RESPValue) {
        guard let parts = element.elements, parts.count >= 6, let name = parts[0].text?.lowercased(),
            let first = parts[3].integer, let last = parts[4].integer, let step = parts[5].integer
        else { return }
        let flags = parts[2].elements ?? []
        commands[name] = Places(
            first: Int(first),
            last: Int(last),
            step: max(1, Int(step)),
            isMovable: flags.contains { $0.text == "movablekeys" }
        )
        // Since 7.0, with the words of a command apart by a bar.
        if parts.count > 9 { for sub in parts[9].elements ?? [] { add(sub) } }
    }

    /// The database that a command selects for those behind it; nil for any other command.
    static func selection(_ words: [[UInt8]]) -> Int? {
        guard words.count == 2, name(words) == "select" else { return nil }
        return number(words[1])
    }

    /// What a command of the stream changes at most, while this database is selected.
    func finding(_ words: [[UInt8]], in database: Int?) -> Finding {
        guard let name = KeyTable.name(words) else { return .subjects([]) }
        switch name {
        case "flushdb": return .subjects([.everything(database: database)])
        case "flushall", "swapdb": return .subjects([.everything(database: nil)])
        // A server sends what scripts do, unless it was told to send them whole: then they may touch any key.
        case "eval", "evalsha", "fcall": return .subjects([.everything(database: nil)])
        default: break
        }
        let second = words.count > 1 ? "|" + String(decoding: words[1].prefix(64), as: UTF8.self).lowercased() : ""
        guard let places = commands[name + second] ?? commands[name] else {
            return .subjects([.everything(database: nil)])
        }
        if places.isMovable { return .asks }
        var found = keys(words, places).map { RedisChange.Subject.key($0, database: database) }
        if let (key, number) = KeyTable.keyElsewhere(name, words) { found.append(.key(key, database: number)) }
        return .subjects(found)
    }

    /// What is written to another database than the one that is selected.
    private static func keyElsewhere(_ name: String, _ words: [[UInt8]]) -> (key: [UInt8], database: Int)? {
        guard words.count >= 3 else { return nil }
        if name == "move" { return number(words[2]).map { (words[1], $0) } }
        guard name == "copy" else { return nil }
        for index in words.indices.dropFirst(3).dropLast() where words[index].map({ $0 | 0x20 }) == Array("db".utf8) {
            return number(words[index + 1]).map { (words[2], $0) }
        }
        return nil
    }

    private func keys(_ words: [[UInt8]], _ places: Places) -> [[UInt8]] {
        guard places.first > 0 else { return [] }
        let last = places.last < 0 ? words.count + places.last : places.last
        guard last >= places.first else { return [] }
        return stride(from: places.first, through: min(last, words.count - 1), by: places.step).map { words[$0] }
    }

    private static func name(_ words: [[UInt8]]) -> String? {
        words.first.map { String(decoding: $0.prefix(64), as: UTF8.self).lowercased() }
    }

    private static func number(_ word: [UInt8]) -> Int? { Int(String(decoding: word, as: UTF8.self)) }
}
#endif
