import KeyValue
import Testing

struct StoreLocationTests {
    @Test func readsTheFormsInUse() throws {
        let file = try StoreLocation("sqlite:data/metadata.db?synchronous=normal&accept=relaxed")
        #expect(file.scheme == "sqlite")
        #expect(file.authority == nil)
        #expect(file.path == "data/metadata.db")
        #expect(file.options == ["synchronous": "normal", "accept": "relaxed"])

        let hosts = try StoreLocation("postgres://me:secret@one:5432,two:5433/db?sslmode=verify-full")
        #expect(hosts.authority == "me:secret@one:5432,two:5433")
        #expect(hosts.path == "/db")

        let bare = try StoreLocation("MEMORY:")
        #expect(bare.scheme == "memory")
        #expect(bare.path.isEmpty)

        let escaped = try StoreLocation("sqlite:a%20b%3Fc.db?name=x%26y=z")
        #expect(escaped.path == "a b?c.db")
        #expect(escaped.options == ["name": "x&y=z"])
    }

    @Test(arguments: [
        "", "metadata.db", ":x", "1a:x", "sq lite:x", "sqlite:%", "sqlite:%4", "sqlite:%zz", "sqlite:%+1",
        "sqlite:%ff", "sqlite:x?a=1&a=2", "sqlite:x?a=%e4",
    ])
    func refusesWhatIsNoLocation(_ text: String) {
        let error = #expect(throws: StoreError.self) { try StoreLocation(text) }
        #expect(error?.code == .invalidArgument)
    }

    @Test func readsAnAuthority() throws {
        let location = try StoreLocation("postgres://m%40e:s:e@c%25ret@one:5432,[fe80::1]:6,two,%2Frun,:7/db")
        #expect(try location.user() == "m@e")
        #expect(try location.password() == "s:e@c%ret")
        let servers = try location.servers()
        #expect(servers.map(\.host) == ["one", "fe80::1", "two", "/run", ""])
        #expect(servers.map(\.port) == [5432, 6, nil, nil, 7])

        for text in ["redis:", "redis:///0", "redis://@/0", "redis://:@"] {
            let bare = try StoreLocation(text)
            #expect(try bare.servers().isEmpty)
            #expect(try bare.user() == nil)
        }
        #expect(try StoreLocation("redis://:@").password() == "")
        #expect(try StoreLocation("redis://me@host").password() == nil)
    }

    @Test(arguments: [
        "h:0", "h:65536", "h:+1", "h:x", "h: 1", "[::1", "[::1]x:1", "::1", "a:1:2", "ok,h:0", "h%zz", "h:٣",
    ])
    func refusesWhatIsNoServer(_ text: String) throws {
        let location = try StoreLocation("redis://" + text)
        let error = #expect(throws: StoreError.self) { try location.servers() }
        #expect(error?.code == .invalidArgument)
    }

    @Test func knowsARawView() throws {
        #expect(try StoreLocation("redis://h?layout=raw").isRaw())
        #expect(try !StoreLocation("redis://h").isRaw())
        #expect(throws: StoreError.self) { try StoreLocation("redis://h?layout=cooked").isRaw() }
    }

    @Test func showsNoSecret() throws {
        let location = try StoreLocation("redis://user:p%40ss@host:6379/0?password=hunter2&accept=relaxed&token=abc")
        #expect(location.description == "redis://host:6379/0?accept=relaxed&password=…&token=…")
        let odd = try StoreLocation("postgres://a:b@c@host/db")
        #expect(odd.description == "postgres://host/db")
    }

    @Test func refusesUnknownOptionsAndAcceptances() throws {
        let location = try StoreLocation("sqlite:x?speed=high&accept=loss")
        #expect(throws: StoreError.self) { try location.requireOptions(among: ["synchronous"]) }
        #expect(throws: StoreError.self) { try location.acceptances() }
        try StoreLocation("sqlite:x?synchronous=full&accept=moved").requireOptions(among: ["synchronous"])
    }
}

struct StoreRegistryTests {
    /// Opens memory stores that claim what the test says.
    private struct ClaimingDriver: StoreDriver {
        let schemes = ["claiming"]
        let durability: Durability

        func open(
            _ location: StoreLocation,
            environment: StoreEnvironment
        ) async throws(StoreError) -> any KeyValueStore {
            var profile = MemoryProfile.reference
            profile.capabilities.durability = durability
            return MemoryStore(profile, environment: environment)
        }
    }

    @Test func opensByScheme() async throws {
        let registry = StoreRegistry([MemoryDriver()])
        #expect(registry.schemes == ["memory"])
        let store = try await registry.open("memory:")
        #expect(store.system == "memory")
        await store.close()
    }

    @Test(arguments: ["memory:path", "memory://host", "memory:?x=1", "unknown:x", "nothing"])
    func refusesPrecisely(_ url: String) async {
        let error = await #expect(throws: StoreError.self) {
            _ = try await StoreRegistry([MemoryDriver()]).open(url)
        }
        #expect(error?.code == .invalidArgument)
    }

    @Test func lessDurabilityHasToBeAccepted() async throws {
        let registry = StoreRegistry([ClaimingDriver(durability: .processLoss)])
        let error = await #expect(throws: StoreError.self) { _ = try await registry.open("claiming:x") }
        #expect(error?.code == .unsupported)
        let store = try await registry.open("claiming:x?accept=relaxed")
        #expect(store.capabilities.durability == .processLoss)
    }
}
