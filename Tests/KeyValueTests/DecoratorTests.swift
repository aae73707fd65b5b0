import InMemoryTracing
import KeyValue
import MetricsTestKit
import TestSupport
import Testing
import Tracing

struct DecoratorTests {
    private let key = Key("p", "k")

    @Test func metersByOperationAndOutcome() async throws {
        let metrics = TestMetrics()
        let store = MeteredStore(MemoryStore(), factory: metrics, environment: SimulatedTime().environment)
        try await store.put([1], at: key)
        _ = try await store.get([key, key])
        _ = try? await store.put([2], at: key, if: .absent)
        _ = await store.write(each: [
            WriteBatch([WriteBatch.Operation(.put([3]), at: Key("p", "x"))]),
            WriteBatch([WriteBatch.Operation(.put([3]), at: key, if: .absent)]),
        ])
        func count(_ operation: String, _ outcome: String) throws -> Int {
            try metrics.expectTimer(
                "kv_operation_duration",
                [("system", "memory"), ("operation", operation), ("outcome", outcome)]
            ).values.count
        }
        #expect(try count("write", "success") == 1)
        #expect(try count("write", "preconditionFailed") == 1)
        #expect(try count("get", "success") == 1)
        #expect(try count("writeEach", "success") == 1)
        #expect(try count("writeEach", "preconditionFailed") == 1)
    }

    @Test func tracesWithoutKeysOrValues() async throws {
        let tracer = InMemoryTracer()
        let store = TracedStore(MemoryStore(), tracer: tracer)
        try await store.put([1], at: key)
        _ = try? await store.get(Key("", "k"))
        let spans = tracer.finishedSpans
        #expect(spans.map(\.operationName) == ["write", "get"])
        #expect(spans[0].attributes.get("db.system.name") == "memory")
        #expect(spans[0].errors.isEmpty)
        #expect(spans[1].attributes.get("error.type") == "invalidArgument")
        #expect(spans[1].status?.code == .error)
    }

    @Test func limitsHoldBackAndThenRefuse() async throws {
        let time = SimulatedTime()
        let store = try LimitedStore(
            MemoryStore(),
            itemsPerSecond: 10,
            burst: 2,
            waitMax: .milliseconds(150),
            environment: time.environment
        )
        _ = try await store.get(key)
        _ = try await store.get(key)
        #expect(time.slept.isEmpty)
        _ = try await store.get(key)
        #expect(time.slept == [.milliseconds(100)])
        let error = await #expect(throws: StoreError.self) { _ = try await store.get([key, key]) }
        #expect(error?.code == .throttled)
        #expect(error?.retryAfter == .milliseconds(200))
        time.advance(by: .seconds(60))
        // A quiet minute gives no more than the burst, and a call larger than that still goes.
        _ = try await store.get([key, key, key])
        #expect(time.slept.count == 1)
        #expect(throws: StoreError.self) {
            try LimitedStore(MemoryStore(), itemsPerSecond: 0, burst: 1, waitMax: .zero)
        }
    }

    @Test func faultsHappenAsPlanned() async throws {
        let memory = MemoryStore()
        let losing = FaultInjectingStore(memory) { _ in .loseReply }
        let lost = await #expect(throws: StoreError.self) { try await losing.put([1], at: key) }
        #expect(lost?.code == .outcomeUnknown)
        #expect(try await memory.get(key)?.value == [1])
        let refusing = FaultInjectingStore(memory) { _ in .refuse(StoreError(.full, "Full.")) }
        let results = await refusing.write(each: [WriteBatch([WriteBatch.Operation(.put([2]), at: key)])])
        #expect(throws: StoreError.self) { try results[0].get() }
        #expect(try await memory.get(key)?.value == [1])
        let time = SimulatedTime()
        let slow = FaultInjectingStore(memory, environment: time.environment) { _ in .delay(.seconds(1)) }
        _ = try await slow.get(key)
        #expect(time.now == .seconds(1))
    }
}
