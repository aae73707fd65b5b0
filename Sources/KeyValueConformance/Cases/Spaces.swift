import KeyValue

extension ConformanceCase {
    /// Reserved space: there only for those who ask for it.
    static let spaces: [ConformanceCase] = [
        ConformanceCase("spaces/are-three-stores-in-one", .offer(.reservedSpace)) { context in
            let keys = KeySpace.allCases.flatMap { space in
                ["a", "b", "c"].map { context.key($0, space: space) }
            }
            try await context.fill(keys)
            for key in keys { try await context.expect(key, is: ConformanceContext.value(of: key)) }
            for space in KeySpace.allCases {
                let inside = keys.filter { $0.space == space }
                try await context.expectKeys(.all(in: space), are: inside)
                try await context.expectKeys(.partition([0x70], in: space), ScanOptions(limit: 2), are: inside)
            }
        },
        ConformanceCase("spaces/change-one-by-one", .offer(.reservedSpace), .offer(.tombstones)) { context in
            let keys = KeySpace.allCases.map { context.key("a", space: $0) }
            try await context.fill(keys)
            try await context.write(.delete, at: keys[0])
            try await context.bury(keys[1])
            try await context.expect(keys[2], is: ConformanceContext.value(of: keys[2]))
            try await context.expect(keys[0], is: nil)
            try await context.eventually {
                let rows = try await context.everything()
                try expectEqual(rows.map(\.key), [keys[1], keys[2]], "rows in all spaces")
            }
        },
        ConformanceCase("spaces/reserved-records-don't-show", .offer(.reservedSpace)) { context in
            let reserved = [KeySpace.reservedData, .reservedLocal].flatMap { space in
                ["a", "p", "z"].map { Key($0, "k", space: space) }
            }
            try await context.fill(reserved)
            try await context.expectKeys(.all(), are: [], "reserved records in a scan of everything")
            for reverse in context.capabilities.reverseScan ? [false, true] : [false] {
                let options = ScanOptions(limit: 2, reverse: reverse, includesTombstones: true)
                try await context.expectKeys(.partition([0x70]), options, are: [])
            }
            try await context.expect(Key("p", "k"), is: nil, "a reserved record read as an ordinary one")
        },
        ConformanceCase("spaces/have-the-same-rules", .conditionalWrite) { context in
            for space in [KeySpace.reservedData, .reservedLocal] {
                let key = context.key("a", space: space)
                let first = try await context.revision(putting: [1], at: key, if: .vacant)
                try await context.put([2], at: key, if: .revision(first))
                let stale = try await context.attempt(.put([3]), at: key, if: .revision(first))
                try expect(stale == nil, "a stale revision in reserved space does not fit")
                try await context.expect(key, is: [2])
            }
        },
        ConformanceCase("spaces/scan-across-partitions", .offer(.reservedSpace)) { context in
            let keys = (0..<20).map { Key("p\($0 % 5)", "\($0)", space: .reservedData) }
            try await context.fill(keys + (0..<20).map { Key("p\($0 % 5)", "\($0)") })
            try await context.expectKeys(.all(in: .reservedData), ScanOptions(limit: 3), are: keys)
        },
    ]
}
