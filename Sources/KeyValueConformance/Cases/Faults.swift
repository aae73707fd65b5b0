import KeyValue

extension ConformanceCase {
    /// Failures below the store come up as errors, and nothing ends early in silence.
    static let faults: [ConformanceCase] = [
        ConformanceCase("faults/a-failing-page-is-thrown", .offer(.faults)) { context in
            let keys = (0..<20).map { context.key("\($0)") }
            try await context.fill(keys)
            try await expectThrown("a scan whose second page fails") {
                _ = try await context.rows(.all(), ScanOptions(limit: 5)) { _ in
                    try await context.place.inject?(.readFails)
                }
            }
            try await context.expectKeys(.all(), are: keys, "a scan after a failed one")
        },
        ConformanceCase("faults/a-failing-read-is-thrown", .offer(.faults)) { context in
            let keys = (0..<20).map { context.key("\($0)") }
            try await context.fill(keys)
            let store = context.store
            let reads: [(name: String, read: () async throws -> Void)] = [
                ("a get", { _ = try await store.get(keys) }),
                ("a scan", { _ = try await store.scan(.all(), ScanOptions(), after: nil) }),
                ("a count", { _ = try await store.count(.all()) }),
                ("a size", { _ = try await store.size(.all(), ReadOptions()) }),
                ("a listing", { _ = try await store.partitions(in: .records, limit: 9, after: nil) }),
            ]
            for (name, read) in reads {
                try await context.place.inject?(.readFails)
                try await expectThrown("\(name) that fails", read)
                try await read()
            }
        },
        ConformanceCase("faults/a-failing-deletion-is-thrown", .offer(.faults)) { context in
            try await context.fill((0..<20).map { context.key("\($0)") })
            try await context.place.inject?(.readFails)
            try await expectThrown("a deletion that fails") {
                _ = try await context.store.delete(.partition([0x70]), limit: 50, epoch: nil, after: nil)
            }
            try await context.store.dropPartition([0x70])
            try await context.expectKeys(.partition([0x70]), are: [])
        },
    ]

    private static func expectThrown(_ what: String, _ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch is StoreError {
            return
        }
        try expect(false, "\(what) throws")
    }
}
