import KeyValue

extension ConformanceCase {
    /// The deletion of a range, step by step.
    static let rangeDeletion: [ConformanceCase] = [
        ConformanceCase("range-deletion/takes-the-range-and-no-more", .offer(.partitions)) { context in
            let names = ["l", "m", "m\0", "ma", "n"]
            let keys = names.flatMap { name in ["a", "b", "ba", "c"].map { Key(name, $0) } }
            var ranges = [KeyRange.partition([0x6D]), .partition([0x7A])]
            if context.capabilities.order >= .partition {
                ranges += [.prefix([0x62], of: [0x6D]), .partition([0x6D], from: [0x61, 0x00], to: [0x62, 0x61])]
            }
            if context.capabilities.order == .store {
                ranges.append(KeyRange(extent: .partitions(lower: [0x6D], upper: [0x6D, 0x61])))
            }
            for range in ranges {
                for limit in [1, 3, 100] {
                    try await context.fill(keys)
                    let deleted = try await delete(range, limit: limit, context)
                    let inside = keys.filter(range.contains)
                    try expectEqual(deleted, inside.count, "records deleted of \(range.extent), by \(limit)")
                    try await context.settle()
                    try await expectLeft(keys.filter { !inside.contains($0) }, context)
                }
            }
        },
        ConformanceCase("range-deletion/of-everything") { context in
            let keys = (0..<30).map { context.key("\($0)", in: "p\($0 % 4)") }
            try await context.fill(keys)
            _ = try await delete(.all(), limit: 7, context)
            try await context.settle()
            try await expectLeft([], context)
        },
        ConformanceCase("range-deletion/leaves-tombstones", .offer(.tombstones)) { context in
            let keys = (0..<8).map { context.key("\($0)") }
            try await context.fill(keys)
            for key in keys.prefix(4) { try await context.bury(key) }
            try await context.settle()
            let deleted = try await delete(.partition([0x70]), limit: 3, context)
            try expectEqual(deleted, 4, "live records deleted among tombstones")
            let options = ScanOptions(includesTombstones: true)
            try await context.expectKeys(.partition([0x70]), options, are: Array(keys.prefix(4)), "tombstones")
        },
        ConformanceCase("range-deletion/leaves-reserved-space", .offer(.reservedSpace)) { context in
            let keys = KeySpace.allCases.map { context.key("a", space: $0) }
            try await context.fill(keys)
            for range in [KeyRange.all(), .partition([0x70])] { _ = try await delete(range, limit: 10, context) }
            for key in keys.dropFirst() { try await context.expect(key, is: ConformanceContext.value(of: key)) }
            try await context.expect(keys[0], is: nil)
        },
        ConformanceCase("range-deletion/of-reserved-space-is-refused", .offer(.reservedSpace)) { context in
            try await context.fill(KeySpace.allCases.map { context.key("a", space: $0) })
            try await context.expectUnchanged(by: "the deletion of reserved ranges") {
                for space in [KeySpace.reservedData, .reservedLocal] {
                    for range in [KeyRange.all(in: space), .partition([0x70], in: space)] {
                        try await expectError(.invalidArgument, from: "the deletion of \(range)") {
                            _ = try await context.store.delete(range, limit: 10, epoch: nil, after: nil)
                        }
                    }
                }
            }
        },
        ConformanceCase("range-deletion/goes-on-from-kept-bytes") { context in
            let keys = (0..<20).map { context.key("\($0)") }
            try await context.fill(keys)
            let first = try await context.store.delete(.partition([0x70]), limit: 6, epoch: nil, after: nil)
            try expect(first.deleted <= 6 && first.cursor != nil, "a step examines at most 6 of 20 keys")
            try await context.settle()
            var cursor = first.cursor.map { Cursor(bytes: $0.bytes) }
            while let next = cursor {
                let step = try await context.store.delete(.partition([0x70]), limit: 50, epoch: nil, after: next)
                cursor = step.cursor
            }
            try await context.settle()
            try await context.expectKeys(.partition([0x70]), are: [])
        },
        ConformanceCase("range-deletion/refuses-what-makes-no-sense") { context in
            try await context.fill([context.key("a")])
            try await context.expectUnchanged(by: "deletions that make no sense") {
                for limit in [0, -1] {
                    try await expectError(.invalidArgument, from: "a deletion by \(limit)") {
                        _ = try await context.store.delete(.all(), limit: limit, epoch: nil, after: nil)
                    }
                }
                try await expectError(.invalidArgument, from: "a deletion after garbage") {
                    let cursor = Cursor(bytes: Array("garbage".utf8))
                    _ = try await context.store.delete(.all(), limit: 1, epoch: nil, after: cursor)
                }
            }
        },
        ConformanceCase("range-deletion/of-a-dropped-partition", .offer(.partitions)) { context in
            let keys = (0..<50).map { Key("p\($0 % 2)", "\($0)") }
            try await context.fill(keys)
            let deleted = try await context.store.dropPartition(Array("p0".utf8))
            try expectEqual(deleted, 25, "records of a dropped partition")
            try await context.expectKeys(.partition(Array("p0".utf8)), are: [])
            try await context.expectKeys(.partition(Array("p1".utf8)), are: keys.filter { $0.partition[1] == 0x31 })
        },
    ]

    private static func delete(_ range: KeyRange, limit: Int, _ context: ConformanceContext) async throws -> Int {
        var deleted = 0
        var cursor: Cursor?
        for _ in 0..<1_000 {
            let step = try await context.store.delete(range, limit: limit, epoch: nil, after: cursor)
            try expect(step.deleted <= limit, "a step deletes at most \(limit)")
            deleted += step.deleted
            cursor = step.cursor
            if cursor == nil { return deleted }
        }
        try expect(false, "a deletion ends within 1000 steps")
        return deleted
    }

    private static func expectLeft(_ keys: [Key], _ context: ConformanceContext) async throws {
        try await context.eventually {
            let found = try await context.everything().map(\.key)
            try expectEqual(found, keys.sorted(), "what a deletion left")
        }
    }
}
