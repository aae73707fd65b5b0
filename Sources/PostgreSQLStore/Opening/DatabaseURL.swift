#if PostgreSQL
import KeyValue

/// A `postgres:` URL as libpq's parameters: `postgres://user:password@host:port,host:port/database?option=value`.
///
/// After PostgreSQL's documentation of connection URIs, section 34.1.1.2, of which every part may be left out.
struct DatabaseURL {
    /// Options of the URL that are ours and not libpq's.
    static let ownOptions: Set<String> = ["accept", "connections", "layout", "schema", "table", "timeout"]

    /// libpq's names and values. One may be a password.
    let parameters: [String: String]

    init(_ location: StoreLocation) throws(StoreError) {
        var parameters: [String: String] = [:]
        if let authority = location.authority { try DatabaseURL.read(authority, into: &parameters) }
        let database = location.path.drop { $0 == "/" }
        if !database.isEmpty { parameters["dbname"] = String(database) }
        for (name, value) in location.options where !DatabaseURL.ownOptions.contains(name) { parameters[name] = value }
        self.parameters = parameters
    }

    private static func read(_ authority: String, into parameters: inout [String: String]) throws(StoreError) {
        var hosts = authority[...]
        if let at = authority.lastIndex(of: "@") {
            hosts = authority[authority.index(after: at)...]
            let user = authority[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            if let name = user.first, !name.isEmpty { parameters["user"] = try decoded(name) }
            if user.count > 1 { parameters["password"] = try decoded(user[1]) }
        }
        guard !hosts.isEmpty else { return }
        var names: [String] = []
        var ports: [String] = []
        for host in hosts.split(separator: ",", omittingEmptySubsequences: false) {
            var name = host
            var port: Substring = ""
            // In brackets an address of version 6 may have colons of its own.
            let end = host.hasPrefix("[") ? host.firstIndex(of: "]") ?? host.startIndex : host.startIndex
            if let colon = host[end...].lastIndex(of: ":") {
                name = host[..<colon]
                port = host[host.index(after: colon)...]
            }
            if name.hasPrefix("["), name.hasSuffix("]") { name = name.dropFirst().dropLast() }
            names.append(try decoded(name))
            ports.append(String(port))
        }
        if names.contains(where: { !$0.isEmpty }) { parameters["host"] = names.joined(separator: ",") }
        if ports.contains(where: { !$0.isEmpty }) { parameters["port"] = ports.joined(separator: ",") }
    }

    /// The text with its percent signs undone, by the rules of every other part of a URL.
    private static func decoded(_ text: Substring) throws(StoreError) -> String {
        try StoreLocation("part:" + text).path
    }
}
#endif
