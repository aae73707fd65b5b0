import HTTPAPI
import Testing

@Suite struct ListenAddressTests {
    @Test(arguments: [
        ("8080", "127.0.0.1", 8_080), ("127.0.0.1:0", "127.0.0.1", 0), ("[::1]:65535", "::1", 65_535),
        ("db-1.example.org:80", "db-1.example.org", 80), ("0.0.0.0:1", "0.0.0.0", 1),
    ])
    func addressesAreRead(_ text: String, _ host: String, _ port: Int) throws {
        let address = try #require(ListenAddress(text))
        #expect(address.host == host)
        #expect(address.port == port)
        #expect(ListenAddress(address.description) == address)
    }

    @Test(arguments: [
        "", ":", ":80", "a:", "a:65536", "a:-1", "a:+1", "::1:80", "[::1]", "[]:1", "a b:1", "a:1/x", "é:1",
    ])
    func othersAreRefused(_ text: String) { #expect(ListenAddress(text) == nil) }

    @Test func theLoopbackIsKnown() throws {
        for text in ["80", "127.1.2.3:80", "localhost:80", "[::1]:80"] {
            #expect(try #require(ListenAddress(text)).isLoopback, "\(text)")
        }
        for text in [
            "0.0.0.0:80", "[::]:80", "10.0.0.1:80", "127.example.org:80", "127.0.0.1.example.org:80", "127.0.0:80",
        ] {
            #expect(try !#require(ListenAddress(text)).isLoopback, "\(text)")
        }
    }
}
