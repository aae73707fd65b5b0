import KeyValue

extension ConformanceCase {
    /// Single records.
    static let records: [ConformanceCase] = [
        ConformanceCase("records/put-is-read-back") { context in
            try await context.put([1, 2, 3], at: context.key("a"))
            try await context.expect(context.key("a"), is: [1, 2, 3])
        },
        ConformanceCase("records/overwrite-replaces") { context in
            let key = context.key("a")
            try await context.put(Array("a long first value".utf8), at: key)
            try await context.put([2], at: key)
            try await context.expect(key, is: [2])
        },
        ConformanceCase("records/missing-is-nil") { context in
            try await context.fill([context.key("b")])
            try await context.expect(context.key("a"), is: nil, "a key that was never written")
            try await context.expect(Key("other", "b"), is: nil, "a partition that was never written")
        },
        ConformanceCase("records/empty-value-is-a-record") { context in
            let key = context.key("empty")
            try await context.put([1], at: key)
            try await context.put([], at: key)
            try await context.expect(key, is: [])
            try await context.expectKeys(.partition(key.partition), are: [key], "an empty value in a scan")
            try await context.eventually {
                try expectEqual(try await context.row(key)?.isTombstone, false, "an empty value is no tombstone")
            }
        },
        ConformanceCase("records/values-of-any-bytes") { context in
            let every = (0...UInt8.max).map(\.self)
            let values: [[UInt8]] = [
                every, every.reversed(), [0], [0, 0, 0], [0xFF], [0xC3, 0x28], Array(repeating: 0xFF, count: 1_000),
                Array("null".utf8), Array("{\"a\": 1}\n".utf8), (0..<100_000).map { UInt8(truncatingIfNeeded: $0 * 7) },
            ]
            for (index, value) in values.enumerated() {
                let key = context.key("\(index)")
                try await context.put(value, at: key)
                try await context.expect(key, is: value)
            }
        },
        ConformanceCase("records/get-answers-in-request-order") { context in
            let others = [context.key("z", in: "o"), context.offers(.partitions) ? Key("z", "a") : context.key("0")]
            let keys = ["c", "a", "e", "b"].map { context.key($0) } + others
            try await context.fill(keys)
            let asked = [keys[1], context.key("gone"), keys[5], keys[0], keys[3], keys[4], keys[0], keys[2]]
            try await context.eventually {
                let found = try await context.store.get(asked)
                let expected = asked.map { keys.contains($0) ? ConformanceContext.value(of: $0) : nil }
                try expectEqual(found.map { $0?.value }, expected, "the values of many keys")
                for (entry, key) in zip(found, asked) where entry != nil {
                    try expectEqual(entry?.key, key, "the key of an entry")
                }
            }
        },
        ConformanceCase("records/get-of-nothing-answers-nothing") { context in
            try expectEqual(try await context.store.get([]).count, 0, "the answer to no keys")
        },
        ConformanceCase("records/delete-removes-one") { context in
            let keys = ["a", "b", "c"].map { context.key($0) }
            try await context.fill(keys)
            try await context.write(.delete, at: keys[1])
            try await context.expect(keys[1], is: nil, "a deleted record")
            try await context.expectKeys(.partition(keys[0].partition), are: [keys[0], keys[2]])
            try await context.eventually {
                let row = try await context.row(keys[1])
                try expect(row == nil, "a delete leaves no tombstone")
            }
        },
        ConformanceCase("records/delete-of-nothing-succeeds") { context in
            try await context.write(.delete, at: context.key("never"))
            try await context.write(.delete, at: context.key("never", in: "nowhere"))
            try await context.expectKeys(.all(), are: [])
        },
        ConformanceCase("records/revision-is-the-same-by-every-way", .offer(.revisions)) { context in
            let key = context.key("a")
            let receipt = try await context.revision(putting: [1], at: key)
            try await context.eventually {
                let entry = try require(try await context.store.get(key), "the record")
                let scanned = try require(try await context.rows(.partition(key.partition)).first, "the row of a scan")
                let named = try await context.rows(.partition(key.partition), ScanOptions(keysOnly: true)).first
                try expectEqual(entry.revision, receipt, "the revision of a get, against that of the receipt")
                try expectEqual(scanned.revision, receipt, "the revision of a scan")
                try expectEqual(named?.revision, receipt, "the revision of a scan of keys")
            }
            let second = try await context.revision(putting: [1], at: key)
            try expect(second != receipt, "a second put has a revision of its own")
        },
    ]
}
