#if Redis
import KeyValue

extension RedisConfiguration {
    /// What a URL says of the servers and of how they are spoken to.
    init(_ location: StoreLocation) throws(StoreError) {
        var hosts = Substring(location.authority ?? "")
        var user: Substring?
        if let at = hosts.lastIndex(of: "@") {
            user = hosts[..<at]
            hosts = hosts[hosts.index(after: at)...]
        }
        self.init(endpoints: [])
        for host in hosts.split(separator: ",", omittingEmptySubsequences: false) {
            endpoints.append(try RedisEndpoint(host))
        }
        if let user {
            let parts = user.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let name = try RedisConfiguration.decoded(parts[0])
            username = name.isEmpty ? nil : name
            if parts.count > 1 { password = try RedisConfiguration.decoded(parts[1]) }
        }
        let path = location.path.drop { $0 == "/" }
        if !path.isEmpty {
            guard let number = Int(path), (0..<1_000_000).contains(number) else {
                throw .invalidArgument("The path of a Redis is the number of its database.", ["path": location.path])
            }
            database = number
        }
        if location.scheme == "rediss" {
            tls = TLS(authorities: location.options["ca"])
        } else if location.options["ca"] != nil {
            throw .invalidArgument("The option ca is for rediss alone.")
        }
        if let seconds = try location.number("timeout", in: 1...3_600) {
            callTimeout = .seconds(seconds)
            connectTimeout = .seconds(min(seconds, 5))
        }
        if let number = try location.number("connections", in: 1...64) { connections = number }
        if let number = try location.number("wait", in: 0...16) { replicas = number }
    }

    private static func decoded(_ text: Substring) throws(StoreError) -> String {
        // The one decoder there is, for paths; the letter keeps slashes at the beginning from being more than that.
        String(try StoreLocation("redis:_" + text).path.dropFirst())
    }
}

extension StoreLocation {
    /// The number that an option is; nil where it is not given.
    fileprivate func number(_ name: String, in range: ClosedRange<Int>) throws(StoreError) -> Int? {
        guard let text = options[name] else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw .invalidArgument(
                "The option is a number between two bounds.",
                ["option": name, "value": text, "least": "\(range.lowerBound)", "most": "\(range.upperBound)"]
            )
        }
        return number
    }
}

extension RedisEndpoint {
    /// A host with or without a port; an IPv6 address in brackets.
    init(_ text: Substring) throws(StoreError) {
        let refusal = StoreError.invalidArgument(
            "A Redis is named by redis://host:port, or by several of them, separated by commas.",
            ["server": String(text)]
        )
        var name = text
        var number: Substring?
        if let colon = text.lastIndex(of: ":"), !text[colon...].contains("]") {
            name = text[..<colon]
            number = text[text.index(after: colon)...]
        }
        if name.hasPrefix("["), name.hasSuffix("]") {
            name = name.dropFirst().dropLast()
        } else if name.contains(":") {
            throw refusal
        }
        guard !name.isEmpty else { throw refusal }
        host = String(name)
        port = 6_379
        if let number {
            guard let parsed = Int(number), (1...65_535).contains(parsed) else { throw refusal }
            port = parsed
        }
    }
}
#endif
