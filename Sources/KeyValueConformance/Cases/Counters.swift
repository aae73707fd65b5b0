import KeyValue

extension ConformanceCase {
    /// Additions to counters.
    static let counters: [ConformanceCase] = [
        ConformanceCase("counters/begin-at-zero", .integerAdd) { context in
            let key = context.key("counter")
            try await expectSum(of: 5, at: key, is: 5, context)
            try await context.write(.delete, at: key)
            try await expectSum(of: -3, at: key, is: -3, context)
            try await context.bury(key)
            try await expectSum(of: 0, at: key, is: 0, context)
        },
        ConformanceCase("counters/add-to-what-is-there", .integerAdd) { context in
            let key = context.key("counter")
            try await context.put(Counter.encode(1_000), at: key)
            try await expectSum(of: 234, at: key, is: 1_234, context)
            try await expectSum(of: -2_000, at: key, is: -766, context)
            try await expectSum(of: 0, at: key, is: -766, context)
            try await expectSum(of: .max, at: key, is: .max - 766, context)
        },
        ConformanceCase("counters/reach-both-ends-and-no-further", .integerAdd) { context in
            let key = context.key("counter")
            for (end, step) in [(Int64.max, Int64(1)), (.min, -1)] {
                try await context.put(Counter.encode(end - step), at: key)
                try await expectSum(of: step, at: key, is: end, context)
                try await context.expectUnchanged(by: "an addition past \(end)") {
                    try await expectError(.invalidArgument, from: "an addition past \(end)") {
                        try await context.write(.add(step), at: key)
                    }
                    try await expectError(.invalidArgument, from: "an addition far past \(end)") {
                        try await context.write(.add(end), at: key)
                    }
                }
            }
        },
        ConformanceCase("counters/add-to-no-counter-is-refused", .integerAdd) { context in
            let key = context.key("counter")
            for count in [0, 1, 7, 9, 16] {
                try await context.put(Array(repeating: 0x31, count: count), at: key)
                try await context.expectUnchanged(by: "an addition to \(count) bytes") {
                    try await expectError(.invalidArgument, from: "an addition to \(count) bytes") {
                        try await context.write(.add(1), at: key)
                    }
                }
            }
        },
        ConformanceCase("counters/refused-addition-stops-its-batch", .integerAdd, .batchScope(.partition)) { context in
            try await context.put([1], at: context.key("text"))
            try await context.expectUnchanged(by: "a batch with a refused addition") {
                for isFirst in [false, true] {
                    var operations = [
                        WriteBatch.Operation(.put([1]), at: context.key("a")),
                        WriteBatch.Operation(.add(1), at: context.key("fresh")),
                        WriteBatch.Operation(.add(1), at: context.key("text")),
                    ]
                    if isFirst { operations.reverse() }
                    try await expectError(.invalidArgument, from: "a batch with a refused addition") {
                        _ = try await context.store.write(WriteBatch(operations))
                    }
                }
            }
        },
        ConformanceCase("counters/several-in-a-batch", .integerAdd, .batchScope(.partition)) { context in
            let keys = (0..<4).map { context.key("\($0)") }
            try await context.put(Counter.encode(100), at: keys[2])
            let receipt = try await context.store.write(
                WriteBatch(keys.enumerated().map { .init(.add(Int64($0.offset)), at: $0.element) })
            )
            try expectEqual(receipt.outcomes.map(\.sum), [0, 1, 102, 3], "the sums of a batch")
        },
        ConformanceCase("counters/revision-changes-with-each", .integerAdd) { context in
            let key = context.key("counter")
            var seen: Set<Revision> = []
            for amount in [Int64(1), 0, -1, 1] {
                let revision = try await context.write(.add(amount), at: key).revision
                let isNew = seen.insert(try require(revision, "the revision of an addition")).inserted
                try expect(isNew, "each addition has a revision of its own")
            }
        },
        ConformanceCase("counters/refused", .without(.integerAdd)) { context in
            let key = context.key("counter")
            try await context.put(Counter.encode(1), at: key)
            try await context.expectUnchanged(by: "an addition on a store without") {
                try await expectError(.unsupported, from: "an addition") { try await context.write(.add(1), at: key) }
            }
        },
    ]

    private static func expectSum(
        of amount: Int64,
        at key: Key,
        is sum: Int64,
        _ context: ConformanceContext
    ) async throws {
        let outcome = try await context.write(.add(amount), at: key)
        try expectEqual(outcome.sum, sum, "the sum after adding \(amount)")
        try await context.expect(key, is: Counter.encode(sum), "the counter after adding \(amount)")
    }
}
