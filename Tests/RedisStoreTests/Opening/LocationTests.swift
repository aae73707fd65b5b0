#if Redis
import KeyValue
import Testing

@testable import RedisStore

@Suite struct LocationTests {
    private func configuration(_ url: String) throws -> RedisConfiguration {
        try RedisConfiguration(try StoreLocation(url))
    }

    @Test func whatAURLSays() throws {
        let plain = try configuration("redis://host")
        #expect(plain.endpoints == [RedisEndpoint(host: "host", port: 6_379)])
        #expect(plain.username == nil)
        #expect(plain.password == nil)
        #expect(plain.tls == nil)
        #expect((plain.database, plain.connections, plain.replicas) == (0, 1, 0))
        #expect(plain.callTimeout == .seconds(10))
        let full = try configuration(
            "rediss://us%40er:p%3Ass@a:1,[::1]:2,b/3?ca=/etc/ca.pem&timeout=2&connections=4&wait=1"
        )
        let expected = [("a", 1), ("::1", 2), ("b", 6_379)].map { RedisEndpoint(host: $0, port: $1) }
        #expect(full.endpoints == expected)
        #expect(full.username == "us@er")
        #expect(full.password == "p:ss")
        #expect(full.tls?.authorities == "/etc/ca.pem")
        #expect((full.database, full.connections, full.replicas) == (3, 4, 1))
        #expect(full.callTimeout == .seconds(2))
        #expect(full.connectTimeout == .seconds(2))
    }

    @Test(arguments: [
        "redis://", "redis://a:0", "redis://a:65536", "redis://a:b", "redis://a,,b", "redis://::1", "redis://a/x",
        "redis://a/-1", "redis://a?ca=x", "redis://a?timeout=0", "redis://a?timeout=3601", "redis://a?timeout=x",
        "redis://a?connections=0", "redis://a?connections=65", "redis://a?wait=-1", "redis://a?wait=17",
    ])
    func whatNoURLSays(_ url: String) {
        let error = #expect(throws: StoreError.self) { _ = try configuration(url) }
        #expect(error?.code == .invalidArgument)
    }

    @Test(arguments: ["?prefix=", "?prefix=a{b", "?prefix=a}b", "?unknown=1", "?layout=other", "?accept=anything"])
    func theDriverRefusesBeforeItConnects(_ options: String) async throws {
        // Nobody listens there.
        let location = try StoreLocation("redis://127.0.0.1:1" + options)
        let error = await #expect(throws: StoreError.self) {
            _ = try await RedisDriver().open(location, environment: .live)
        }
        #expect(error?.code == .invalidArgument)
    }
}
#endif
