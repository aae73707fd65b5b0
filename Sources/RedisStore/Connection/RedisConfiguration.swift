#if Redis
import NIOSSL

/// Where servers are and how they are spoken to.
struct RedisConfiguration: Sendable {
    /// How a connection is encrypted.
    struct TLS: Sendable {
        /// A file of the authorities that are trusted; nil for those of the system.
        var authorities: String?
        /// Whether the server's certificate has to be for its name.
        var verifiesName = true

        func context() throws -> NIOSSLContext {
            var settings = TLSConfiguration.makeClientConfiguration()
            if let authorities { settings.trustRoots = .file(authorities) }
            if !verifiesName { settings.certificateVerification = .noHostnameVerification }
            return try NIOSSLContext(configuration: settings)
        }

        func handler(_ context: NIOSSLContext, for endpoint: RedisEndpoint) throws -> NIOSSLClientHandler {
            let isNamed = verifiesName && !endpoint.host.isAddress
            return try NIOSSLClientHandler(context: context, serverHostname: isNamed ? endpoint.host : nil)
        }
    }

    /// Servers to begin with: one, or some of a cluster.
    var endpoints: [RedisEndpoint]
    /// Nil for the server's default user.
    var username: String?
    var password: String?
    /// The number of the database; only 0 in a cluster.
    var database = 0
    /// Nil for connections in the clear.
    var tls: TLS?
    /// For how long a connection may take to be made.
    var connectTimeout: Duration = .seconds(5)
    /// For how long a command may take, from call to reply.
    var callTimeout: Duration = .seconds(10)
    /// How many connections are made to each server.
    var connections = 1
    /// How many replicas have to have a write before it counts as done; 0 for the server alone.
    var replicas = 0
    /// How many bytes of commands wait to be written to a server by a connection at most, unless one command alone has
    /// more.
    var waitingBytesMax = 256 << 20
    /// What the server's list of clients calls us.
    var clientName = "wherehouse"
}

/// A server's address.
struct RedisEndpoint: Hashable, Sendable, CustomStringConvertible {
    var host: String
    var port: Int

    var description: String { "\(host):\(port)" }
}

extension String {
    /// Whether it is an address rather than a name.
    fileprivate var isAddress: Bool { contains(":") || allSatisfy { $0.isNumber || $0 == "." } }
}
#endif
