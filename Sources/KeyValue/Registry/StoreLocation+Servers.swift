/// For drivers: what an authority says, of the form `user:password@host:port,host:port`.
extension StoreLocation {
    /// One of the servers that an authority names.
    public struct Server: Hashable, Sendable {
        /// A name or an address, percent-decoded and without brackets; empty where only a port is given.
        public let host: String
        /// From 1 to 65535; nil where none is given.
        public let port: Int?
    }

    /// The name of the user, percent-decoded; nil when it is empty or not given.
    public func user() throws(StoreError) -> String? {
        guard let name = userInformation?.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).first,
            !name.isEmpty
        else { return nil }
        return try StoreLocation.decoded(name)
    }

    /// The password, percent-decoded; nil when none is given.
    public func password() throws(StoreError) -> String? {
        guard let parts = userInformation?.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false),
            parts.count > 1
        else { return nil }
        return try StoreLocation.decoded(parts[1])
    }

    /// The servers that the authority names, behind commas in its order; none when it is empty or not there.
    ///
    /// An address of IP version 6 is in brackets. Throws ``StoreError/Code/invalidArgument`` that names the part which
    /// is no server.
    public func servers() throws(StoreError) -> [Server] {
        guard let authority else { return [] }
        let end = authority.lastIndex(of: "@").map { authority.index(after: $0) } ?? authority.startIndex
        let list = authority[end...]
        guard !list.isEmpty else { return [] }
        var servers: [Server] = []
        for text in list.split(separator: ",", omittingEmptySubsequences: false) {
            servers.append(try StoreLocation.server(text))
        }
        return servers
    }

    /// Whether `layout=raw` asks for a view of what is there, however it came to be.
    ///
    /// Throws ``StoreError/Code/invalidArgument`` for any other layout.
    public func isRaw() throws(StoreError) -> Bool {
        guard let layout = options["layout"] else { return false }
        guard layout == "raw" else {
            throw .invalidArgument("The option layout is raw, or left out.", ["layout": layout])
        }
        return true
    }

    /// How a raw view captures what other programs write, by its option `capture`; nil when it does not.
    ///
    /// Throws ``StoreError/Code/invalidArgument`` for a way that is none of `known`.
    public func capture(among known: [String]) throws(StoreError) -> String? {
        guard let capture = options["capture"] else { return nil }
        guard known.contains(capture) else {
            throw .invalidArgument(
                "This kind of store has no such capture.",
                ["capture": capture, "known": known.joined(separator: ", ")]
            )
        }
        return capture
    }

    private var userInformation: Substring? {
        // A password that was not encoded may hold the sign too, a host may not.
        authority.flatMap { authority in authority.lastIndex(of: "@").map { authority[..<$0] } }
    }

    private static func server(_ text: Substring) throws(StoreError) -> Server {
        let refusal = StoreError.invalidArgument(
            "A server of the URL is host, host:port or [address]:port, with a port from 1 to 65535.",
            ["server": String(text)]
        )
        var name = text
        var number: Substring = ""
        let bracket = text.hasPrefix("[") ? text.firstIndex(of: "]") : text.startIndex
        guard let bracket else { throw refusal }
        if let colon = text[bracket...].lastIndex(of: ":") {
            name = text[..<colon]
            number = text[text.index(after: colon)...]
        }
        if name.hasPrefix("[") {
            guard name.hasSuffix("]") else { throw refusal }
            name = name.dropFirst().dropLast()
        } else if name.contains(":") {
            throw refusal
        }
        guard !number.isEmpty else { return Server(host: try decoded(name), port: nil) }
        guard number.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(number),
            (1...65_535).contains(port)
        else { throw refusal }
        return Server(host: try decoded(name), port: port)
    }
}
