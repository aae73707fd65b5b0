#if PostgreSQL
import KeyValue

/// A `postgres:` URL as libpq's parameters: `postgres://user:password@host:port,host:port/database?option=value`.
///
/// After PostgreSQL's documentation of connection URIs, section 34.1.1.2, of which every part may be left out.
struct DatabaseURL {
    /// Options of the URL that are ours and not libpq's.
    static let ownOptions: Set<String> = ["accept", "capture", "connections", "layout", "schema", "table", "timeout"]

    /// libpq's names and values. One may be a password.
    let parameters: [String: String]

    init(_ location: StoreLocation) throws(StoreError) {
        var parameters: [String: String] = [:]
        parameters["user"] = try location.user()
        parameters["password"] = try location.password()
        let servers = try location.servers()
        if servers.contains(where: { !$0.host.isEmpty }) {
            parameters["host"] = servers.map(\.host).joined(separator: ",")
        }
        if servers.contains(where: { $0.port != nil }) {
            parameters["port"] = servers.map { $0.port.map(String.init) ?? "" }.joined(separator: ",")
        }
        let database = location.path.drop { $0 == "/" }
        if !database.isEmpty { parameters["dbname"] = String(database) }
        for (name, value) in location.options where !DatabaseURL.ownOptions.contains(name) { parameters[name] = value }
        self.parameters = parameters
    }
}
#endif
