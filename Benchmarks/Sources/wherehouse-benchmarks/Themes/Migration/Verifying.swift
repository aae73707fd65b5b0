import KeyValue
import Migration

/// Comparing two stores in SQLite and digesting one, beside scans by the C API.
func measureVerifying(_ bench: Workbench, _ results: inout Results) async throws {
    let count = bench.data.keys.count
    let table = try bench.openFilledTable("verified-direct.db", count)
    let source = try await bench.openFilledStore("verified-1.db", count)
    let target = try await bench.openFilledStore("verified-2.db", count)
    let verifier = Verifier(temporaryDirectory: bench.path(""))
    let series = try await interleave(
        [
            Body(name: "C API, two scans", operations: count) { _ in
                _ = try table.scan()
                return try table.scan() / Dataset.recordBytes
            },
            Body(name: "store, verify", operations: count) { _ in
                let report = try await verifier.verify(source, against: target)
                return report.isEqual ? report.source.records : 0
            },
            Body(name: "C API, scan", operations: count) { _ in try table.scan() / Dataset.recordBytes },
            Body(name: "store, digest", operations: count) { _ in try await verifier.digest(of: source).records },
        ],
        repeats: bench.repeats
    )
    results.figures += [
        Figure("comparison of two SQLite, a record; bound two scans", series[1], against: series[0], .rateAtLeast(1e6)),
        Figure("digest of a SQLite, a record; bound a scan", series[3], against: series[2], .none),
    ]
    await source.close()
    await target.close()
    let peak = try bench.peak(
        of: "verify",
        "sqlite:" + bench.path("verified-1.db"),
        "sqlite:" + bench.path("verified-2.db")
    )
    results.figures.append(Figure("comparison of two SQLite, memory of its process", peak, .megabytesAtMost(64)))
}

extension Workbench {
    /// The most of memory that a child takes for this work, run by run.
    func peak(of work: String, _ source: String, _ target: String) throws -> Series {
        let readings = try (0..<3).map { _ in
            let outcome = try Child.run(work, source, target)
            return Reading(wall: Double(outcome.peakBytes), cpu: 0)
        }
        return Series(name: "peak of \(work)", readings: readings)
    }
}
