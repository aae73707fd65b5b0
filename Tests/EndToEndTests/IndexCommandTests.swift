import Drivers
import Foundation
import KeyValue
import Records
import TestServers
import Testing
import Tuples

/// Building and scrubbing indexes from the command line, without the code of the service.
@Suite struct IndexCommandTests {
    private static let count = 120
    private static let indexes = [
        ("by_size", "value", ["field:size"]), ("name", "unique", ["field:name"]), ("sizes", "sum:size", []),
        ("same", "unique", ["field:size"]),
    ]

    let tool: Tool
    let next: ItemRecords

    init() throws {
        tool = try Tool()
        next = try ItemRecords(IndexCommandTests.indexes)
    }

    private func filled(_ url: String = "a.db") async throws {
        let store = try await open()
        try await ItemRecords.fill(store, IndexCommandTests.count, next)
        await store.close()
    }

    private func open() async throws -> any KeyValueStore {
        try await StoreRegistry.bundled.open("sqlite:\(tool.directory.path)/a.db")
    }

    private func object(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    @Test func indexesAreBuilt() async throws {
        try await filled()
        let text = try await tool.output("index", "build", "sqlite:a.db", "t", "item", "by_size", "--quiet")
        #expect(text == "Entered 120 records: the index is readable.\n")
        let report = try object(
            try await tool.output("index", "build", "sqlite:a.db", "t", "item", "sizes", "--quiet", "--json")
        )
        #expect(report["state"] as? String == "readable" && report["entered"] as? Int == 120)
        #expect(report.keys.sorted() == ["duplicateCount", "duplicates", "entered", "mended", "state"])
        // Once more costs nothing.
        #expect(
            try await tool.output("index", "build", "sqlite:a.db", "t", "item", "by_size", "--quiet")
                == "Entered 0 records: the index is readable.\n"
        )
        let store = try await open()
        let records = try await next.open(store)
        let found = try await records.find(
            Query(.compare("size", .equal, 7), orderedBy: ["size"], allowsScan: false),
            as: next.type
        )
        #expect(found.records.count == 2)
        let sum = try await records.total("sizes", as: next.type).value
        #expect(sum == (0..<Int64(120)).reduce(0) { $0 + $1 % 100 })
        await store.close()
    }

    @Test func duplicatesFailTheBuild() async throws {
        try await filled()
        let outcome = try await tool.run("index", "build", "sqlite:a.db", "t", "item", "same", "--quiet", "--json")
        let report = try object(outcome.output)
        let named = try #require(report["duplicates"] as? [[String: Any]])
        // As many of the 20 pairs of one size as lie in one partition.
        #expect((1...20).contains(named.count) && report["duplicateCount"] as? Int == named.count)
        #expect(outcome.status == 1 && outcome.error.contains("duplicates: \(named.count)"))
        #expect(report["state"] as? String == "write-only")
        #expect(named.allSatisfy { $0["type"] as? String == "item" })
        let unknown = try await tool.run("index", "build", "sqlite:a.db", "t", "item", "nothing")
        #expect(unknown.status == 1 && unknown.error.contains("declares"))
        let wrong = try await tool.run("index", "build", "sqlite:a.db", "t", "item", "name", "--page-size", "0")
        #expect(wrong.status == 2)
    }

    @Test func scrubbingMendsAndTells() async throws {
        try await filled()
        try await tool.output("index", "build", "sqlite:a.db", "t", "item", "by_size", "--quiet")
        let store = try await open()
        let page = try await store.scan(.all(), ScanOptions(limit: 1_000), after: nil)
        // An entry begins with the number 1, which a tuple writes in two bytes; a record with 0.
        let entry = try #require(page.map(\.key).first { $0.bytes.starts(with: [0x15, 1]) })
        let record = try #require(page.map(\.key).last { $0.bytes.first == 0x14 && $0.partition == entry.partition })
        try await store.delete(entry)
        await store.close()
        let text = try await tool.output("index", "scrub", "sqlite:a.db", "t", "--quiet")
        #expect(text.hasSuffix("partitions, mended 1.\n"))
        let again = try await open()
        #expect(try await again.get(entry) != nil)
        try await again.put([1, 2, 3], at: record)
        await again.close()
        let outcome = try await tool.run("index", "scrub", "sqlite:a.db", "t", "--quiet", "--json")
        #expect(outcome.status == 1 && outcome.error.contains("damaged: 1"))
        let report = try object(outcome.output)
        #expect(report["damagedCount"] as? Int == 1 && report["mended"] as? Int == 0)
        #expect((report["damaged"] as? [[String: Any]])?.first?["code"] as? String == "corrupted")
        let lines = try await tool.run("index", "scrub", "sqlite:a.db", "t", "--quiet", "--type", "item")
        #expect(lines.status == 1 && lines.output.hasPrefix("damaged\t"))
        let missing = try await tool.run("index", "scrub", "sqlite:a.db", "other")
        #expect(missing.status == 1 && missing.error.contains("no schema"))
    }
}

/// A builder that is killed goes on where it was.
@Suite struct KilledBuildTests {
    private static let count = 400

    let tool: Tool
    let next: ItemRecords

    init() throws {
        tool = try Tool()
        next = try ItemRecords([("by_size", "value", ["field:size"]), ("sizes", "sum:size", [])])
    }

    @Test func embedded() async throws {
        let url = "sqlite:\(tool.directory.path)/a.db"
        let store = try await StoreRegistry.bundled.open(url)
        try await ItemRecords.fill(store, KilledBuildTests.count, next)
        await store.close()
        let database = tool.directory.path + "/a.db"
        try await kill(url) { [tool] in
            try tool.program("/usr/bin/sqlite3", "-readonly", database, "SELECT hex(v) FROM reserved_data ORDER BY 1")
        }
    }

    #if PostgreSQL
    @Test func postgreSQL() async throws {
        try await killOnServer(try await PostgreSQLServer.shared().makeDatabase() + "?accept=relaxed")
    }
    #endif

    #if Redis
    @Test func redis() async throws {
        let separator = try await RedisServer.shared().url.contains("?") ? "&" : "?"
        let url = try await RedisServer.shared().url + separator + "prefix=\(UUID().uuidString):"
        try await killOnServer(url + "&accept=relaxed")
    }
    #endif

    private func killOnServer(_ url: String) async throws {
        let store = try await StoreRegistry.bundled.open(url)
        try await ItemRecords.fill(store, KilledBuildTests.count, next)
        try await kill(url) {
            let page = try await store.scan(.all(in: .reservedData), ScanOptions(limit: 1_000), after: nil)
            return page.map { "\($0.value)" }.joined(separator: " ")
        }
        await store.close()
    }

    /// Kills builders whenever the store says that they have come on, which is read without their help.
    private func kill(_ url: String, _ progress: () async throws -> String) async throws {
        let start = ["index", "build", url, "t", "item"]
        // So slow that none ends before it is killed, however busy the machine is.
        let pace = ["--page-size", "8", "--width", "1", "--rest", "500", "--quiet", "--json"]
        for index in ["by_size", "sizes"] {
            var killed = 0
            var seen: Set<String> = []
            for _ in 0..<3 {
                let running = try tool.start(start + [index] + pace)
                // What it says about the schema comes first; then each page is news.
                var news = 0
                while running.isRunning, news < 6 {
                    if seen.insert(try await progress()).inserted { news += 1 }
                }
                running.killAtOnce()
                if await running.status() == 128 + SIGKILL { killed += 1 }
            }
            #expect(killed == 3)
            let outcome = try await tool.run(start + [index, "--quiet", "--json"])
            #expect((outcome.status, outcome.error) == (0, ""))
            let report = try #require(
                try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
            )
            #expect(report["state"] as? String == "readable")
            // Those before it have entered some for good.
            #expect(report["entered"] as? Int ?? .max < KilledBuildTests.count)
        }
        let store = try await StoreRegistry.bundled.open(url)
        let records = try await next.open(store)
        var found = 0
        for size in 0..<100 {
            let query = Query(.compare("size", .equal, .integer(Int64(size))), orderedBy: ["size"], allowsScan: false)
            found += try await records.find(query, as: next.type).records.count
        }
        #expect(found == KilledBuildTests.count)
        let sum = try await records.total("sizes", as: next.type).value
        #expect(sum == (0..<Int64(KilledBuildTests.count)).reduce(0) { $0 + $1 % 100 })
        await store.close()
    }
}
