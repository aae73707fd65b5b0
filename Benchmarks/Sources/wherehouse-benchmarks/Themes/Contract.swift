import CoreMetrics
import KeyValue
import Tracing

/// What the contract itself and the standard decorators cost, over a store that does nothing.
func measureContract(_ bench: Workbench, _ results: inout Results) async throws {
    let base = IdleStore()
    let stores: [(name: String, store: any KeyValueStore, target: Target)] = [
        ("call through the protocol", base, .none),
        ("with retries and metrics", RetryingStore(MeteredStore(base)), .addedAtMost(100)),
        ("with retries alone", RetryingStore(base), .none),
        ("with metrics alone", MeteredStore(base), .none),
        (
            "with a rate limit alone",
            try LimitedStore(base, itemsPerSecond: 1e12, burst: 1 << 40, waitMax: .zero),
            .none
        ),
        ("with tracing alone, to no tracer", TracedStore(base, tracer: NoOpTracer()), .none),
    ]
    let keys = [bench.data.keys[0]]
    let count = 200_000
    var bodies = [
        Body(name: "direct call", operations: count) { _ in
            var seen = 0
            for _ in 0..<count { seen += try await base.get(keys, ReadOptions()).count }
            return seen
        }
    ]
    bodies += stores.map { name, store, _ in
        Body(name: name, operations: count) { _ in
            var seen = 0
            for _ in 0..<count { seen += try await store.get(keys, ReadOptions()).count }
            return seen
        }
    }
    let series = try await interleave(bodies, repeats: bench.repeats)
    for (measured, (name, _, target)) in zip(series.dropFirst(), stores) {
        results.figures.append(
            Figure("get that does nothing, \(name); bound a direct call", measured, against: series[0], target)
        )
    }
}
