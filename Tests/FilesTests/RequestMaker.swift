import JSONFormat
import TestSupport

/// Makes requests up, some as a schema wants them and most not quite.
struct RequestMaker {
    private var generator: SeededGenerator
    /// Texts that mean something: identifiers, names of parts, aliases, cursors, and tricks.
    private let words: [String]

    static let tricks = [
        "", ".", "..", "../../etc/passwd", "..%2f..%2fetc", "/", "\\", "\u{0}", "a\u{0}b", "%00", "\u{202E}",
        "\u{1F9A6}",
        "'", "\"", "' OR 1=1 --", "*", "%", "_", "[0-9]*", "{{7*7}}", "${x}", "<script>", "null", "true", "-1", "1e999",
        "__proto__", "constructor", "e\u{301}", "\u{E9}", "\u{FFFD}", "\u{FEFF}", "#", "#multi", "owner:ann", "service",
        String(repeating: "a", count: 79), String(repeating: "\u{1F9A6}", count: 600),
    ]

    init(seed: UInt64, words: [String]) {
        generator = SeededGenerator(seed: seed)
        self.words = words
    }

    /// Whether something happens that happens so often in a hundred.
    private mutating func happens(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &generator) < percent }

    private mutating func one<Value>(of values: [Value], or other: Value) -> Value {
        values.randomElement(using: &generator) ?? other
    }

    /// Parameters by this schema, or damaged.
    mutating func body(_ schema: JSON) -> [UInt8] {
        var bytes = (happens(3) ? junk(depth: 0) : value(schema, depth: 0)).encoded
        guard happens(12) else { return bytes }
        for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
            let place = Int.random(in: bytes.indices, using: &generator)
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
            case 1: bytes.remove(at: place)
            case 2: bytes.insert(one(of: Array("{}[]\",:\\0".utf8), or: 0), at: place)
            case 3: bytes.removeSubrange(place...)
            default: bytes += bytes[place...]
            }
        }
        return bytes
    }

    private mutating func value(_ schema: JSON, depth: Int) -> JSON {
        if happens(4) { return junk(depth: depth) }
        if let choices = schema["enum"]?.items { return one(of: choices, or: .null) }
        if let shapes = schema["anyOf"]?.items { return value(one(of: shapes, or: .null), depth: depth + 1) }
        switch schema["type"]?.text {
        case "string": return .string(text(schema))
        case "integer", "number": return .number(number(schema))
        case "boolean": return .bool(happens(50))
        case "array":
            let most = schema["maxItems"]?.integer ?? 3
            let least = schema["minItems"]?.integer ?? 0
            let count =
                happens(3) ? min(most, 300) + 1 : min(most, max(least, Int.random(in: 0...3, using: &generator)))
            return .array((0..<count).map { _ in value(schema["items"] ?? .null, depth: depth + 1) })
        case "object": return object(schema, depth: depth)
        default: return junk(depth: depth)
        }
    }

    private mutating func object(_ schema: JSON, depth: Int) -> JSON {
        let required = Set((schema["required"]?.items ?? []).compactMap(\.text))
        let properties = schema["properties"]?.members ?? []
        // Of few members each comes often, so that what needs one of them gets past the checks.
        let percent = properties.count < 12 ? 45 : 8
        var members: [JSON.Member] = []
        for property in properties where happens(required.contains(property.name) ? 97 : percent) {
            members.append(.init(property.name, value(property.value, depth: depth + 1)))
        }
        if schema["patternProperties"] != nil, happens(15) {
            members.append(.init("c_custom", happens(80) ? .string("custom") : junk(depth: depth + 1)))
        }
        if happens(3) { members.append(.init(text(.null), junk(depth: depth + 1))) }
        if happens(1), let first = members.first { members.append(first) }
        return .object(members)
    }

    private mutating func text(_ schema: JSON) -> String {
        let most = schema["maxLength"]?.integer ?? 20
        let least = schema["minLength"]?.integer ?? 0
        if happens(8) { return one(of: RequestMaker.tricks, or: "") }
        if happens(2) { return String(repeating: "x", count: min(most, 5_000) + 1) }
        let fitting = words.filter { (least...max(least, most)).contains($0.unicodeScalars.count) }
        return one(of: fitting, or: String(repeating: "y", count: max(1, least)))
    }

    private mutating func number(_ schema: JSON) -> String {
        if happens(10) {
            let odd = [
                "-1", "0", "1e308", "-0", "1.5", "9223372036854775807", "9223372036854775808", "1e400", "1E+2",
                "-9223372036854775808", "0.0000000001", "18446744073709551616",
            ]
            return one(of: odd, or: "0")
        }
        return "\(Int.random(in: 0...100, using: &generator))"
    }

    private mutating func junk(depth: Int) -> JSON {
        switch Int.random(in: 0..<(depth > 6 ? 5 : 8), using: &generator) {
        case 0: return .null
        case 1: return .bool(happens(50))
        case 2: return .number(number(.null))
        case 3, 4: return .string(happens(50) ? one(of: RequestMaker.tricks, or: "") : one(of: words, or: ""))
        case 5: return .array((0..<Int.random(in: 0...4, using: &generator)).map { _ in junk(depth: depth + 1) })
        case 6:
            let count = Int.random(in: 0...4, using: &generator)
            return .object((0..<count).map { _ in .init(one(of: words, or: ""), junk(depth: depth + 1)) })
        // As deep as no parser should follow.
        default: return (0..<Int.random(in: 1...200, using: &generator)).reduce(.null) { inner, _ in .array([inner]) }
        }
    }
}
