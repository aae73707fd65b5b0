import KeyValue

extension ConformanceCase {
    /// What a scan shows.
    static let scans: [ConformanceCase] = [
        ConformanceCase("scans/one-partition-and-no-other", .offer(.partitions)) { context in
            // Neighbours in the order of bytes, prefixes of each other, with the same keys.
            let partitions = ["m", "ma", "m\0", "l", "n", "M", "m/"]
            let keys = partitions.flatMap { partition in (0..<12).map { Key(partition, "key \($0)") } }
            try await context.fill(keys)
            for partition in partitions {
                let expected = keys.filter { $0.partition == Array(partition.utf8) }
                try await context.expectKeys(.partition(Array(partition.utf8)), are: expected)
                try await context.expectKeys(.partition(Array(partition.utf8)), ScanOptions(limit: 5), are: expected)
            }
            try await context.expectKeys(.all(), are: keys, "the whole store")
        },
        ConformanceCase("scans/of-nothing") { context in
            try await context.expectKeys(.all(), are: [])
            try await context.expectKeys(.partition([7]), are: [])
            try await context.fill([context.key("a")])
            try await context.expectKeys(.partition([7]), are: [], "a partition without rows")
        },
        ConformanceCase("scans/rows-are-whole") { context in
            let keys = (0..<30).map { context.key("\($0)", in: "partition \($0 % 3)") }
            try await context.fill(keys)
            try await context.eventually {
                for row in try await context.rows(.all(), ScanOptions(limit: 8)) {
                    try expectEqual(row.value, ConformanceContext.value(of: row.key), "the value of a row")
                    try expect(!row.isTombstone, "a live row is no tombstone")
                    guard context.offers(.revisions) else { continue }
                    try expectEqual(try await context.store.get(row.key), row, "a row of a scan, against that of a get")
                }
            }
        },
        ConformanceCase("scans/bounds-are-half-open", .order(.partition)) { context in
            let keys = ["a", "b", "b\0", "ba", "c", "d"].map { context.key($0) }
            try await context.fill(keys + [Key("o", "b"), Key("pa", "b"), Key("q", "b")])
            let bounds: [[UInt8]?] =
                [nil, [], [0xFF], Array(repeating: 0x62, count: 10_000)]
                + ["A", "a", "a\0", "b", "b\0", "bb", "c", "d", "e"].map { Array($0.utf8) }
            for lower in bounds {
                for upper in bounds {
                    let range = KeyRange.partition(Array("p".utf8), from: lower, to: upper)
                    try await context.expectKeys(range, are: keys.filter(range.contains))
                }
            }
        },
        ConformanceCase("scans/prefixes", .order(.partition)) { context in
            let prefixes: [[UInt8]] = [
                [], [0x00], [0x61], [0x61, 0xFF], [0x61, 0xFF, 0xFF], [0xFF], [0xFF, 0xFF], [0xFE, 0xFF], [0x62],
                [0x61, 0x00],
            ]
            let keys = awkwardBytes.map { Key(partition: Array("p".utf8), bytes: $0) }
            let more = prefixes.map { Key(partition: Array("p".utf8), bytes: $0 + [0x61, 0xFF, 0x00]) }
            try await context.fill(keys + more + [Key("q", "a")])
            for prefix in prefixes {
                try await context.expectKeys(
                    .prefix(prefix, of: Array("p".utf8)),
                    are: (keys + more).filter { $0.bytes.starts(with: prefix) }
                )
            }
        },
        ConformanceCase("scans/ranges-of-partitions", .order(.store)) { context in
            let names: [[UInt8]] = [[0], [0x61], [0x61, 0], [0x61, 0x61], [0x62], [0xFF], [0xFF, 0xFF]]
            let keys = names.flatMap { name in [[0], [0xFF]].map { Key(partition: name, bytes: $0) } }
            try await context.fill(keys)
            for lower in [nil, []] + names {
                for upper in [nil, []] + names {
                    let range = KeyRange(extent: .partitions(lower: lower, upper: upper))
                    try await context.expectKeys(range, ScanOptions(limit: 3), are: keys.filter(range.contains))
                }
            }
        },
        ConformanceCase("scans/bounds-refused", .without(.order(.partition))) { context in
            try await context.fill([context.key("a")])
            for range in [
                KeyRange.partition([0x70], from: [0x61]), .partition([0x70], to: [0x62]), .prefix([0x61], of: [0x70]),
            ] {
                try await expectUnsupported(range, context)
            }
        },
        ConformanceCase("scans/ranges-of-partitions-refused", .without(.order(.store))) { context in
            try await expectUnsupported(KeyRange(extent: .partitions(lower: [0x61], upper: nil)), context)
            try await expectUnsupported(KeyRange(extent: .partitions(lower: nil, upper: nil)), context)
        },
        ConformanceCase("scans/keys-only-leaves-values-out") { context in
            let keys = (0..<10).map { context.key("\($0)") }
            try await context.fill(keys)
            try await context.expectKeys(.all(), ScanOptions(keysOnly: true), are: keys)
            try await context.eventually {
                let values = try await context.rows(.all(), ScanOptions(keysOnly: true)).map(\.value)
                try expectEqual(values, keys.map { _ in [] }, "the values of a scan of keys")
            }
        },
        ConformanceCase("scans/reverse-mirrors-forward", .reverseScan) { context in
            let keys = ["l", "m", "ma"].flatMap { partition in
                ["a", "aa", "b", "c\u{7F}", "d"].map { Key(partition, $0) }
            }
            try await context.fill(keys)
            let ordered = context.capabilities.order >= .partition
            var ranges = [KeyRange.all(), .partition(Array("m".utf8))]
            if ordered {
                ranges += [
                    .partition(Array("m".utf8), from: Array("aa".utf8), to: Array("d".utf8)),
                    .partition(Array("m".utf8), from: Array("ab".utf8)),
                    .partition(Array("m".utf8), to: Array("b".utf8)),
                    .prefix(Array("a".utf8), of: Array("m".utf8)),
                    .partition(Array("m".utf8), from: Array("x".utf8)),
                ]
            }
            for range in ranges {
                let forward = try await context.rows(range).map(\.key)
                for limit in [1, 2, 3, 100] {
                    let reverse = try await context.rows(range, ScanOptions(limit: limit, reverse: true)).map(\.key)
                    try expectEqual(reverse, forward.reversed(), "a reverse scan in pages of \(limit), \(range.extent)")
                }
            }
        },
        ConformanceCase("scans/reverse-refused", .without(.reverseScan)) { context in
            try await context.fill([context.key("a")])
            try await expectError(.unsupported, from: "a reverse scan") {
                _ = try await context.store.scan(.all(), ScanOptions(reverse: true), after: nil)
            }
        },
    ]

    private static func expectUnsupported(_ range: KeyRange, _ context: ConformanceContext) async throws {
        let store = context.store
        try await expectError(.unsupported, from: "a scan of \(range.extent)") {
            _ = try await store.scan(range, ScanOptions(), after: nil)
        }
        try await expectError(.unsupported, from: "a count of \(range.extent)") { _ = try await store.count(range) }
        try await expectError(.unsupported, from: "the size of \(range.extent)") {
            _ = try await store.size(range, ReadOptions())
        }
        try await context.expectUnchanged(by: "a deletion that can't be done") {
            try await expectError(.unsupported, from: "the deletion of \(range.extent)") {
                _ = try await store.delete(range, limit: 10, epoch: nil, after: nil)
            }
        }
    }
}
