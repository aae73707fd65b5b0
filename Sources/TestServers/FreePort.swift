import Foundation

/// Ports of the loopback interface that nobody listens on.
public enum FreePort {
    /// A port that is free now. Somebody else may take it before it is used, so whoever starts a server tries again.
    ///
    /// It is low enough for Redis Cluster's bus, which takes the port 10,000 above.
    public static func find() throws -> Int {
        for _ in 0..<1_000 {
            let port = Int.random(in: 20_000..<32_000)
            if isFree(port), isFree(port + 10_000) { return port }
        }
        throw ServerError("No port is free.")
    }

    private static func isFree(_ port: Int) -> Bool {
        let handle = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard handle >= 0 else { return false }
        defer { close(handle) }
        return withAddress(port) { bind(handle, $0, $1) } == 0
    }

    /// Whether somebody accepts connections there.
    static func isListening(_ port: Int) -> Bool {
        let handle = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard handle >= 0 else { return false }
        defer { close(handle) }
        return withAddress(port) { connect(handle, $0, $1) } == 0
    }

    /// Calls with the address of that port, as the calls for sockets take it.
    static func withAddress(_ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
