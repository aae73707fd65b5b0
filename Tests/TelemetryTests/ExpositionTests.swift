import CoreMetrics
import KeyValue
import Testing

@testable import Telemetry

@Suite struct ExpositionTests {
    private let registry = MetricsRegistry()

    @Test func everyKindIsWritten() {
        Counter(label: "requests", dimensions: [("path", "a\"b\\c\nd"), ("code", "200")], factory: registry)
            .increment(by: 3)
        FloatingPointCounter(label: "money_total", factory: registry).increment(by: 0.5)
        Meter(label: "queue.length", factory: registry).set(7)
        Recorder(label: "temperature", aggregate: false, factory: registry).record(-1.25)
        CoreMetrics.Timer(label: "wait", factory: registry).recordNanoseconds(3_000_000)
        let lines = registry.exposition().split(separator: "\n").map(String.init)
        for line in [
            "# TYPE requests_total counter", #"requests_total{code="200",path="a\"b\\c\nd"} 3"#,
            "# TYPE money_total counter", "money_total 0.5", "# TYPE queue_length gauge", "queue_length 7",
            "temperature -1.25", "# TYPE wait_seconds histogram", #"wait_seconds_bucket{le="0.0025"} 0"#,
            #"wait_seconds_bucket{le="0.005"} 1"#, #"wait_seconds_bucket{le="+Inf"} 1"#, "wait_seconds_sum 0.003",
            "wait_seconds_count 1", "telemetry_series_refused_total 0",
        ] { #expect(lines.contains(line), "\(line)") }
        #expect(registry.exposition().hasSuffix("\n"))
        let families = lines.filter { $0.hasPrefix("# TYPE ") }
        #expect(Set(families).count == families.count)
    }

    @Test func oneSeriesIsOne() {
        for name in ["a", "b"] {
            for _ in 0..<2 { Counter(label: "n", dimensions: [("x", name)], factory: registry).increment() }
        }
        let text = registry.exposition()
        #expect(text.contains("n_total{x=\"a\"} 2\nn_total{x=\"b\"} 2\n"))
        let counter = Counter(label: "n", dimensions: [("x", "a")], factory: registry)
        counter.destroy()
        #expect(!registry.exposition().contains("n_total{x=\"a\"}"))
    }

    @Test func namesBecomeWhatPrometheusTakes() {
        Meter(label: "9 lives of-a.cat:total", dimensions: [("a:b", "1"), ("9", "2")], factory: registry).set(9)
        #expect(registry.exposition().contains("__lives_of_a_cat:total{_=\"2\",a_b=\"1\"} 9\n"))
    }

    @Test func seriesAreBounded() {
        let registry = MetricsRegistry(seriesMax: 3)
        for number in 0..<10 { Counter(label: "n", dimensions: [("x", "\(number)")], factory: registry).increment() }
        let lines = registry.exposition().split(separator: "\n")
        #expect(lines.count { $0.hasPrefix("n_total{") } == 3)
        #expect(lines.last == "telemetry_series_refused_total 7")
    }

    @Test func aStoreIsMetered() async throws {
        let store = MeteredStore(MemoryStore(), factory: registry)
        try await store.put([1], at: Key("p", "k"))
        _ = try? await store.put([1], at: Key("p", "k"), if: .absent)
        let text = registry.exposition()
        let labels = #"outcome="success",system="memory""#
        #expect(text.contains("kv_operation_duration_seconds_count{operation=\"write\",\(labels)} 1\n"))
        #expect(text.contains(#"outcome="preconditionFailed""#))
    }
}
