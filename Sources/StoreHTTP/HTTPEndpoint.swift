package import KeyValue

/// Where a server is, and whether connections to it are encrypted. It holds no credentials.
package struct HTTPEndpoint: Hashable, Sendable {
    /// A name or an address; an address of IP version 6 without brackets.
    package var host: String
    package var port: Int
    package var isEncrypted: Bool

    /// Throws ``StoreError/Code/invalidArgument`` for what is no name of a host.
    package init(host: String, port: Int, isEncrypted: Bool) throws(StoreError) {
        let isLegal =
            !host.isEmpty
            && host.utf8.allSatisfy { byte in
                HTTPEndpoint.isOfName(byte) || byte == 0x3A
            }
        guard isLegal, (1...65_535).contains(port) else {
            throw .invalidArgument("A server is named by its host, and a port from 1 to 65535.", ["host": host])
        }
        self.host = host
        self.port = port
        self.isEncrypted = isEncrypted
    }

    /// The one of a URL `http:` or `https:` with a host and a port, without anything behind it.
    package init(_ url: String) throws(StoreError) {
        let location = try StoreLocation(url)
        let servers = try location.servers()
        guard ["http", "https"].contains(location.scheme), servers.count == 1, try location.user() == nil,
            try location.password() == nil, location.path.isEmpty || location.path == "/", location.options.isEmpty
        else { throw .invalidArgument("An endpoint is http: or https:, two slashes, a host and a port, and no more.") }
        let isEncrypted = location.scheme == "https"
        try self.init(
            host: servers[0].host,
            port: servers[0].port ?? (isEncrypted ? 443 : 80),
            isEncrypted: isEncrypted
        )
    }

    /// The endpoint of a URL with a path and perhaps a query, and these as a request's target.
    package static func split(_ url: String) throws(StoreError) -> (endpoint: HTTPEndpoint, target: String) {
        let start = url.firstRange(of: "://")?.upperBound ?? url.startIndex
        let end = url[start...].firstIndex { "/?#".contains($0) } ?? url.endIndex
        let target = String(url[end...])
        return (try HTTPEndpoint(String(url[..<end])), target.hasPrefix("/") ? target : "/" + target)
    }

    /// The scheme, the host and the port, the latter only where it is not that of the scheme. It is also what the Host header has,
    /// behind the slashes.
    package var url: String { (isEncrypted ? "https://" : "http://") + authority }

    /// The host, and the port where it is not that of the scheme.
    package var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isEncrypted ? 443 : 80) ? name : "\(name):\(port)"
    }

    private static func isOfName(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || [0x2D, 0x2E, 0x5F].contains(byte)
    }
}

extension HTTPEndpoint: CustomStringConvertible {
    package var description: String { url }
}
