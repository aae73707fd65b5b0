import Drivers
import Files
import Foundation
import KeyValue

/// Uploads that are begun, finished and processed by 64 clients at once, each acknowledged when it is on the disk; and
/// what a process takes of memory that makes many.
func measureFileUploads(_ bench: Workbench, _ results: inout Results) async throws {
    let store = try await bench.openStore("file-uploads.db")
    let uploads = try await ServedUploads(store)
    let count = 3_200
    let made = try await interleave(
        [
            Body(name: "upload, finish, process", operations: count) { _ in
                try await inTasks(64) { client in
                    for _ in 0..<count / 64 { try await uploads.make(by: "client \(client)") }
                    return count / 64
                }
            }
        ],
        repeats: bench.repeats
    )
    await store.close()
    results.figures.append(Figure("upload, finish and process, durable, 64 clients", made[0], .rateAtLeast(2_000)))
    // As flat as can be seen: ten times as many, and at most the caches more. Not flushed, since that is not of memory.
    let numbers = [bench.uploadCount / 10, bench.uploadCount]
    let peaks = try numbers.map { number in
        let url = "sqlite:" + bench.path("many-\(number).db") + "?accept=relaxed&synchronous=normal"
        let outcome = try Child.run("uploads", url, "\(number)")
        return Series(
            name: "peak of \(number) uploads",
            readings: [Reading(wall: Double(outcome.peakBytes), cpu: 0)]
        )
    }
    for (number, peak) in zip(numbers, peaks) {
        results.figures.append(Figure("\(number) uploads, memory of their process", peak, .megabytesAtMost(128)))
    }
}

/// Makes uploads in a process of its own; how many.
func makeUploads(at url: String, count: Int) async throws -> Int {
    let store = try await StoreRegistry.bundled.open(url, creating: true, cacheBytesMax: 4 << 20)
    let uploads = try await ServedUploads(store)
    let made = try await inTasks(64) { client in
        for _ in 0..<count / 64 { try await uploads.make(by: "client \(client)") }
        return count / 64
    }
    await store.close()
    return made
}
