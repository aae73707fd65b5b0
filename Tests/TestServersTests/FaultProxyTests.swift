import Foundation
import Synchronization
import TestServers
import Testing

@Suite(.timeLimit(.minutes(2))) struct FaultProxyTests {
    private let echo: EchoServer
    private let proxy: FaultProxy
    private let ping = Caller.Answer.bytes(Array("ping".utf8))

    init() throws {
        echo = try EchoServer()
        proxy = try FaultProxy.start(to: echo.port)
    }

    /// A connection that works.
    private func call() throws -> Caller {
        let caller = try Caller(proxy.port)
        caller.say("ping")
        #expect(caller.hear(4) == ping)
        return caller
    }

    @Test func passesBothWaysAndTheEnd() async throws {
        let caller = try call()
        #expect(proxy.connectionCount == 1)
        caller.finish()
        #expect(caller.next() == .end)
        try await Patience.until { proxy.connectionCount == 0 }
    }

    @Test func aCutResetsEveryConnectionOnce() throws {
        let callers = try (0..<3).map { _ in try call() }
        try proxy.set(.cut)
        for caller in callers { #expect(caller.next() == .failed(ECONNRESET)) }
        _ = try call()
    }

    @Test func refusesNewConnectionsOnly() throws {
        let caller = try call()
        try proxy.set(.refuse)
        let error = #expect(throws: POSIXError.self) { _ = try Caller(proxy.port) }
        #expect(error?.code == .ECONNREFUSED)
        caller.say("ping")
        #expect(caller.hear(4) == ping)
        try proxy.set(.pass)
        _ = try call()
    }

    @Test func aBlackHoleSwallowsBothWays() async throws {
        let old = try call()
        try proxy.set(.blackhole)
        let new = try Caller(proxy.port)
        old.say("lost")
        new.say("lost")
        try await Patience.until { proxy.swallowedByteCount == 8 }
        #expect(echo.received == 4)
        #expect(old.look() == .nothing)
        #expect(new.look() == .nothing)
        // What has lost bytes never goes on.
        try proxy.set(.pass)
        #expect(old.next() == .failed(ECONNRESET))
        #expect(new.next() == .failed(ECONNRESET))
        _ = try call()
    }

    @Test func oneWayLosesTheRepliesAlone() async throws {
        let caller = try call()
        try proxy.set(.oneWay)
        caller.say("more")
        try await Patience.until { proxy.swallowedByteCount == 4 }
        #expect(echo.received == 8)
        #expect(caller.look() == .nothing)
    }

    @Test func slowWeatherDelaysByTheBytesThatPass() throws {
        let slept = Mutex(Duration.zero)
        let slow = try FaultProxy.start(to: echo.port) { duration in slept.withLock { $0 += duration } }
        try slow.set(.slow(bytesPerSecond: 100, delay: .seconds(10)))
        let caller = try Caller(slow.port)
        caller.say("12345678901234567890")
        #expect(caller.hear(20) == .bytes(Array("12345678901234567890".utf8)))
        // 20 bytes each way at 100 a second, and a delay for each arrival, of which the replies may be several.
        let least = Duration.seconds(20) + .milliseconds(400)
        #expect(slept.withLock { $0 } >= least)
    }

    @Test func aLostReplyFollowsADoneRequest() throws {
        let caller = try call()
        try proxy.set(.loseReplies(afterRequestBytes: 8))
        caller.say("ping")
        #expect(caller.hear(4) == ping)
        caller.say("lost")
        #expect(caller.next() == .failed(ECONNRESET))
        #expect(echo.received == 12)
    }

    @Test func garbageIsInTheRepliesAlone() throws {
        let caller = try call()
        try proxy.set(.garbage)
        caller.say("ping")
        #expect(caller.hear(4) == .bytes("ping".utf8.map { ~$0 }))
        try proxy.set(.pass)
        caller.say("ping")
        #expect(caller.hear(4) == ping)
    }

    @Test func aServerThatIsDownResetsItsCallers() throws {
        let nobody = try FaultProxy.start(to: try FaultProxy.start(to: echo.port).port)
        let caller = try Caller(nobody.port)
        #expect(caller.next() == .failed(ECONNRESET))
    }
}
