#if CloudflareKV
public import KeyValue
import StoreHTTP

/// Opens `cloudflare-kv://:token@account/namespace?layout=raw`, where account and namespace are their identifiers.
///
/// The options are `prefix`, what the names of the keys begin with that are listed; `endpoint`, where Cloudflare's
/// interface is, `https://api.cloudflare.com` unless said otherwise; `timeout`, the seconds that a request may take, 10;
/// `connections`, how many are made at most, 8; and `ca`, a file of the authorities that are trusted in the place of the
/// system's.
public struct CloudflareKVDriver: StoreDriver {
    /// The driver.
    public init() {}

    public var schemes: [String] { ["cloudflare-kv"] }

    public func open(
        _ location: StoreLocation,
        environment: StoreEnvironment
    ) async throws(StoreError) -> any KeyValueStore {
        try location.requireOptions(among: HTTPConfiguration.options + ["layout", "endpoint", "prefix"])
        guard try location.isRaw() else {
            throw .unsupported("Keys of Cloudflare KV are too short for a store's: open it with layout=raw.")
        }
        let servers = try location.servers()
        let name = String(location.path.drop { $0 == "/" })
        guard servers.count == 1, servers[0].port == nil, CloudflareKVDriver.isIdentifier(servers[0].host),
            CloudflareKVDriver.isIdentifier(name), try location.user() == nil, let token = try location.password()
        else {
            throw .invalidArgument("A namespace is named by cloudflare-kv://:token@account/namespace?layout=raw.")
        }
        let endpoint = try HTTPEndpoint(location.options["endpoint"] ?? "https://api.cloudflare.com")
        let configuration = try HTTPConfiguration(location, isEncrypted: endpoint.isEncrypted)
        let transport = BudgetedTransport(
            base: try AsyncTransport(configuration, environment: environment),
            budget: RequestBudgets.shared(by: token, at: endpoint, now: environment.now()),
            environment: environment
        )
        let namespace = CloudflareNamespace(
            caller: HTTPCaller(transport, environment: environment, timeout: configuration.callTimeout),
            endpoint: endpoint,
            token: token,
            path: "/client/v4/accounts/\(servers[0].host)/storage/kv/namespaces/\(name)"
        )
        do throws(StoreError) {
            try await namespace.requireThere()
        } catch {
            await transport.close()
            throw error
        }
        let prefix = location.options["prefix"]
        return CloudflareKVStore(namespace, partition: name, prefix: prefix, environment: environment)
    }

    private static func isIdentifier(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) }
    }
}
#endif
