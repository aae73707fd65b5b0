import KeyValue

extension ConformanceCase {
    /// The listing of partitions.
    static let partitionListings: [ConformanceCase] = [
        ConformanceCase("partitions/each-once-at-any-page-size", .offer(.partitions)) { context in
            let names = awkwardBytes.filter { $0.count > 1 } + [[0x61], [0x6D], [0x6D, 0x61]]
            try await context.fill(names.flatMap { name in (0..<2).map { Key(partition: name, bytes: [$0]) } })
            for limit in [1, 2, 3, 7, 1_000] {
                try await expectPartitions(names, limit: limit, context)
            }
        },
        ConformanceCase("partitions/of-nothing") { context in
            for space in KeySpace.allCases { try await expectPartitions([], in: space, context) }
        },
        ConformanceCase("partitions/with-many-rows-come-once") { context in
            let keys = ["a", "b"].flatMap { name in (0..<40).map { context.key("\(name)\($0)", in: name) } }
            try await context.fill(keys)
            try await expectPartitions(Array(Set(keys.map(\.partition))), limit: 1, context)
        },
        ConformanceCase("partitions/of-one-space", .offer(.partitions), .offer(.reservedSpace)) { context in
            try await context.fill([
                Key("a", "k"), Key("b", "k", space: .reservedData), Key("c", "k", space: .reservedLocal),
                Key("d", "k"), Key("d", "k", space: .reservedData),
            ])
            try await expectPartitions([[0x61], [0x64]], in: .records, context)
            try await expectPartitions([[0x62], [0x64]], in: .reservedData, context)
            try await expectPartitions([[0x63]], in: .reservedLocal, context)
        },
        ConformanceCase("partitions/come-and-go-with-their-rows", .offer(.partitions), .offer(.tombstones)) { context in
            let keys = ["a", "b", "c"].map { Key($0, "k") }
            try await context.fill(keys)
            try await context.bury(keys[1])
            try await context.write(.delete, at: keys[2])
            try await expectPartitions([[0x61], [0x62]], context)
        },
        ConformanceCase("partitions/go-on-when-their-rows-are-gone", .offer(.partitions)) { context in
            let keys = (0..<9).map { Key("p\($0)", "k") }
            try await context.fill(keys)
            var found: [[UInt8]] = []
            var cursor: Cursor?
            for _ in 0...keys.count * 4 {
                let page = try await context.store.partitions(in: .records, limit: 2, after: cursor)
                for name in page.partitions {
                    try await context.write(.delete, at: Key(partition: name, bytes: [0x6B]))
                }
                found += page.partitions
                try await context.settle()
                cursor = page.cursor
                if cursor == nil { break }
            }
            let sorted = found.sorted(by: ByteOrder.precedes)
            try expectEqual(sorted, keys.map(\.partition), "partitions, each then deleted")
        },
        ConformanceCase("partitions/refuse-what-makes-no-sense", .offer(.partitions)) { context in
            try await context.fill((0..<4).map { Key("p\($0)", "k") })
            let page = try await context.store.partitions(in: .records, limit: 2, after: nil)
            let cursor = try require(page.cursor, "a cursor")
            for bytes in [[], [0xFF], Array("garbage".utf8), Array(cursor.bytes.dropLast()), cursor.bytes + [0]] {
                try await expectError(.invalidArgument, from: "a listing after \(Key.escaped(bytes))") {
                    _ = try await context.store.partitions(in: .records, limit: 2, after: Cursor(bytes: bytes))
                }
            }
            for limit in [0, -1] {
                try await expectError(.invalidArgument, from: "a listing of \(limit)") {
                    _ = try await context.store.partitions(in: .records, limit: limit, after: nil)
                }
            }
        },
    ]

    private static func expectPartitions(
        _ expected: [[UInt8]],
        in space: KeySpace = .records,
        limit: Int = 100,
        _ context: ConformanceContext
    ) async throws {
        try await context.eventually {
            var found: [[UInt8]] = []
            var cursor: Cursor?
            for _ in 0...expected.count * 4 + 10 {
                let page = try await context.store.partitions(in: space, limit: limit, after: cursor)
                try expect(page.partitions.count <= limit, "at most \(limit) partitions on a page")
                found += page.partitions
                cursor = page.cursor
                if cursor == nil { break }
            }
            try expect(cursor == nil, "a listing of \(expected.count) partitions ends")
            // A store whose reads lag has one more in reserved space, to wait for.
            found.removeAll { $0 == Array("settling".utf8) }
            let sorted = found.sorted(by: ByteOrder.precedes)
            try expectEqual(sorted, expected.sorted(by: ByteOrder.precedes), "partitions of \(space), by \(limit)")
            if context.capabilities.order == .store { try expectEqual(found, sorted, "the order of partitions") }
        }
    }
}
