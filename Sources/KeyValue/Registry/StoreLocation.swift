/// The URL that names a store: `scheme:path`, or `scheme://authority/path`, with options behind a question mark.
///
/// Parsed after RFC 3986, but with an authority of any form, since databases name several hosts in one. It may hold a
/// password: print ``description``, which hides it, and never the text that it came from.
public struct StoreLocation: Hashable, Sendable {
    /// The kind of store, in lower case.
    public let scheme: String
    /// What stands between `//` and the path, as written; nil when there is no `//`.
    public let authority: String?
    /// The path, percent-decoded.
    public let path: String
    /// The options, percent-decoded.
    public let options: [String: String]
    /// Whether a store that is not there yet is made. The URL does not say; whoever opens it does.
    public var createsStore = true
    /// How many bytes of what was read a connection may keep in memory, for stores that do; nil for as many as suit a
    /// server. Who reads everything once needs few.
    public var cacheBytesMax: Int?

    /// Parses a URL; throws ``StoreError/Code/invalidArgument`` that says what is wrong with it.
    public init(_ url: String) throws(StoreError) {
        guard let colon = url.firstIndex(of: ":"), StoreLocation.isScheme(url[..<colon]) else {
            throw .invalidArgument("A store is named by a URL that begins with its kind, such as sqlite:metadata.db.")
        }
        scheme = url[..<colon].lowercased()
        var rest = url[url.index(after: colon)...]
        var query: Substring = ""
        if let mark = rest.firstIndex(of: "?") {
            query = rest[rest.index(after: mark)...]
            rest = rest[..<mark]
        }
        if rest.hasPrefix("//") {
            rest = rest.dropFirst(2)
            let end = rest.firstIndex(of: "/") ?? rest.endIndex
            authority = String(rest[..<end])
            rest = rest[end...]
        } else {
            authority = nil
        }
        path = try StoreLocation.decoded(rest)
        var options: [String: String] = [:]
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = try StoreLocation.decoded(parts[0])
            let value = parts.count > 1 ? try StoreLocation.decoded(parts[1]) : ""
            guard options.updateValue(value, forKey: name) == nil else {
                throw .invalidArgument("An option of the URL is given twice: keep one.", ["option": name])
            }
        }
        self.options = options
    }

    /// For drivers: throws unless every option of the URL is one of `names` or `accept`.
    public func requireOptions(among names: [String]) throws(StoreError) {
        guard let stranger = options.keys.sorted().first(where: { $0 != "accept" && !names.contains($0) }) else {
            return
        }
        throw .invalidArgument(
            "The URL has an option that this kind of store does not know.",
            ["option": stranger, "known": (names + ["accept"]).joined(separator: ", ")]
        )
    }

    /// What the operator accepts, from the option `accept`, whose values are separated by commas.
    public func acceptances() throws(StoreError) -> Set<Acceptance> {
        var accepted: Set<Acceptance> = []
        for name in (options["accept"] ?? "").split(separator: ",") {
            guard let acceptance = Acceptance(rawValue: String(name)) else {
                throw .invalidArgument(
                    "The URL accepts something unknown.",
                    [
                        "accept": String(name),
                        "known": Acceptance.allCases.map(\.rawValue).joined(separator: ", "),
                    ]
                )
            }
            accepted.insert(acceptance)
        }
        return accepted
    }

    private static func isScheme(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, (0x61...0x7A).contains(first | 0x20) else { return false }
        return text.utf8.allSatisfy { byte in
            (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || [0x2B, 0x2D, 0x2E].contains(byte)
        }
    }

    /// Percent-decoded; throws ``StoreError/Code/invalidArgument`` for what is no UTF-8 then.
    package static func decoded(_ text: Substring) throws(StoreError) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == 0x25 else {
                bytes.append(byte)
                continue
            }
            let digits = Substring(rest.prefix(2))
            guard digits.utf8.count == 2, digits.utf8.allSatisfy(isHexDigit), let value = UInt8(digits, radix: 16)
            else {
                throw .invalidArgument("A percent sign in the URL needs two hexadecimal digits behind it.")
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        guard let string = String(validating: bytes, as: UTF8.self) else {
            throw .invalidArgument("A percent-encoded part of the URL is not UTF-8.")
        }
        return string
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
    }
}

extension StoreLocation: CustomStringConvertible {
    private static let harmless: Set<String> = ["accept", "layout", "synchronous"]

    /// The URL without what could be a secret: no user information, and of the options only those known to be
    /// harmless with their values.
    public var description: String {
        var text = scheme + ":"
        if let authority {
            let host = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
            text += "//" + host
        }
        text += path
        let shown = options.sorted { $0.key < $1.key }.map { name, value in
            name + "=" + (StoreLocation.harmless.contains(name) ? value : "…")
        }
        return shown.isEmpty ? text : text + "?" + shown.joined(separator: "&")
    }
}
