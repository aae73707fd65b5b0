#if CouchDB
public import KeyValue
import StoreHTTP

/// Opens `couchdb://user:password@host:port/database`, and `couchdbs:` for connections by TLS.
///
/// The database is made where it is not there, which only an administrator of the server may do. The options are
/// `login=cookie` for one session in the place of the password with every request; `timeout`, the seconds that a call
/// may take, 10; `connections`, how many are made at most, 8; and for `couchdbs:` `ca`, a file of the authorities that
/// are trusted in the place of the system's. `accept` takes `moved`.
public struct CouchDBDriver: StoreDriver {
    /// The driver.
    public init() {}

    public var schemes: [String] { ["couchdb", "couchdbs"] }

    public func open(
        _ location: StoreLocation,
        environment: StoreEnvironment
    ) async throws(StoreError) -> any KeyValueStore {
        try location.requireOptions(among: HTTPConfiguration.options + ["login"])
        let accepted = try location.acceptances()
        let isEncrypted = location.scheme == "couchdbs"
        let servers = try location.servers()
        guard servers.count == 1 else { throw CouchDBDriver.form }
        let endpoint = try HTTPEndpoint(
            host: servers[0].host,
            port: servers[0].port ?? (isEncrypted ? 6_984 : 5_984),
            isEncrypted: isEncrypted
        )
        let name = String(location.path.drop { $0 == "/" })
        guard CouchDBDriver.isName(name) else { throw CouchDBDriver.form }
        let login = CouchLogin(try CouchDBDriver.login(location), at: endpoint)
        let configuration = try HTTPConfiguration(location, isEncrypted: isEncrypted)
        let caller = HTTPCaller(
            try AsyncTransport(configuration, environment: environment),
            environment: environment,
            timeout: configuration.callTimeout
        )
        return try await CouchDBStore.open(
            CouchDatabase(caller: caller, endpoint: endpoint, path: "/" + PercentEncoding.encode(name), login: login),
            creating: location.createsStore,
            acceptsMovedAway: accepted.contains(.moved),
            environment: environment
        )
    }

    private static func login(_ location: StoreLocation) throws(StoreError) -> CouchLogin.Kind {
        let kind = location.options["login"] ?? "basic"
        guard ["basic", "cookie"].contains(kind) else {
            throw .invalidArgument("The option login is basic or cookie.", ["login": kind])
        }
        guard let user = try location.user() else {
            guard kind == "basic" else { throw .invalidArgument("A session needs a user and a password in the URL.") }
            return .nobody
        }
        let password = try location.password() ?? ""
        guard !user.contains(":") else { throw .invalidArgument("The name of a user has no colon.") }
        return kind == "cookie" ? .session(user: user, password: password) : .basic(user: user, password: password)
    }

    /// The names that the server takes, none of them one of its own.
    private static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, (0x61...0x7A).contains(first), name.utf8.count <= 238 else { return false }
        return name.utf8.allSatisfy { byte in
            (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || "_$()+/-".utf8.contains(byte)
        }
    }

    private static var form: StoreError {
        .invalidArgument(
            "A CouchDB is named by couchdb://host:port/database, the database in lower case, beginning with a letter."
        )
    }
}
#endif
