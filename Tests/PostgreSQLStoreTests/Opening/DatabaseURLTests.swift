#if PostgreSQL
import KeyValue
import Testing

@testable import PostgreSQLStore

@Suite struct DatabaseURLTests {
    @Test func everyPartReachesLibpq() throws {
        let url = "postgres://us%40er:pass%3Aword@one:1,[::1]:2,%2Ftmp/data%20base?sslmode=require&schema=s&timeout=5"
        let parameters = try DatabaseURL(StoreLocation(url)).parameters
        #expect(
            parameters == [
                "user": "us@er", "password": "pass:word", "host": "one,::1,/tmp", "port": "1,2,",
                "dbname": "data base", "sslmode": "require",
            ]
        )
    }

    @Test func everyPartMayBeLeftOut() throws {
        #expect(try DatabaseURL(StoreLocation("postgresql:")).parameters.isEmpty)
        #expect(
            try DatabaseURL(StoreLocation("postgresql:///d?host=/run")).parameters == ["dbname": "d", "host": "/run"]
        )
    }

    @Test(arguments: ["nonsense=1", "connections=1", "timeout=soon", "layout=unheard-of", "accept=everything"])
    func refusesWhatItDoesNotKnow(_ option: String) async throws {
        let location = try StoreLocation("postgres://localhost:1/d?" + option)
        await #expect { try await PostgreSQLDriver().open(location, environment: .live) } throws: { error in
            (error as? StoreError)?.code == .invalidArgument
        }
    }

    @Test func aServerThatIsNotThereIsUnavailableAndKeepsTheSecret() async throws {
        let location = try StoreLocation("postgres://user:secret@127.0.0.1:1/d")
        do throws(StoreError) {
            _ = try await PostgreSQLDriver().open(location, environment: .live)
            Issue.record("opened")
        } catch {
            #expect(error.code == .unavailable)
            #expect(!"\(error)".contains("secret"))
        }
    }
}
#endif
