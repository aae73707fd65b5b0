import KeyValue

extension ConformanceCase {
    /// Batches that are sent together and have nothing to do with each other.
    static let separateWrites: [ConformanceCase] = [
        ConformanceCase("separate-writes/of-nothing") { context in
            let results = await context.store.write(each: [])
            try expectEqual(results.count, 0, "results of no batches")
        },
        ConformanceCase("separate-writes/results-in-order") { context in
            let keys = (0..<120).map { context.key("\(($0 * 37) % 120)", in: "partition \($0 % 5)") }
            let batches = keys.map { WriteBatch([WriteBatch.Operation(.put($0.bytes), at: $0)]) }
            let results = await context.store.write(each: batches)
            try expectEqual(results.count, batches.count, "results of as many batches")
            for (key, result) in zip(keys, results) {
                let outcome = try require(try result.get().outcomes.first, "an outcome")
                try await context.eventually {
                    let found = try require(try await context.store.get(key), "the record at \(key)")
                    if context.offers(.revisions) {
                        try expectEqual(outcome.revision, found.revision, "the revision of the result at \(key)")
                    }
                    try expectEqual(found.value, key.bytes, "the value at \(key)")
                }
            }
        },
        ConformanceCase("separate-writes/one-failure-is-its-own") { context in
            let other = context.key("elsewhere", in: "q")
            let large = [UInt8](repeating: 1, count: context.capabilities.limits.valueBytesMax + 1)
            let batches = [
                WriteBatch([WriteBatch.Operation(.put([0]), at: context.key("a"))]),
                WriteBatch([WriteBatch.Operation(.put(large), at: context.key("b"))]),
                WriteBatch(),
                WriteBatch([WriteBatch.Operation(.put([3]), at: other)]),
                WriteBatch([WriteBatch.Operation(.put([4]), at: Key("", "a"))]),
                WriteBatch([WriteBatch.Operation(.put([5]), at: context.key("z"))]),
            ]
            let codes = await context.store.write(each: batches).map(code)
            try expectEqual(codes, [nil, .tooLarge, .invalidArgument, nil, .invalidArgument, nil], "each result")
            try await context.expect(context.key("a"), is: [0])
            try await context.expect(context.key("b"), is: nil)
            try await context.expect(other, is: [3])
            try await context.expect(context.key("z"), is: [5])
        },
        ConformanceCase("separate-writes/preconditions-are-judged-one-by-one", .conditionalWrite) { context in
            let keys = (0..<10).map { context.key("\($0)") }
            try await context.fill(keys.filter { $0.bytes[0] % 2 == 0 })
            let batches = keys.map { WriteBatch([WriteBatch.Operation(.put([9]), at: $0, if: .absent)]) }
            let results = await context.store.write(each: batches)
            for (key, result) in zip(keys, results) {
                let isThere = key.bytes[0] % 2 == 0
                try expectEqual(code(result), isThere ? .preconditionFailed : nil, "the result at \(key)")
                if case .failure(let error) = result {
                    try expectEqual(error.conflicts.first?.key, key, "the key of the conflict")
                }
                try await context.expect(key, is: isThere ? ConformanceContext.value(of: key) : [9])
            }
        },
        ConformanceCase("separate-writes/each-is-all-or-none", .batchScope(.partition), .conditionalWrite) { context in
            let batches = (0..<10).map { index in
                var batch = WriteBatch([WriteBatch.Operation(.put([1]), at: context.key("\(index) first"))])
                batch.put([1], at: context.key("\(index) second"), if: index % 3 == 0 ? .exists : .absent)
                return batch
            }
            let codes = await context.store.write(each: batches).map(code)
            try expectEqual(codes, (0..<10).map { $0 % 3 == 0 ? .preconditionFailed : nil }, "each result")
            let written = (0..<10).filter { $0 % 3 != 0 }
            let keys = written.flatMap { [context.key("\($0) first"), context.key("\($0) second")] }
            try await context.expectKeys(.all(), are: keys)
        },
        ConformanceCase("separate-writes/every-action", .offer(.tombstones)) { context in
            let keys = ["delete", "bury", "put"].map { context.key($0) }
            try await context.fill(keys)
            let actions: [WriteBatch.Action] = [.delete, .bury, .put([])]
            for result in await context.store.write(
                each: zip(keys, actions).map { WriteBatch([WriteBatch.Operation($1, at: $0)]) }
            ) {
                _ = try result.get()
            }
            try await context.expectKeys(.all(), are: [keys[2]])
            try await context.expectKeys(.all(), ScanOptions(includesTombstones: true), are: [keys[1], keys[2]])
        },
    ]

    private static func code(_ result: Result<WriteReceipt, StoreError>) -> StoreError.Code? {
        switch result {
        case .success: nil
        case .failure(let error): error.code
        }
    }
}
