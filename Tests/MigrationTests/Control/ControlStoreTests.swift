import KeyValue
import TestSupport
import Testing

@testable import Migration

/// The control record in a store: made once, changed by compare-and-set, by one controller at a time.
@Suite struct ControlStoreTests {
    private static func record(_ source: UInt64 = 1, _ target: UInt64 = 2) -> ControlRecord {
        ControlRecord(
            source: StoreName(name: "old", high: 0, low: source),
            target: StoreName(name: "new", high: 0, low: target),
            plan: MigrationPlan(),
            controller: 0,
            audit: AuditEntry(number: 0, milliseconds: 1, actor: "op", text: "planned")
        )
    }

    private let store = MemoryStore(environment: SimulatedTime().environment)

    private func control(_ name: String = "m") throws -> ControlStore {
        try ControlStore(store, name: name, environment: SimulatedTime(seed: 3).environment)
    }

    private func expect(_ code: StoreError.Code, _ body: () async throws -> Void) async {
        let error = await #expect(throws: StoreError.self) { try await body() }
        #expect(error?.code == code)
    }

    @Test func migrationsAreMadeOnce() async throws {
        let control = try control()
        await expect(.invalidArgument) { _ = try await control.read() }
        try await control.create(ControlStoreTests.record())
        #expect(try await control.read() == ControlStoreTests.record())
        await expect(.invalidArgument) { try await control.create(ControlStoreTests.record()) }
        await expect(.invalidArgument) { _ = try await self.control("other").read() }
    }

    @Test func theSameStoreTwiceIsRefused() async throws {
        let control = try control()
        await expect(.invalidArgument) { try await control.create(ControlStoreTests.record(7, 7)) }
        let time = SimulatedTime()
        let once = try await StoreName.recognise(store, name: "a", environment: time.environment)
        let twice = try await StoreName.recognise(store, name: "b", environment: time.environment)
        #expect(once.isSameStore(as: twice))
        let other = try await StoreName.recognise(MemoryStore(), name: "a", environment: time.environment)
        #expect(!once.isSameStore(as: other))
    }

    @Test func aSecondControllerTakesOverForGood() async throws {
        let control = try control()
        try await control.create(ControlStoreTests.record())
        for token in [UInt64(1), 2, 2] {
            _ = try await control.change(token: token, actor: "op", milliseconds: 2) { record in
                record.throttle.isPaused.toggle()
                return "paused or resumed"
            }
        }
        await expect(.locked) {
            _ = try await control.change(token: 1, actor: "other", milliseconds: 3) { record in
                record.throttle.isPaused = false
                return "resumed"
            }
        }
        #expect(try await control.read().throttle.isPaused)
    }

    @Test func concurrentChangesAllCount() async throws {
        let control = try control()
        try await control.create(ControlStoreTests.record())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<20 {
                group.addTask {
                    _ = try await control.change(token: 1, actor: "\(number)", milliseconds: 2) { record in
                        record.debt += 1
                        return "added one"
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await control.read().debt == 20)
        let log = try await control.auditLog()
        #expect(log.map(\.number) == Array(0...20))
        #expect(Set(log.map(\.actor)).count == 21)
    }

    @Test func lostRepliesAreResolved() async throws {
        let control = try ControlStore(
            LossyStore(base: store),
            name: "m",
            environment: SimulatedTime(seed: 3).environment
        )
        try await control.create(ControlStoreTests.record())
        for _ in 0..<10 {
            _ = try await control.change(token: 1, actor: "op", milliseconds: 2) { record in
                record.debt += 1
                return "added one"
            }
        }
        #expect(try await control.read().debt == 10)
        #expect(try await control.auditLog().count == 11)
    }

    @Test func weakStoresAreRefused() throws {
        for profile in [MemoryProfile.eventual] {
            #expect(throws: StoreError.self) { _ = try ControlStore(MemoryStore(profile), name: "m") }
        }
        for name in ["", String(repeating: "n", count: 101)] {
            #expect(throws: StoreError.self) { _ = try control(name) }
        }
    }
}

/// Carries out every write, and loses each reply.
private struct LossyStore: StoreDecorator {
    let base: any KeyValueStore

    func around<Result: Sendable>(
        _ call: StoreCall,
        _ body: () async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        try await body()
    }

    func write(_ batch: WriteBatch) async throws(StoreError) -> WriteReceipt {
        _ = try await base.write(batch)
        throw StoreError(.outcomeUnknown, "The connection broke before the reply.")
    }
}
