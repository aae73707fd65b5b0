import Foundation
import TestServers
import Testing

/// Long work that is stopped in the middle, or killed there, and what a second run makes of it.
@Suite struct InterruptTests {
    let tool: Tool

    init() throws { tool = try Tool() }

    private static let count = 3_000
    private static let valueBytes = 300
    private static let stopped = "wherehouse: Stopped before its end: run it again to finish it.\n"

    private func fill() async throws {
        let value = String(repeating: "v", count: InterruptTests.valueBytes)
        let lines = (0..<InterruptTests.count).map { index in
            #"{"partition":"p\#(index % 3)","key":"\#(index)","value":"\#(index)\#(value)"}"# + "\n"
        }
        try await tool.output("put", "sqlite:a.db", "--from", "-", input: lines.joined())
    }

    /// Starts the command with a store whose connections stand still when half of the records went through; returns when
    /// they do.
    private func startStalling(_ words: String, at stalling: StallingRedis) async throws -> Running {
        stalling.stall(afterBytes: InterruptTests.count * InterruptTests.valueBytes / 2)
        let running = try tool.start(arguments(words, stalling))
        try await Patience.until { stalling.isStalled || !running.isRunning }
        try #require(running.isRunning)
        return running
    }

    private func arguments(_ words: String, _ stalling: StallingRedis) -> [String] {
        words.split(separator: " ").map { $0 == "REDIS" ? stalling.url : String($0) }
    }

    @Test(arguments: [
        "copy REDIS sqlite:b.db", "verify sqlite:a.db REDIS", "verify REDIS sqlite:a.db", "digest REDIS",
        "dump REDIS --output a.dump", "dump REDIS --output a.dump --format ndjson",
    ])
    func isStoppedWhileReading(words: String) async throws {
        try await fill()
        let redis = try await StallingRedis()
        try await tool.output("copy", "sqlite:a.db", redis.url)
        let running = try await startStalling(words, at: redis)
        running.interrupt()
        #expect(try await running.output() == "")
        #expect(await running.status() == 130)
        #expect(try running.error() == InterruptTests.stopped)
        #expect(try tool.files("dump") == [])
        redis.goOn()
        let again = try await tool.run(arguments(words, redis))
        #expect((again.status, again.error) == (0, ""))
        if words.hasPrefix("copy") { try await tool.output("verify", "sqlite:a.db", "sqlite:b.db") }
        if words.hasPrefix("dump") { #expect(try tool.files("dump") == ["a.dump"]) }
    }

    @Test(arguments: [SIGINT, SIGTERM]) func isStoppedWhileWriting(number: Int32) async throws {
        try await fill()
        try await tool.output("dump", "sqlite:a.db", "--output", "a.dump")
        for words in ["copy sqlite:a.db REDIS --checkpoint-interval 0", "restore REDIS --input a.dump"] {
            let redis = try await StallingRedis()
            let running = try await startStalling(words, at: redis)
            running.signal(number)
            #expect(try await running.output() == "")
            #expect(await running.status() == 128 + number)
            #expect(try running.error() == InterruptTests.stopped)
            redis.goOn()
            let report = try await tool.run(arguments(words, redis) + ["--json"])
            #expect((report.status, report.error.split(separator: "\n").count <= 1) == (0, true))
            #expect(report.output.contains(#"{"read":\#(InterruptTests.count),"#))
            try await tool.output("verify", "sqlite:a.db", redis.url)
        }
    }

    /// From a pipe that brings all but the end.
    @Test func restoringFromAPipeIsStopped() async throws {
        try await fill()
        try await tool.output("dump", "sqlite:a.db", "--output", "a.dump")
        let dump = try Data(contentsOf: tool.directory.appending(path: "a.dump"))
        let pipe = Pipe()
        let running = try tool.start(["restore", "sqlite:b.db"], input: pipe.fileHandleForReading)
        try pipe.fileHandleForWriting.write(contentsOf: dump.dropLast(10))
        // The store is made when the header was read, and everything behind that goes on until there is no more.
        try await Patience.until { try tool.files("b.db") != [] }
        running.interrupt()
        #expect(await running.status() == 130)
        #expect(try running.error() == InterruptTests.stopped)
        try await tool.output("restore", "sqlite:b.db", "--input", "a.dump")
        try await tool.output("verify", "sqlite:a.db", "sqlite:b.db")
    }

    @Test func aKilledDumpIsNoDump() async throws {
        try await fill()
        let redis = try await StallingRedis()
        try await tool.output("copy", "sqlite:a.db", redis.url)
        let running = try await startStalling("dump REDIS --output a.dump", at: redis)
        #expect(try tool.files("dump") == ["a.dump.partial"])
        // Nobody else writes there meanwhile.
        let other = try await tool.run("dump", "sqlite:a.db", "--output", "a.dump", "--force")
        #expect(other.status == 1)
        #expect(
            other.error
                == "wherehouse: Another process is writing this file: wait for its end, or name another. (path: a.dump)\n"
        )
        running.killAtOnce()
        #expect(await running.status() == 128 + SIGKILL)
        #expect(try tool.files("dump") == ["a.dump.partial"])
        let refused = try await tool.run("restore", "sqlite:b.db", "--input", "a.dump.partial")
        #expect(refused.status == 1 && refused.error.contains("dump"))
        #expect(try tool.files("b.db") == [])
        redis.goOn()
        try await tool.output("dump", redis.url, "--output", "a.dump")
        #expect(try tool.files("dump") == ["a.dump"])
        try await tool.output("restore", "sqlite:b.db", "--input", "a.dump")
        try await tool.output("verify", "sqlite:a.db", "sqlite:b.db")
    }
}

/// A Redis whose connections stand still when a test wants it.
private final class StallingRedis: Sendable {
    /// So that the time that a piece would take on such a line tells how many bytes it has.
    private static let bytesPerSecond = 160_000

    private let server: RedisServer
    private let proxy: FaultProxy
    private let gate = Gate()

    init() async throws {
        server = try await RedisServer.start()
        proxy = try FaultProxy.start(to: server.port) { [gate] duration in
            gate.pass(Int(duration / .seconds(1) * Double(StallingRedis.bytesPerSecond)))
        }
        try proxy.set(.slow(bytesPerSecond: StallingRedis.bytesPerSecond, delay: .zero))
    }

    deinit { gate.open() }

    /// Whoever waits for its replies does so for as long as a busy machine may need to come back to it.
    var url: String { "redis://127.0.0.1:\(proxy.port)?accept=relaxed&timeout=600" }

    func stall(afterBytes count: Int) { gate.close(after: count) }

    var isStalled: Bool { gate.isReached }

    func goOn() { gate.open() }
}

/// Lets bytes pass until it is closed; then everybody who comes waits until it is opened.
private final class Gate: @unchecked Sendable {
    // Safe: both are touched only with the condition's lock held.
    private var left = Int.max
    private var isClosed = false
    private let condition = NSCondition()

    private func locked<Result>(_ body: () -> Result) -> Result {
        condition.lock()
        defer { condition.unlock() }
        return body()
    }

    func close(after count: Int) { locked { left = count } }

    func open() {
        locked {
            left = .max
            isClosed = false
            condition.broadcast()
        }
    }

    var isReached: Bool { locked { isClosed } }

    func pass(_ count: Int) {
        locked {
            left -= count
            if left <= 0 { isClosed = true }
            while isClosed { condition.wait() }
        }
    }
}
