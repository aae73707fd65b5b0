/// Where a server listens: an address of this machine, and a port.
public struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
    /// A name or an address; one of IP version 6 without brackets.
    public let host: String
    /// The port; 0 for any that is free.
    public let port: Int

    /// An address from its parts: the loopback interface and any free port, unless told otherwise.
    public init(host: String = "127.0.0.1", port: Int = 0) {
        self.host = host
        self.port = port
    }

    /// An address as it is written: `PORT` on the loopback interface, `HOST:PORT`, or `[ADDRESS]:PORT`. Nil for what is
    /// none of them.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else {
            guard let port = ListenAddress.port(text[...]) else { return nil }
            self.init(port: port)
            return
        }
        guard let port = ListenAddress.port(text[text.index(after: colon)...]) else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        let isLegal = host.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: ":"):
                true
            default: false
            }
        }
        guard !host.isEmpty, isLegal else { return nil }
        self.init(host: String(host), port: port)
    }

    private static func port(_ text: Substring) -> Int? {
        guard (1...5).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int(text).flatMap { $0 <= 65_535 ? $0 : nil }
    }

    /// Whether nobody from another machine gets there.
    public var isLoopback: Bool {
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    /// The address as it is written, with the port.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
