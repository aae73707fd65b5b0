#if Redis
import KeyValue

extension RedisConfiguration {
    /// What a URL says of the servers and of how they are spoken to.
    init(_ location: StoreLocation) throws(StoreError) {
        self.init(endpoints: [])
        for server in try location.servers() {
            guard !server.host.isEmpty else { throw RedisConfiguration.needsServer }
            endpoints.append(RedisEndpoint(host: server.host, port: server.port ?? 6_379))
        }
        guard !endpoints.isEmpty else { throw RedisConfiguration.needsServer }
        username = try location.user()
        password = try location.password()
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

    private static var needsServer: StoreError {
        .invalidArgument("A Redis is named by redis://host:port, or by several of them, separated by commas.")
    }
}
#endif
