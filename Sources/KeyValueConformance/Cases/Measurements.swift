import KeyValue

extension ConformanceCase {
    /// Counts and sizes.
    static let measurements: [ConformanceCase] = [
        ConformanceCase("measurements/count-and-size-of-ranges", .offer(.partitions)) { context in
            let keys = ["m", "ma", "n"].flatMap { name in ["a", "b", "ba", "c"].map { Key(name, $0) } }
            try await context.fill(keys.map { ($0, [UInt8](repeating: 7, count: 10)) })
            var ranges = [KeyRange.partition([0x6D]), .partition([0x6D, 0x61]), .partition([0x7A])]
            if context.capabilities.order >= .partition {
                ranges += [.prefix([0x62], of: [0x6D]), .partition([0x6D], from: [0x62], to: [0x63])]
            }
            if context.capabilities.order == .store {
                ranges.append(KeyRange(extent: .partitions(lower: [0x6D, 0x61], upper: [0x6F])))
            }
            for range in ranges {
                let inside = keys.filter(range.contains)
                let bytes = inside.reduce(0) { $0 + $1.bytes.count + 10 }
                try await expectMeasured(range, count: inside.count, bytes: bytes, context)
            }
        },
        ConformanceCase("measurements/of-a-new-store") { context in
            for space in KeySpace.allCases { try await expectMeasured(.all(in: space), count: 0, bytes: 0, context) }
        },
        ConformanceCase("measurements/leave-out-reserved-space", .offer(.reservedSpace)) { context in
            try await context.fill([
                (context.key("a"), [1]), (context.key("bb", space: .reservedData), [1, 2]),
                (context.key("ccc", space: .reservedLocal), [1, 2, 3]),
            ])
            try await expectMeasured(.partition([0x70]), count: 1, bytes: 2, context)
            try await expectMeasured(.partition([0x70], in: .reservedData), count: 1, bytes: 4, context)
            try await expectMeasured(.all(in: .reservedData), count: 1, bytes: 4, context)
            try await expectMeasured(.partition([0x70], in: .reservedLocal), count: 1, bytes: 6, context)
            try await expectMeasured(.all(), count: 1, bytes: 2, context)
        },
        ConformanceCase("measurements/leave-out-tombstones", .offer(.tombstones)) { context in
            try await context.fill([(context.key("a"), [1]), (context.key("bb"), [1])])
            try await context.bury(context.key("bb"))
            try await context.bury(context.key("ccc"))
            let range = KeyRange.partition([0x70])
            try await expectMeasured(range, count: 1, bytes: 2, context)
            try await expectMeasured(range, ReadOptions(includesTombstones: true), count: 3, bytes: 7, context)
        },
        ConformanceCase("measurements/count-empty-values") { context in
            try await context.fill([(context.key("a"), []), (context.key("b"), [])])
            try await expectMeasured(.partition([0x70]), count: 2, bytes: 2, context)
        },
        ConformanceCase("measurements/of-more-than-a-page") { context in
            let keys = (0..<700).map { context.key("\($0)") }
            try await context.fill(keys.map { ($0, [1]) })
            let bytes = keys.reduce(0) { $0 + $1.bytes.count + 1 }
            try await expectMeasured(.partition([0x70]), count: 700, bytes: bytes, context)
        },
    ]

    private static func expectMeasured(
        _ range: KeyRange,
        _ options: ReadOptions = ReadOptions(),
        count: Int,
        bytes: Int,
        _ context: ConformanceContext
    ) async throws {
        try await context.eventually {
            let counted = try await context.store.count(range, options)
            let size = try await context.store.size(range, options)
            // An estimate promises no number.
            if counted.accuracy == .exact { try expectEqual(counted.value, count, "the count of \(range)") }
            if size.accuracy == .exact { try expectEqual(size.value, bytes, "the size of \(range)") }
        }
    }
}
