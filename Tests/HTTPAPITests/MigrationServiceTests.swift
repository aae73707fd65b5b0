#if HTTP
import AsyncHTTPClient
import Drivers
import Foundation
import HTTPAPI
import KeyValue
import Migration
import NIOCore
import TestSupport
import Testing

/// Whole migrations between files of the embedded store, steered over HTTP.
@Suite struct MigrationServiceTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func open(_ name: String) async throws -> any KeyValueStore {
        try await StoreRegistry.bundled.open("sqlite:\(directory.path)/\(name).db", creating: true)
    }

    /// A migration, planned or not, with a worker or none, and its service for the time of `body`.
    private func serve(
        records: Int,
        isPlanned: Bool = true,
        isWorkedOn: Bool = true,
        _ body: (RunningServer, MigrationStores) async throws -> Void
    ) async throws {
        let (source, target, control) = (try await open("old"), try await open("new"), try await open("control"))
        for number in 0..<records { try await source.put([1, 2, 3], at: Key("p\(number % 5)", "\(number)")) }
        let stores = try MigrationStores(source: source, target: target, control: try ControlStore(control, name: "m"))
        if isPlanned {
            _ = try await MigrationController.plan(
                stores,
                source: "old",
                target: "new",
                actor: "test",
                milliseconds: WallClock.milliseconds
            )
        }
        let host = MigrationHost(stores, name: "worker", milliseconds: WallClock.milliseconds)
        let hosting = Task { if isWorkedOn { await host.run() } }
        let service = MigrationService(
            stores.control,
            stores: isPlanned ? nil : stores,
            milliseconds: WallClock.milliseconds,
            takenWithin: isWorkedOn ? .seconds(120) : .zero
        )
        do {
            try await RunningServer.run([service]) { server in try await body(server, stores) }
        } catch {
            Issue.record(error)
        }
        hosting.cancel()
        await hosting.value
        for store in [source, target, control] { await store.close() }
    }

    private func post(
        _ verb: String,
        _ body: String? = nil,
        to server: RunningServer
    ) async throws -> RunningServer.Reply {
        try await server.send(
            "POST",
            "/v1/migration/\(verb)",
            body: body.map { .bytes(ByteBuffer(string: $0)) }
        )
    }

    private func waitUntil(_ field: String, on server: RunningServer) async throws {
        while try await server.send("GET", "/v1/migration").field(field, as: Bool.self) != true { await Task.yield() }
    }

    @Test func aMigrationIsSteered() async throws {
        try await serve(records: 300) { server, stores in
            let planned = try await server.send("GET", "/v1/migration")
            #expect(planned.status == 200)
            #expect(try planned.field("mode") == "source")
            #expect(try planned.field("totalRows", as: Int.self) == 300)
            #expect(planned.body.contains("\"marks\":null"))

            let early = try await post("cutover", to: server)
            #expect(early.status == 409)
            #expect(try early.field("code") == "refused")
            #expect(try early.field("detail")?.contains("reason: ") == true)

            #expect(try await post("start", to: server).field("mode") == "captured")
            let throttle = #"{"rowsPerSecondMax":1000000,"latencyPercentMax":400,"hours":"00:00-23:59"}"#
            let throttled = try await post("throttle", throttle, to: server)
            #expect(try throttled.field("rowsPerSecondMax", as: Int.self) == 1_000_000)
            #expect(try throttled.field("hours") == "00:00-23:59")
            #expect(try await post("throttle", "{}", to: server).body.contains("\"rowsPerSecondMax\":null"))
            #expect(try await post("pause", to: server).field("paused", as: Bool.self) == true)
            #expect(try await post("resume", to: server).field("paused", as: Bool.self) == false)
            #expect(try await post("verify", to: server).status == 200)
            try await waitUntil("ready", on: server)
            #expect(try await post("cutover", to: server).field("mode") == "switched")
            #expect(try await post("rollback", to: server).field("mode") == "captured")
            try await waitUntil("ready", on: server)
            #expect(try await post("cutover", to: server).field("mode") == "switched")

            let metrics = try await server.send("GET", "/metrics").body
            for line in [
                #"migration_mode{migration="m",mode="switched"} 1"#, #"migration_mode{migration="m",mode="source"} 0"#,
                #"migration_rows_copied{migration="m"} 300"#, #"migration_holds{migration="m"} 3"#,
                #"migration_differences{migration="m"} 0"#,
            ] { #expect(metrics.contains(line + "\n"), "\(line)") }

            #expect(try await post("finalize", to: server).field("mode") == "target")
            let history = try await server.send("GET", "/v1/migration/history")
            #expect(history.headers["content-type"] == "application/jsonl")
            let steps = try await stores.control.auditLog()
            #expect(history.body.split(separator: "\n").count == steps.count)
            #expect(steps.contains { $0.actor == "tester over HTTP" })
            #expect(try await stores.target.count(.all(in: .records), ReadOptions()).value == 300)
        }
    }

    @Test func aMigrationIsPlannedWhereBothStoresAreOpen() async throws {
        try await serve(records: 30, isPlanned: false) { server, stores in
            #expect(try await server.send("GET", "/v1/migration").status == 400)
            #expect(try await server.send("GET", "/readyz", token: nil).status == 200)
            for body in [#"{"holdMaxMilliseconds":0}"#, #"{"marksMax":0}"#, #"{"source":"old"}"#, "[]"] {
                #expect(try await post("plan", body, to: server).status == 400, "\(body)")
            }
            let body = #"{"sourceName":"legacy","holdMaxMilliseconds":2500}"#
            let planned = try await post("plan", body, to: server)
            #expect(planned.status == 200)
            #expect(try planned.field("source") == "legacy")
            #expect(try planned.field("target") == "sqlite-target")
            #expect(try planned.field("holdMaxMilliseconds", as: Int.self) == 2_500)
            #expect(try planned.field("totalRows", as: Int.self) == 30)
            let again = try await post("plan", "{}", to: server)
            #expect(again.status == 409)
            #expect(try again.field("code") == "refused")
            #expect(try await post("start", to: server).field("mode") == "captured")
            try await waitUntil("ready", on: server)
        }
    }

    @Test func whatAnOperatorSaysIsKept() async throws {
        try await serve(records: 0, isWorkedOn: false) { server, stores in
            #expect(try await post("plan", "{}", to: server).status == 409)
            #expect(try await post("freeze", to: server).status == 200)
            #expect(try await post("acknowledge", to: server).field("lateGap", as: Bool.self) == false)
            let said = try await stores.control.auditLog().suffix(2)
            #expect(said.map(\.actor) == ["tester over HTTP", "tester over HTTP"])
            #expect(said.first?.text == "confirmed that nobody writes the source")
        }
    }

    @Test func aPlantedDifferenceIsFoundAndRepaired() async throws {
        try await serve(records: 40) { server, stores in
            #expect(try await post("start", to: server).status == 200)
            try await waitUntil("ready", on: server)
            // Somebody writes to the target past the migration.
            let key = Key("p1", "1")
            let epoch = try await stores.control.read().epoch
            _ = try await stores.target.write(
                WriteBatch([WriteBatch.Operation(.put([9]), at: key)], epoch: epoch)
            )
            #expect(try await post("verify", to: server).status == 200)
            var found = [String]()
            while found.isEmpty {
                found = try await server.send("GET", "/v1/migration").field("differences", as: [String].self) ?? []
            }
            #expect(found == ["p1/1"])
            #expect(try await post("cutover", to: server).status == 409)
            #expect(try await post("repair", to: server).status == 200)
            #expect(try await post("verify", to: server).status == 200)
            try await waitUntil("ready", on: server)
            #expect(try await stores.target.get(key)?.value == [1, 2, 3])
            #expect(try await post("abort", to: server).field("aborted", as: Bool.self) == true)
        }
    }

    @Test func whatNobodyDoesIsSaid() async throws {
        try await serve(records: 0, isWorkedOn: false) { server, stores in
            let reply = try await post("start", to: server)
            #expect(reply.status == 503)
            #expect(try reply.field("code") == "unavailable")
            #expect(try await stores.control.read().mode == .source)
            #expect(try await server.send("GET", "/readyz", token: nil).status == 200)
        }
    }

    @Test(arguments: [
        "", "[]", "{", #"{"rowsPerSecondMax":0}"#, #"{"rowsPerSecondMax":-1}"#, #"{"rowsPerSecondMax":"5"}"#,
        #"{"rowsPerSecond":5}"#, #"{"latencyPercentMax":99}"#, #"{"hours":"22:00"}"#, #"{"hours":"24:00-25:00"}"#,
        #"{"bytesPerSecondMax":1e99}"#, String(repeating: "[", count: 4_000),
    ])
    func aThrottleThatIsNoneIsRefused(_ body: String) async throws {
        try await serve(records: 0, isWorkedOn: false) { server, _ in
            let reply = try await post("throttle", body, to: server)
            #expect(reply.status == 400)
            #expect(try reply.field("code") == "badRequest")
        }
    }
}
#endif
