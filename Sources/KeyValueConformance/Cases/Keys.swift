import KeyValue

extension ConformanceCase {
    /// The address of a record: bytes, in byte order.
    static let keys: [ConformanceCase] = [
        ConformanceCase("keys/partition-and-key-are-not-joined", .offer(.partitions)) { context in
            let keys = confusableKeys
            try await context.fill(keys)
            for key in keys { try await context.expect(key, is: ConformanceContext.value(of: key)) }
            for partition in Set(keys.map(\.partition)) {
                try await context.expectKeys(.partition(partition), are: keys.filter { $0.partition == partition })
            }
            try await context.write(.delete, at: keys[0])
            try await context.expectKeys(.all(), are: Array(keys.dropFirst()), "the keys beside a deleted one")
        },
        ConformanceCase("keys/any-bytes-in-a-key", .offer(.anyKeys)) { context in
            let keys = awkwardBytes.map { Key(partition: Array("p".utf8), bytes: $0) }
            try await context.fill(keys)
            for key in keys { try await context.expect(key, is: ConformanceContext.value(of: key)) }
            try await context.expectKeys(.partition(Array("p".utf8)), are: keys)
        },
        ConformanceCase("keys/any-bytes-in-a-partition", .offer(.partitions)) { context in
            let keys = awkwardBytes.map { Key(partition: $0, bytes: [7]) }
            try await context.fill(keys)
            for key in keys { try await context.expect(key, is: ConformanceContext.value(of: key)) }
            try await context.expectKeys(.all(), are: keys)
        },
        ConformanceCase("keys/of-many-lengths", .offer(.partitions)) { context in
            // Around the ends of lengths that are kept in seven, eight or fifteen bits.
            let counts = [1, 2, 127, 128, 129, 254, 255, 256, 257, 383, 384, 511, 512, 513]
            let limits = context.capabilities.limits
            let keys = counts.flatMap { count in
                [
                    Key(partition: [0x70], bytes: Array(repeating: 0x61, count: min(count, limits.keyBytesMax))),
                    Key(partition: Array(repeating: 0x61, count: min(count, limits.partitionBytesMax)), bytes: [0x61]),
                ]
            }
            let distinct = Array(Set(keys))
            try await context.fill(distinct)
            for key in distinct { try await context.expect(key, is: ConformanceContext.value(of: key)) }
            try await context.expectKeys(.all(), are: distinct)
        },
        ConformanceCase("keys/text-is-not-normalised") { context in
            // "é" as one scalar and as two, and the cases of a letter.
            let keys = [[0xC3, 0xA9], [0x65, 0xCC, 0x81], [0x41], [0x61], [0x65]].map {
                Key(partition: Array("p".utf8), bytes: $0)
            }
            try await context.fill(keys)
            for key in keys { try await context.expect(key, is: ConformanceContext.value(of: key)) }
            try await context.expectKeys(.partition(Array("p".utf8)), are: keys)
        },
        ConformanceCase("keys/order-within-a-partition", .order(.partition)) { context in
            let keys = awkwardBytes.map { Key(partition: Array("p".utf8), bytes: $0) }
            try await context.fill(keys.reversed() + [Key("o", "a"), Key("q", "a")])
            try await context.eventually {
                let found = try await context.rows(.partition(Array("p".utf8))).map(\.key)
                try expectEqual(found, keys.sorted(), "keys in the order of unsigned bytes")
            }
        },
        ConformanceCase("keys/order-of-partitions", .order(.store)) { context in
            let partitions = awkwardBytes.filter { $0.count < 3 }
            let keys = partitions.flatMap { partition in
                [[0xFF], [0x00], [0x61]].map { Key(partition: partition, bytes: $0) }
            }
            try await context.fill(keys)
            try await context.eventually {
                let found = try await context.rows(.all()).map(\.key)
                try expectEqual(found, keys.sorted(), "keys in the order of partition, then key")
            }
        },
        ConformanceCase("keys/one-partition-in-one-piece", .order(.partition)) { context in
            let keys = (0..<60).map { Key("partition \($0 % 6)", "key \($0)") }
            try await context.fill(keys)
            try await context.expectKeys(.all(), ScanOptions(limit: 7), are: keys)
        },
        ConformanceCase("keys/empty-key-is-refused") { context in
            try await expectRefused(Key(partition: Array("p".utf8), bytes: []), context)
        },
        ConformanceCase("keys/empty-partition-is-refused") { context in
            try await expectRefused(Key(partition: [], bytes: [1]), context)
            try await expectError(.invalidArgument, from: "a scan of an empty partition") {
                _ = try await context.store.scan(.partition([]), ScanOptions(), after: nil)
            }
            try await expectError(.invalidArgument, from: "a count of an empty partition") {
                _ = try await context.store.count(.partition([]))
            }
            try await expectError(.invalidArgument, from: "the size of an empty partition") {
                _ = try await context.store.size(.partition([]), ReadOptions())
            }
            try await expectError(.invalidArgument, from: "the deletion of an empty partition") {
                _ = try await context.store.delete(.partition([]), limit: 10, epoch: nil, after: nil)
            }
        },
    ]

    /// Addresses that meet wherever partition and key are joined by a separator, a length without an end, or nothing.
    static let confusableKeys: [Key] = [
        Key("a", "b/c"), Key("a/b", "c"), Key("a", "b"), Key("ab", "c"), Key("a", "bc"), Key("a/", "b"), Key("a", "/b"),
        Key("a\0", "b"), Key("a", "\0b"), Key("a\0\u{1}", "b"), Key("a:b", "c"), Key("a", "b:c"), Key("a|b", "c"),
        Key("1:a", "b"), Key("\u{1}a", "b"), Key("\u{1}", "a\u{1}b"), Key("a\u{1}", "b"), Key("a%2Fb", "c"),
        Key("a.b", "c"), Key("a", "b.c"), Key("a#b", "c"), Key("a", "b#c"), Key("a\\", "b"), Key("a", "\\b"),
        Key(partition: [0x61, 0xFF], bytes: [0x62]), Key(partition: [0x61], bytes: [0xFF, 0x62]),
        Key(partition: [0x61, 0x00, 0xFF], bytes: [0x62]), Key(partition: [0x61], bytes: [0x00, 0xFF, 0x62]),
    ]

    /// All bytes alone, and strings with 0x00, 0xFF, prefixes of each other, and what is no UTF-8.
    static let awkwardBytes: [[UInt8]] =
        (0...UInt8.max).map { [$0] }
        + [
            [0x00, 0x00], [0x00, 0x01], [0x00, 0xFF], [0xFF, 0x00], [0xFF, 0xFF], [0xFF, 0xFF, 0xFF], [0x61, 0x00],
            [0x61, 0x00, 0x00], [0x61, 0x00, 0x61], [0x61, 0x61], [0x61, 0x62], [0x61, 0xFF], [0x62, 0x00],
            [0x7F, 0xFF], [0x80, 0x00], [0xC3, 0x28], [0xC3, 0xA9], [0x65, 0xCC, 0x81], [0xED, 0xA0, 0x80],
            [0xF0, 0x9F], [0x5C, 0x30], [0x25, 0x30, 0x30], [0x01, 0x00, 0x02], [0x01, 0x02],
        ]

    /// Expects that an illegal key is refused by every call that takes keys, and that nothing is written.
    private static func expectRefused(_ key: Key, _ context: ConformanceContext) async throws {
        let store = context.store
        try await context.fill([context.key("there")])
        try await context.expectUnchanged(by: "writes to an illegal key") {
            try await expectError(.invalidArgument, from: "a get") { _ = try await store.get([context.key("a"), key]) }
            for action in [WriteBatch.Action.put([1]), .bury, .delete] {
                let batch = WriteBatch([WriteBatch.Operation(action, at: key)])
                try await expectError(.invalidArgument, from: "\(action)") { _ = try await store.write(batch) }
                try await expectError(.invalidArgument, from: "\(action) among others") {
                    for result in await store.write(each: [batch]) { _ = try result.get() }
                }
            }
            if context.capabilities.integerAdd {
                try await expectError(.invalidArgument, from: "an addition") {
                    try await context.write(.add(1), at: key)
                }
            }
            if context.capabilities.conditionalWrite {
                try await expectError(.invalidArgument, from: "a check") {
                    try await context.write(.check, at: key, if: .absent)
                }
            }
        }
    }
}
