import KeyValue
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
        #expect(
            try await ask(.throttle(rowsPerSecondMax: 1_000_000, bytesPerSecondMax: nil), stores.control) == .done
        )
        #expect(try await stores.control.read().throttle.rowsPerSecondMax == 1_000_000)
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
            .start, .pause, .resume, .throttle(rowsPerSecondMax: 5, bytesPerSecondMax: nil), .cutover, .rollback,
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

    private func expectDamage(_ bytes: [UInt8], _ read: ([UInt8]) throws(StoreError) -> Void) {
        for length in bytes.indices { #expect(throws: StoreError.self) { try read(Array(bytes.prefix(length))) } }
        #expect(throws: StoreError.self) { try read(bytes + [0]) }
        var newer = bytes
        newer[0] = 2
        let error = #expect(throws: StoreError.self) { try read(newer) }
        #expect(error?.code == .newerFormat)
    }
}
