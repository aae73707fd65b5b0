import KeyValue

extension ConformanceCase {
    /// Batches: all or none, within the scope that the store declares.
    static let batches: [ConformanceCase] = [
        ConformanceCase("batches/all-is-applied", .batchScope(.partition)) { context in
            let keys = reachable(context)
            try await context.fill([keys[1]])
            var batch = WriteBatch()
            batch.put([1], at: keys[0])
            batch.delete(keys[1])
            batch.bury(keys[2])
            for key in keys.dropFirst(3) { batch.put([2], at: key) }
            let receipt = try await context.store.write(batch)
            try expectEqual(receipt.outcomes.count, keys.count, "outcomes of a batch")
            try await context.expect(keys[0], is: [1])
            try await context.expect(keys[1], is: nil)
            try await context.expect(keys[2], is: nil)
            for key in keys.dropFirst(3) { try await context.expect(key, is: [2]) }
        },
        ConformanceCase("batches/one-failing-precondition", .batchScope(.partition), .conditionalWrite) { context in
            let keys = reachable(context)
            try await context.fill([keys[1], context.key("zz")])
            for position in 0...keys.count {
                var batch = WriteBatch(keys.map { WriteBatch.Operation(.put([9]), at: $0) })
                batch.operations[2].action = .bury
                batch.operations[1].action = .delete
                let failing = WriteBatch.Operation(.put([9]), at: context.key("zz"), if: .absent)
                batch.operations.insert(failing, at: position)
                try await context.expectUnchanged(by: "a batch whose operation \(position) fails") {
                    let error = try await expectError(.preconditionFailed, from: "a batch") {
                        _ = try await context.store.write(batch)
                    }
                    let conflict = try require(error.conflicts.first, "the conflict of a batch")
                    try expectEqual(conflict.key, failing.key, "the key of the conflict")
                }
            }
        },
        ConformanceCase("batches/one-failing-check-stops-all", .batchScope(.partition), .conditionalWrite) { context in
            let keys = reachable(context)
            try await context.expectUnchanged(by: "a batch with a failing check") {
                var batch = WriteBatch(keys.dropLast().map { WriteBatch.Operation(.put([9]), at: $0) })
                batch.check(keys[keys.count - 1], .exists)
                try await expectError(.preconditionFailed, from: "a batch") { _ = try await context.store.write(batch) }
            }
        },
        ConformanceCase("batches/one-illegal-operation-stops-all", .batchScope(.partition)) { context in
            let large = [UInt8](repeating: 1, count: context.capabilities.limits.valueBytesMax + 1)
            try await context.expectUnchanged(by: "a batch with a value that is too large") {
                var batch = WriteBatch()
                batch.put([1], at: context.key("a"))
                batch.put(large, at: context.key("b"))
                try await expectError(.tooLarge, from: "a batch") { _ = try await context.store.write(batch) }
            }
        },
        ConformanceCase("batches/checks-alone-write-nothing", .conditionalWrite) { context in
            let key = context.key("there")
            try await context.fill([key])
            let (held, outcome) = try await context.expectUnchanged(by: "checks alone") {
                let failed = try await context.attempt(.check, at: key, if: .absent)
                return (failed == nil, try await context.write(.check, at: key, if: .exists))
            }
            try expect(held, "a check that does not hold fails the batch")
            try expectEqual(outcome, WriteReceipt.Outcome(), "the outcome of a check")
        },
        ConformanceCase("batches/beyond-a-partition-are-refused", .without(.batchScope(.store))) { context in
            try await context.expectUnchanged(by: "a batch over two partitions") {
                for last in [Key("q", "b"), Key("pa", "b"), Key("q", "b", space: .reservedData)] {
                    var batch = WriteBatch()
                    batch.put([1], at: context.key("a"))
                    batch.put([1], at: last)
                    try await expectError(.unsupported, .tooLarge, from: "a batch over two partitions") {
                        _ = try await context.store.write(batch)
                    }
                }
            }
        },
        ConformanceCase("batches/beyond-a-key-are-refused", .without(.batchScope(.partition))) { context in
            try await context.expectUnchanged(by: "a batch over two keys") {
                var batch = WriteBatch()
                batch.put([1], at: context.key("a"))
                batch.put([1], at: context.key("b"))
                try await expectError(.unsupported, .tooLarge, from: "a batch over two keys") {
                    _ = try await context.store.write(batch)
                }
            }
        },
        ConformanceCase("batches/a-key-twice-is-refused") { context in
            let (a, b) = (context.key("a"), context.key("b"))
            let orders = [[a, a], [b, a, b], [a, b, b]]
            try await context.expectUnchanged(by: "a batch that names a key twice") {
                for keys in orders {
                    let batch = WriteBatch(keys.map { WriteBatch.Operation(.put([1]), at: $0) })
                    let error = try await expectError(
                        .invalidArgument,
                        .unsupported,
                        .tooLarge,
                        from: "a batch of \(keys)"
                    ) {
                        _ = try await context.store.write(batch)
                    }
                    // Where a batch is one key, it is beyond the scope too, and beyond the limit where that is one.
                    let isOneKey = context.capabilities.batchScope == .key
                    try expectEqual(
                        error.code == .invalidArgument,
                        !isOneKey,
                        "whether the batch is legal but for a key"
                    )
                }
            }
        },
        ConformanceCase("batches/of-nothing-are-refused") { context in
            try await expectError(.invalidArgument, from: "an empty batch") {
                _ = try await context.store.write(WriteBatch())
            }
        },
        ConformanceCase("batches/check-without-precondition-is-refused") { context in
            try await expectError(.invalidArgument, from: "a check of nothing") {
                try await context.write(.check, at: context.key("a"))
            }
        },
        ConformanceCase("batches/receipt-answers-each-operation", .batchScope(.partition)) { context in
            let keys = reachable(context)
            try await context.fill([keys[3], keys[5]])
            var batch = WriteBatch()
            batch.delete(keys[5])
            batch.put([1], at: keys[1])
            batch.bury(keys[0])
            batch.delete(keys[2])
            if context.capabilities.conditionalWrite { batch.check(keys[3], .exists) }
            if context.capabilities.integerAdd { batch.add(-7, to: keys[4]) }
            let outcomes = try await context.store.write(batch).outcomes
            try expectEqual(outcomes.count, batch.operations.count, "outcomes of a batch")
            for (operation, outcome) in zip(batch.operations, outcomes) {
                try expectOutcome(outcome, of: operation, existed: operation.key == keys[5], context)
                guard let revision = outcome.revision else { continue }
                try await context.eventually {
                    let row = try await context.row(operation.key)
                    try expectEqual(row?.revision, revision, "the revision at \(operation.key)")
                }
            }
        },
        ConformanceCase("batches/receipt-tells-what-a-delete-removed", .offer(.tombstones)) { context in
            let keys = ["live", "buried", "never"].map { context.key($0) }
            try await context.fill([keys[0]])
            try await context.bury(keys[1])
            for (key, existed) in zip(keys, [true, false, false]) {
                let outcome = try await context.write(.delete, at: key)
                try expectOutcome(outcome, of: .init(.delete, at: key), existed: existed, context)
            }
        },
        ConformanceCase("batches/span-spaces-of-a-partition", .batchScope(.partition)) { context in
            let keys = KeySpace.allCases.map { context.key("a", space: $0) }
            _ = try await context.store.write(WriteBatch(keys.map { .init(.put([$0.space.rawValue]), at: $0) }))
            for key in keys { try await context.expect(key, is: [key.space.rawValue]) }
            guard context.capabilities.conditionalWrite else { return }
            try await context.expectUnchanged(by: "a batch with a failing check in reserved space") {
                var batch = WriteBatch([WriteBatch.Operation(.put([9]), at: keys[0])])
                batch.check(keys[1], .absent)
                let receipt = try await context.attempt(batch)
                try expect(receipt == nil, "a check in reserved space counts")
            }
        },
        ConformanceCase("batches/many-operations", .batchScope(.partition)) { context in
            let count = min(context.capabilities.limits.batchOperationsMax, 500)
            let keys = (0..<count).map { context.key("\($0)") }
            _ = try await context.store.write(WriteBatch(keys.map { .init(.put($0.bytes), at: $0) }))
            try await context.expectKeys(.all(), are: keys)
            for key in [keys[0], keys[count / 2], keys[count - 1]] { try await context.expect(key, is: key.bytes) }
            _ = try await context.store.write(WriteBatch(keys.map { .init(.delete, at: $0) }))
            try await context.expectKeys(.all(), are: [])
        },
    ]

    /// Six keys that one batch reaches, in no order, as far apart as the scope allows.
    private static func reachable(_ context: ConformanceContext) -> [Key] {
        let far = context.capabilities.batchScope == .store
        return [
            context.key("d"), Key(far ? "q" : "p", "f"), context.key("b"), Key(far ? "a" : "p", "c"),
            context.key("e", space: .reservedData), context.key("a"),
        ]
    }

    private static func expectOutcome(
        _ outcome: WriteReceipt.Outcome,
        of operation: WriteBatch.Operation,
        existed: Bool,
        _ context: ConformanceContext
    ) throws(ConformanceFailure) {
        let writes = operation.action != .delete && operation.action != .check
        try expectEqual(outcome.revision != nil, writes, "whether \(operation.action) has a revision")
        let tells = operation.action == .delete && context.capabilities.reportsDeletes
        try expectEqual(outcome.existed, tells ? existed : nil, "whether \(operation.action) found something")
        let sum: Int64? = if case .add(let amount) = operation.action { amount } else { nil }
        try expectEqual(outcome.sum, sum, "the sum of \(operation.action)")
    }
}
