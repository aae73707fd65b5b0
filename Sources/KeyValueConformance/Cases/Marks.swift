import KeyValue

extension ConformanceCase {
    /// Marks: traces of batches, in the batch's own atomic write.
    static let marks: [ConformanceCase] = [
        ConformanceCase("marks/name-what-a-batch-wrote", .marks) { context in
            let key = context.key("a")
            let id = MarkID(high: 1, low: 2)
            _ = try await context.store.write(WriteBatch([WriteBatch.Operation(.put([1]), at: key)], mark: id))
            try await expectMarks([Mark(id: id, keys: [key])], context)
            try await context.put([2], at: key)
            try await expectMarks([Mark(id: id, keys: [key])], context, "a batch without a mark leaves none")
        },
        ConformanceCase("marks/name-all-written-keys-and-no-checked-ones", .marks, .batchScope(.partition)) { context in
            let keys = ["d", "b", "c", "a"].map { context.key($0) } + [context.key("e", space: .reservedData)]
            var batch = WriteBatch(mark: MarkID(high: 3, low: 4))
            batch.put([1], at: keys[0])
            batch.bury(keys[1])
            if context.capabilities.conditionalWrite { batch.check(context.key("checked"), .absent) }
            batch.delete(keys[2])
            if context.capabilities.integerAdd { batch.add(1, to: keys[3]) } else { batch.put([1], at: keys[3]) }
            batch.put([1], at: keys[4])
            _ = try await context.store.write(batch)
            try await expectMarks([Mark(id: MarkID(high: 3, low: 4), keys: keys)], context)
        },
        ConformanceCase("marks/of-a-large-batch", .marks, .batchScope(.partition)) { context in
            let limits = context.capabilities.limits
            let width = min(limits.keyBytesMax, 200)
            let count = min(limits.batchOperationsMax, 1_000, limits.batchBytesMax / (width + 2))
            let keys = (0..<count).map { index in
                Key(partition: [1], bytes: Array(repeating: 0x61, count: width - 8) + Counter.encode(Int64(index)))
            }
            let mark = Mark(id: MarkID(high: 7, low: 7), keys: keys)
            _ = try await context.store.write(WriteBatch(keys.map { .init(.put([1]), at: $0) }, mark: mark.id))
            try await expectMarks([mark], context)
        },
        ConformanceCase("marks/of-any-keys", .marks) { context in
            var expected: [Mark] = []
            for (index, key) in confusableKeys.enumerated() {
                let id = MarkID(high: UInt64(index), low: .max - UInt64(index))
                _ = try await context.store.write(WriteBatch([WriteBatch.Operation(.put([1]), at: key)], mark: id))
                expected.append(Mark(id: id, keys: [key]))
            }
            for limit in [1, 2, 3, 100] { try await expectMarks(expected, limit: limit, context) }
        },
        ConformanceCase("marks/of-separate-writes", .marks) { context in
            let keys = (0..<10).map { Key("p\($0 % 3)", "\($0)") }
            let batches = keys.enumerated().map { index, key in
                WriteBatch([WriteBatch.Operation(.put([1]), at: key)], mark: MarkID(high: 0, low: UInt64(index)))
            }
            for result in await context.store.write(each: batches) { _ = try result.get() }
            let expected = keys.enumerated().map { Mark(id: MarkID(high: 0, low: UInt64($0)), keys: [$1]) }
            try await expectMarks(expected, context)
        },
        ConformanceCase("marks/of-failed-batches-are-not-there", .marks) { context in
            let key = context.key("a")
            try await context.fill([key])
            let mark = MarkID(high: 5, low: 6)
            let large = [UInt8](repeating: 1, count: context.capabilities.limits.valueBytesMax + 1)
            var failing: [(StoreError.Code, WriteBatch)] = [
                (.tooLarge, WriteBatch([.init(.put(large), at: key)], mark: mark)),
                (.staleMode, WriteBatch([.init(.put([2]), at: key)], epoch: 9, mark: mark)),
            ]
            if context.capabilities.conditionalWrite {
                failing.append((.preconditionFailed, WriteBatch([.init(.put([2]), at: key, if: .absent)], mark: mark)))
            }
            if context.capabilities.integerAdd {
                failing.append((.invalidArgument, WriteBatch([.init(.add(2), at: key)], mark: mark)))
            }
            for (code, batch) in failing {
                try await expectError(code, from: "a marked batch") { _ = try await context.store.write(batch) }
                for result in await context.store.write(each: [batch]) {
                    try await expectError(code, from: "a separate marked batch") { _ = try result.get() }
                }
            }
            try await expectMarks([], context)
        },
        ConformanceCase("marks/come-in-the-order-of-their-names", .marks) { context in
            let ids = [(9, 1), (0, 7), (0, .max), (.max, 0), (1, 0), (1 << 63, 3), (0, 1 << 63)].map {
                MarkID(high: $0.0, low: $0.1)
            }
            for id in ids {
                _ = try await context.store.write(WriteBatch([.init(.put([1]), at: context.key("a"))], mark: id))
            }
            for limit in [1, 2, 3, 7, 100] {
                try await expectMarks(ids.map { Mark(id: $0, keys: [context.key("a")]) }, limit: limit, context)
            }
        },
        ConformanceCase("marks/are-cleared-by-name", .marks) { context in
            let ids = (0..<5).map { MarkID(high: 0, low: $0) }
            for id in ids {
                _ = try await context.store.write(WriteBatch([.init(.put([1]), at: context.key("a"))], mark: id))
            }
            for bin in try await context.store.bins() {
                try await context.store.clearMarks([ids[1], MarkID(high: 9, low: 9), ids[3]], in: bin)
                try await context.store.clearMarks([], in: bin)
            }
            let left = [ids[0], ids[2], ids[4]].map { Mark(id: $0, keys: [context.key("a")]) }
            try await expectMarks(left, context, "marks of one key, after two of five were cleared")
        },
        ConformanceCase("marks/are-no-records", .marks) { context in
            try await context.fill([context.key("a")])
            let batch = WriteBatch([.init(.put([1]), at: context.key("a"))], mark: MarkID(high: 1, low: 1))
            _ = try await context.store.write(batch)
            let found = try await context.everything().map(\.key)
            try expectEqual(found, [context.key("a")], "the rows of all spaces")
        },
        ConformanceCase("marks/outlive-their-store", .marks, .offer(.reopening)) { context in
            let mark = Mark(id: MarkID(high: 1, low: 2), keys: [context.key("a")])
            _ = try await context.store.write(WriteBatch([.init(.put([1]), at: context.key("a"))], mark: mark.id))
            let later = try await context.reopened()
            try await expectMarks([mark], later)
        },
        ConformanceCase("marks/listings-refuse-what-makes-no-sense", .marks) { context in
            let bin = try require(try await context.store.bins().first, "a bin")
            for (bin, limit, cursor) in [
                (bin, 0, nil), (bin, -1, nil), (bin, 1, Cursor(bytes: [])), (bin, 1, Cursor(bytes: [1, 2, 3])),
                (Bin("no such bin"), 1, nil),
            ] {
                try await expectError(.invalidArgument, from: "a listing of \(limit) marks after \(cursor as Any)") {
                    _ = try await context.store.marks(in: bin, limit: limit, after: cursor)
                }
            }
            try await expectError(.invalidArgument, from: "clearing marks of no bin") {
                try await context.store.clearMarks([], in: Bin("no such bin"))
            }
        },
        ConformanceCase("marks/refused", .without(.marks)) { context in
            try await context.expectUnchanged(by: "a marked batch on a store without marks") {
                let batch = WriteBatch([.init(.put([1]), at: context.key("a"))], mark: MarkID(high: 1, low: 2))
                try await expectError(.unsupported, from: "a marked batch") { _ = try await context.store.write(batch) }
            }
        },
    ]

    /// Expects the marks of all bins together, and in each bin their order.
    static func expectMarks(
        _ expected: [Mark],
        limit: Int = 100,
        _ context: ConformanceContext,
        _ message: String = "the marks of all bins"
    ) async throws {
        var found: [Mark] = []
        for bin in try await context.store.bins() {
            var inBin: [Mark] = []
            var cursor: Cursor?
            for _ in 0...expected.count + 1 {
                let page = try await context.store.marks(in: bin, limit: limit, after: cursor)
                try expect(page.marks.count <= limit, "at most \(limit) marks on a page")
                inBin += page.marks
                cursor = page.cursor
                if cursor == nil { break }
            }
            try expect(cursor == nil, "a listing of \(expected.count) marks ends")
            try expectEqual(inBin.map(\.id), inBin.map(\.id).sorted(), "the order of marks in a bin")
            found += inBin
        }
        let sorted = found.sorted { $0.id < $1.id }
        try expectEqual(sorted, expected.sorted { $0.id < $1.id }, message)
    }
}
