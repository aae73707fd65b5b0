import KeyValue

extension ConformanceCase {
    /// How a scan goes on from page to page.
    static let paging: [ConformanceCase] = [
        ConformanceCase("paging/each-once-at-any-page-size") { context in
            let keys = ["l", "m", "n"].flatMap { name in (0..<14).map { context.key("\(name)\($0)", in: name) } }
            let middle = keys[keys.count / 2].partition
            try await context.fill(keys)
            for limit in [1, 2, 3, 7, 14, 42, 43] {
                for reverse in directions(context) {
                    let options = ScanOptions(limit: limit, reverse: reverse)
                    try await context.expectKeys(.all(), options, are: keys, "pages of \(limit)")
                    let part = keys.filter { $0.partition == middle }
                    try await context.expectKeys(.partition(middle), options, are: part, "pages of \(limit)")
                }
            }
        },
        ConformanceCase("paging/limit-counts-what-is-examined", .offer(.tombstones)) { context in
            let keys = (0..<24).map { context.key("\($0)") }
            for key in keys { try await context.bury(key) }
            try await context.fill([keys[3], keys[23]])
            for limit in [1, 3, 7] {
                try await context.expectKeys(.all(), ScanOptions(limit: limit), are: [keys[3], keys[23]])
                let options = ScanOptions(limit: limit, includesTombstones: true)
                try await context.expectKeys(.all(), options, are: keys)
            }
            let page = try await context.store.scan(.all(), ScanOptions(limit: 2), after: nil)
            try expect(page.examined <= 2 && page.cursor != nil, "a page of 2 ends after 2 keys, whatever they are")
        },
        ConformanceCase("paging/bytes-end-a-page") { context in
            let keys = (0..<9).map { context.key("\($0)") }
            let values = keys.map { [UInt8](repeating: $0.bytes[0], count: 1_000) }
            try await context.fill(Array(zip(keys, values)).map { (key: $0.0, value: $0.1) })
            for bytesMax in [1, 1_000, 1_002, 2_500, 100_000] {
                for reverse in directions(context) {
                    let options = ScanOptions(bytesMax: bytesMax, reverse: reverse)
                    try await context.expectKeys(.all(), options, are: keys, "pages of \(bytesMax) bytes")
                }
            }
            // Values that are left out don't fill a page.
            let named = ScanOptions(bytesMax: 900, keysOnly: true)
            let page = try await context.store.scan(.all(), named, after: nil)
            try expect(page.count > 1, "keys alone share a page of 900 bytes")
        },
        ConformanceCase("paging/a-value-larger-than-a-page") { context in
            let key = context.key("large")
            let value = [UInt8](repeating: 3, count: min(200_000, context.capabilities.limits.valueBytesMax))
            try await context.fill([(key, value), (context.key("small"), [1])])
            try await context.eventually {
                let rows = try await context.rows(.all(), ScanOptions(bytesMax: 100))
                try expectEqual(rows.first { $0.key == key }?.value, value, "the large value")
                try expectEqual(rows.count, 2, "rows")
            }
        },
        ConformanceCase("paging/keys-come-and-go-meanwhile") { context in
            let schedules = [
                "RRRRRRRDDDDDDD", "RRRDRDRDRDRDDD", "RRRRRDRDRDRDRDRRRRR", "DDDDRDRDRDRDDRDDDDD", "DDDDRDRDDRRDDDDD",
                "DDDDDRRRRR", "RIRIRIRIRI", "IIIIRRRRIIII", "RDIRDIRDIRDI", "RIDRIDRRIIDD",
            ]
            for (number, schedule) in schedules.enumerated() {
                for reverse in directions(context) {
                    let partition = context.offers(.partitions) ? "\(number) \(reverse)" : "p"
                    for limit in [1, 3] {
                        try await expectKept(through: schedule, in: partition, limit: limit, reverse: reverse, context)
                    }
                }
            }
        },
        ConformanceCase("paging/goes-on-when-its-key-is-gone") { context in
            for reverse in directions(context) {
                // The key under the cursor goes, and all before it or none.
                for count in [1, 3] {
                    let keys = (0..<20).map { context.key("\($0)") }
                    try await context.fill(keys)
                    let options = ScanOptions(limit: 3, reverse: reverse)
                    let rows = try await context.rows(.partition(keys[0].partition), options) { page in
                        for row in page.suffix(count) { try await context.write(.delete, at: row.key) }
                        try await context.settle()
                    }
                    try expectEqual(rows.map(\.key).sorted(), keys.sorted(), "keys, deleted after they were delivered")
                }
            }
        },
        ConformanceCase("paging/last-key-goes-before-its-page") { context in
            let keys = (0..<10).map { context.key("\($0)") }
            for limit in [9, 5] {
                try await context.fill(keys)
                let last = try require(try await context.rows(.all()).last?.key, "a last key")
                var isFirst = true
                let rows = try await context.rows(.all(), ScanOptions(limit: limit)) { _ in
                    guard isFirst else { return }
                    isFirst = false
                    try await context.write(.delete, at: last)
                    try await context.settle()
                }
                let kept = keys.filter { $0 != last }.sorted()
                try expectEqual(rows.map(\.key).filter { $0 != last }.sorted(), kept, "the keys that stayed")
            }
        },
        ConformanceCase("paging/cursor-is-bytes") { context in
            let keys = (0..<12).map { context.key("\($0)") }
            try await context.fill(keys)
            let first = try await context.store.scan(.all(), ScanOptions(limit: 5), after: nil)
            let bytes = try require(first.cursor?.bytes, "a cursor")
            for _ in 0..<2 {
                let rest = try await context.store.scan(.all(), ScanOptions(), after: Cursor(bytes: bytes))
                try expectEqual((first.map(\.key) + rest.map(\.key)).sorted(), keys.sorted(), "two pages together")
            }
        },
        ConformanceCase("paging/cursor-outlives-its-store", .offer(.reopening)) { context in
            let keys = (0..<12).map { context.key("\($0)") }
            try await context.fill(keys)
            let first = try await context.store.scan(.all(), ScanOptions(limit: 5), after: nil)
            let bytes = try require(first.cursor?.bytes, "a cursor")
            let later = try await context.reopened()
            let rest = try await later.store.scan(.all(), ScanOptions(), after: Cursor(bytes: bytes))
            try expectEqual((first.map(\.key) + rest.map(\.key)).sorted(), keys.sorted(), "two pages together")
        },
        ConformanceCase("paging/foreign-cursors-are-refused") { context in
            var keys = ["a", "b", "c", "d"].map { context.key($0) }
            if context.offers(.partitions) { keys += [Key("q", "a"), Key("q", "z")] }
            if context.offers(.reservedSpace) { keys.append(context.key("b", space: .reservedData)) }
            try await context.fill(keys)
            let partition = KeyRange.partition([0x70])
            let page = try await context.store.scan(partition, ScanOptions(limit: 2), after: nil)
            let cursor = try require(page.cursor, "a cursor")
            var foreign: [(KeyRange, [UInt8])] = [
                (.partition([0x71]), cursor.bytes), (.all(in: .reservedData), cursor.bytes),
                (.partition([0x70], in: .reservedData), cursor.bytes), (partition, cursor.bytes + [0]),
                (partition, Array(repeating: 0xFF, count: 40)), (partition, Array("garbage".utf8)),
            ]
            if context.capabilities.order >= .partition {
                foreign.append((.partition([0x70], from: [0x7A]), cursor.bytes))
            }
            foreign += cursor.bytes.indices.map { (partition, Array(cursor.bytes.prefix($0))) }
            for (range, bytes) in foreign {
                try await expectError(.invalidArgument, from: "a scan of \(range) after \(Key.escaped(bytes))") {
                    _ = try await context.store.scan(range, ScanOptions(), after: Cursor(bytes: bytes))
                }
            }
        },
    ]

    private static func directions(_ context: ConformanceContext) -> [Bool] {
        context.capabilities.reverseScan ? [false, true] : [false]
    }

    /// Reads a page at each R, deletes a key at each D, inserts one at each I, and reads on to the end: the keys that
    /// were there all the time are delivered exactly once, the others at most once.
    private static func expectKept(
        through schedule: String,
        in partition: String,
        limit: Int,
        reverse: Bool,
        _ context: ConformanceContext
    ) async throws {
        let kept = (0..<12).map { Key(partition, "\(10 + $0) kept") }
        let doomed = (0..<12).map { Key(partition, "\(10 + ($0 * 5) % 12) doomed") }
        try await context.fill(kept + doomed)
        var steps = schedule[...]
        var changes = 0
        func change() async throws {
            while let step = steps.popFirst(), step != "R" {
                changes += 1
                if step == "D" {
                    try await context.write(.delete, at: doomed[changes % doomed.count])
                } else {
                    try await context.put([1], at: Key(partition, "\(10 + (changes * 5) % 12) new \(changes)"))
                }
            }
        }
        let options = ScanOptions(limit: limit, reverse: reverse)
        let rows = try await context.rows(.partition(Array(partition.utf8)), options) { _ in try await change() }
        let what = "\(schedule), pages of \(limit)\(reverse ? ", reverse" : "")"
        let delivered = rows.map(\.key)
        try expectEqual(Set(delivered).count, delivered.count, "no key comes twice: \(what)")
        try expectEqual(delivered.filter { kept.contains($0) }.sorted(), kept, "the keys that stayed: \(what)")
        try context.expectOrder(delivered, reverse: reverse, what)
    }
}
