#if PostgreSQL
import Foundation
import KeyValue
import Synchronization
import TestServers
import Testing

@testable import PostgreSQLStore

@Suite struct ConnectingTests {
    private func failure(_ url: String) async -> StoreError? {
        do throws(StoreError) {
            let store = try await PostgreSQLDriver().open(StoreLocation(url), environment: .live)
            await store.close()
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        ("FATAL:  28P01: password authentication failed for user \"u\"", StoreError.Code.permissionDenied),
        ("connection to server at \"h\" failed: FATAL:  3D000: Datenbank »d« existiert nicht", .invalidArgument),
        ("FATAL:  53300: sorry, too many clients already\nLOCATION:  InitProcess, proc.c:353", .throttled),
        ("could not translate host name \"h\" to address: x\nFATAL:  28000: no entry", .permissionDenied),
        ("FATAL:  08P01: no more connections allowed (max_client_conn)", .throttled),
        ("FATAL:  57P03: the database system is starting up", .unavailable),
        ("FATAL:  28p01: no code", .unavailable), ("FATAL:  28P01:", .unavailable), (":  ", .unavailable),
        ("could not connect to server: Connection refused", .unavailable), ("", .unavailable),
    ])
    func whatTheServerSaysIsToldByItsCode(_ text: String, _ code: StoreError.Code) {
        #expect(ConnectionTarget.failure(text).code == code)
    }

    @Test func aServerOfAnotherLanguageIsUnderstood() async throws {
        let locales = FileManager.default.temporaryDirectory.path + "/wherehouse-locales-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: locales, withIntermediateDirectories: true)
        defer {
            // What is left behind in the system's temporary directory is no test's failure.
            try? FileManager.default.removeItem(atPath: locales)
        }
        let locale = Process()
        locale.executableURL = URL(filePath: "/usr/bin/env")
        locale.arguments = ["localedef", "-i", "de_DE", "-f", "UTF-8", "--no-archive", locales + "/de_DE.UTF-8"]
        try locale.run()
        locale.waitUntilExit()
        #expect(locale.terminationStatus == 0)
        let server = try await PostgreSQLServer.start(
            ["lc_messages=de_DE.UTF-8"],
            password: "secret",
            environment: ["LOCPATH=" + locales]
        )
        let wrong = await failure("postgres://postgres:wrong@127.0.0.1:\(server.port)/postgres")
        #expect(wrong?.code == .permissionDenied)
        #expect(wrong?.metadata["server"]?.contains("Passwort") == true)
        let missing = await failure(server.url(of: "missing"))
        #expect(missing?.code == .invalidArgument)
        #expect(missing?.metadata["server"]?.contains("existiert nicht") == true)
        let silent = await failure("postgres://postgres@127.0.0.1:\(server.port)/postgres")
        #expect(silent?.code == .permissionDenied)
        server.stop()
    }

    @Test func hostsAreTriedOneAfterTheOther() async throws {
        let server = try await PostgreSQLServer.shared()
        let name = try server.makeNamedDatabase()
        let dead = try FreePort.find()
        let hosts = "127.0.0.1:\(dead),localhost:\(server.port)"
        let error = await failure("postgres://postgres@\(hosts)/\(name)?target_session_attrs=read-write")
        #expect(error == nil)
    }

    /// Looking up a name may take long, and must not hold up those who need no new connection.
    @Test func aConnectionBeingMadeHoldsUpNobody() async throws {
        let url = try await PostgreSQLServer.shared().makeDatabase()
        let parameters = try DatabaseURL(StoreLocation(url)).parameters
        let target = ConnectionTarget(
            parameters.map { (name: $0.key, value: $0.value) },
            timeoutMilliseconds: 60_000
        )
        let made = Mutex(0)
        let gate = DispatchSemaphore(value: 0)
        let connection = try PostgreSQLConnection(target, connections: 2, environment: .live) { target in
            let number = made.withLock { made in
                made += 1
                return made
            }
            if number == 3 { gate.wait() }
            return ServerHandle.start(target)
        }
        _ = try await connection.read(Query("SELECT 1"))
        _ = try await connection.write([Query("SELECT 1")])
        let lease = connection.lease()
        async let late = connection.read(Query("SELECT 3"), on: lease)
        try await Patience.until { made.withLock { $0 } == 3 }
        for _ in 0..<100 {
            _ = try await connection.read(Query("SELECT 1"))
            _ = try await connection.write([Query("SELECT 1")])
        }
        gate.signal()
        let answer = try await late
        #expect(answer.integer(0, 0) == 3)
        connection.release(lease)
        await connection.close()
    }
}
#endif
