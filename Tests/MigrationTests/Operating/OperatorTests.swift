import KeyValue
import Synchronization
import TestSupport
import Testing

@testable import Migration

/// Operators who reach the control store alone, and hosts that do what they ask for.
@Suite struct OperatorTests {
    private func host(_ stores: MigrationStores) -> MigrationHost {
        MigrationHost(stores, name: "host", milliseconds: { 0 })
    }

    private func planned(_ records: Int) async throws -> MigrationStores {
        let source = MemoryStore()
        for number in 0..<records { try await source.put([1], at: Key("p\(number % 3)", "\(number)")) }
        let control = try ControlStore(MemoryStore(), name: "m")
        let stores = try MigrationStores(source: source, target: MemoryStore(), control: control)
        _ = try await MigrationController.plan(
            stores,
            source: "old",
            target: "new",
            actor: "test",
            milliseconds: { 0 }
        )
        return stores
    }

    private func ask(_ command: OperatorCommand, _ control: ControlStore) async throws -> Operator.Outcome {
        let steering = Operator(control, name: "operator")
        return try await steering.outcome(of: try await steering.request(command), takenWithin: .seconds(60))
    }

    private func isProven(_ control: ControlStore) async throws -> Bool {
        let status = try await control.status(milliseconds: 0)
        return status.isCopied && status.proof.debt == 0
    }

    @Test func aHostMakesTheSteps() async throws {
        let stores = try await planned(50)
        let host = host(stores)
        let hosting = Task { await host.run() }
        #expect(try await ask(.rollback, stores.control) != .done)
        #expect(try await ask(.start, stores.control) == .done)
        #expect(try await ask(.start, stores.control) == .done)
        #expect(try await ask(.pause, stores.control) == .done)
        #expect(try await stores.control.read().throttle.isPaused)
        var throttle = Throttle(rowsPerSecondMax: 1_000_000, hours: Throttle.Hours("00:00-23:59"))
        #expect(try await ask(.throttle(throttle), stores.control) == .done)
        throttle.isPaused = true
        #expect(try await stores.control.read().throttle == throttle)
        #expect(try await ask(.resume, stores.control) == .done)
        while try await !isProven(stores.control) { await Task.yield() }
        #expect(try await ask(.cutover, stores.control) == .done)
        #expect(try await ask(.rollback, stores.control) == .done)
        #expect(try await ask(.cutover, stores.control) == .done)
        #expect(try await ask(.finalize, stores.control) == .done)
        // By itself: there is nothing left to do.
        await hosting.value
        let status = try await stores.control.status(milliseconds: 0)
        #expect(status.isOver && status.record.isFinished && !status.isAborted)
        #expect(try await stores.target.count(.all(in: .records), ReadOptions()).value == 50)
        #expect(try await stores.control.auditLog().contains { $0.actor == "operator" })
        #expect(try await stores.control.workers().isEmpty)
    }

    @Test func anotherHostGoesOn() async throws {
        let stores = try await planned(50)
        let first = host(stores)
        let firstHosting = Task { await first.run() }
        #expect(try await ask(.start, stores.control) == .done)
        firstHosting.cancel()
        await firstHosting.value
        let second = host(stores)
        let hosting = Task { await second.run() }
        #expect(try await ask(.abort, stores.control) == .done)
        await hosting.value
        #expect(try await stores.control.status(milliseconds: 0).isAborted)
    }

    @Test func writesThatWereLeftHeldGoOn() async throws {
        let stores = try await planned(5)
        let first = host(stores)
        let firstHosting = Task { await first.run() }
        #expect(try await ask(.start, stores.control) == .done)
        while try await !isProven(stores.control) { await Task.yield() }
        firstHosting.cancel()
        await firstHosting.value
        let controller = try await MigrationController.open(stores, actor: "killed", milliseconds: { 0 })
        try await controller.step(to: .sourceHeld)
        let second = host(stores)
        let hosting = Task { await second.run() }
        #expect(try await ask(.pause, stores.control) == .done)
        #expect(try await stores.control.read().mode == .captured)
        hosting.cancel()
        await hosting.value
    }

    @Test func whatNobodyTakesIsWithdrawn() async throws {
        let control = try await planned(0).control
        let steering = Operator(control, name: "operator")
        let request = try await steering.request(.start)
        let error = await #expect(throws: StoreError.self) {
            try await steering.outcome(of: request, takenWithin: .zero)
        }
        #expect(error?.code == .unavailable)
        #expect(try await control.requests().isEmpty)
        let unknown = Operator(try ControlStore(MemoryStore(), name: "none"), name: "operator")
        await #expect(throws: StoreError.self) { try await unknown.request(.start) }
    }

    /// The leader is killed when it has taken the request, and nobody else comes.
    @Test func whoWaitsForOneThatIsGoneIsTold() async throws {
        let time = SimulatedTime()
        let control = try await planned(0).control
        let steering = Operator(control, name: "operator", environment: time.environment)
        let request = try await steering.request(.start)
        let (present, revision) = try #require(try await control.request(request.number))
        var taken = present
        taken.answer = .taken
        #expect(try await control.keep(taken, number: request.number, if: .revision(revision)))
        try await control.keep(WorkerReport(name: "gone", milliseconds: 0), of: 1)
        let error = await #expect(throws: StoreError.self) {
            try await steering.outcome(of: request, takenWithin: .seconds(5))
        }
        #expect(error?.code == .outcomeUnknown)
        #expect(time.now >= .seconds(30) && time.now < .seconds(40))
    }

    /// One that takes long is waited for as long as somebody works.
    @Test func whoWorksForLongIsWaitedFor() async throws {
        let control = try await planned(0).control
        let number = Mutex<UInt64>(0)
        let time = SimulatedTime(whileSleeping: {
            await OperatorTests.workOn(number.withLock { $0 }, control)
        })
        let steering = Operator(control, name: "operator", environment: time.environment)
        let request = try await steering.request(.start)
        number.withLock { $0 = request.number }
        #expect(try await steering.outcome(of: request, takenWithin: .seconds(5)) == .done)
    }

    /// Takes a request, says something of itself 2,000 times, and answers then.
    private static func workOn(_ number: UInt64, _ control: ControlStore) async {
        do throws(StoreError) {
            guard let (present, revision) = try await control.request(number) else { return }
            var said = present
            let report = try await control.workers().first?.report
            var next = report ?? WorkerReport(name: "busy", milliseconds: 0)
            next.milliseconds += 1
            try await control.keep(next, of: 1)
            said.answer = next.milliseconds > 2_000 ? .done : .taken
            if said != present { _ = try await control.keep(said, number: number, if: .revision(revision)) }
        } catch {
            Issue.record(error)
        }
    }

    /// Somebody asked, and went away before a host was there: nobody is surprised later.
    @Test func whatWasAskedForLongAgoIsNotDone() async throws {
        let stores = try await planned(0)
        let steering = Operator(stores.control, name: "operator")
        let forgotten = try await steering.request(.start)
        let host = host(stores)
        let hosting = Task { await host.run() }
        #expect(try await ask(.pause, stores.control) == .done)
        #expect(try await stores.control.request(forgotten.number)?.request.answer == .waiting)
        #expect(try await stores.control.read().mode == .source)
        hosting.cancel()
        await hosting.value
    }

    @Test func rowsAreKeptAsTheyAre() throws {
        let commands: [OperatorCommand] = [
            .start, .pause, .resume,
            .throttle(Throttle(rowsPerSecondMax: 5, latencyPercentMax: 200, hours: Throttle.Hours("22:00-06:30"))),
            .cutover, .rollback,
            .finalize, .abort, .verify, .repair,
        ]
        for command in commands {
            for answer in [OperatorRequest.Answer.waiting, .taken, .done, .failed("why")] {
                var request = OperatorRequest(command, actor: "me")
                request.answer = answer
                #expect(try OperatorRequest(encoded: request.encoded) == request)
                expectDamage(request.encoded) { (bytes) throws(StoreError) in _ = try OperatorRequest(encoded: bytes) }
            }
        }
        var report = WorkerReport(name: "host/1", milliseconds: 7)
        report.rowsPerSecond = 5
        #expect(try WorkerReport(encoded: report.encoded) == report)
        expectDamage(report.encoded) { (bytes) throws(StoreError) in _ = try WorkerReport(encoded: bytes) }
    }

    /// A flag of a country is one character of eight bytes, and others have many more.
    @Test func textsOfAnyLengthAreKept() throws {
        for count in [10, 60, 300, 5_000] {
            let text = String(repeating: "\u{1F469}\u{200D}\u{1F469}\u{200D}\u{1F467}\u{200D}\u{1F466}", count: count)
            var request = OperatorRequest(.start, actor: text)
            request.answer = .failed(text)
            let read = try OperatorRequest(encoded: request.encoded)
            #expect(!read.actor.isEmpty && text.unicodeScalars.starts(with: read.actor.unicodeScalars))
            #expect(try OperatorRequest(encoded: read.encoded) == read)
            var report = WorkerReport(name: text, milliseconds: 1)
            report.hindrance = text
            let reread = try WorkerReport(encoded: report.encoded)
            #expect(try WorkerReport(encoded: reread.encoded) == reread)
        }
    }

    private func expectDamage(_ bytes: [UInt8], _ read: ([UInt8]) throws(StoreError) -> Void) {
        for length in bytes.indices { #expect(throws: StoreError.self) { try read(Array(bytes.prefix(length))) } }
        #expect(throws: StoreError.self) { try read(bytes + [0]) }
        var newer = bytes
        newer[0] = 2
        let error = #expect(throws: StoreError.self) { try read(newer) }
        #expect(error?.code == .newerFormat)
    }
}
