import KeyValue

extension ConformanceCase {
    /// Tombstones: rows that only say that a record was deleted.
    static let tombstones: [ConformanceCase] = [
        ConformanceCase("tombstones/hidden-unless-asked-for", .offer(.tombstones)) { context in
            let keys = ["a", "b", "c", "d"].map { context.key($0) }
            try await context.fill(keys)
            try await context.bury(keys[1])
            try await context.bury(keys[3])
            try await context.expect(keys[1], is: nil, "a buried record")
            let all = KeyRange.partition(keys[0].partition)
            try await context.expectKeys(all, are: [keys[0], keys[2]], "without tombstones")
            try await context.expectKeys(all, ScanOptions(keysOnly: true), are: [keys[0], keys[2]])
            try await context.expectKeys(all, ScanOptions(includesTombstones: true), are: keys, "with tombstones")
            try await context.expectKeys(all, ScanOptions(keysOnly: true, includesTombstones: true), are: keys)
        },
        ConformanceCase("tombstones/are-rows-without-value", .offer(.tombstones)) { context in
            let keys = [context.key("was there"), context.key("never was")]
            try await context.fill([keys[0]])
            for key in keys {
                let revision = try await context.bury(key)
                try await context.eventually {
                    let row = try require(try await context.row(key), "a tombstone")
                    try expectEqual(row, Entry(key: key, value: [], revision: revision, isTombstone: true), "its row")
                    let options = ScanOptions(includesTombstones: true)
                    let scanned = try await context.rows(.all(), options).first { $0.key == key }
                    try expectEqual(scanned, row, "its row in a scan")
                }
            }
        },
        ConformanceCase("tombstones/a-put-makes-a-record-again", .offer(.tombstones)) { context in
            let key = context.key("a")
            try await context.bury(key)
            try await context.put([1], at: key)
            try await context.expect(key, is: [1])
            try await context.eventually {
                try expectEqual(try await context.row(key)?.isTombstone, false, "whether it is a tombstone still")
            }
        },
        ConformanceCase("tombstones/a-delete-removes-them", .offer(.tombstones)) { context in
            let key = context.key("a")
            try await context.bury(key)
            try await context.write(.delete, at: key)
            try await context.settle()
            let options = ScanOptions(includesTombstones: true)
            try await context.expectKeys(.partition(key.partition), options, are: [])
        },
        ConformanceCase("tombstones/collected-only-as-they-were-read", .conditionalDelete) { context in
            let key = context.key("a")
            let first = try await context.bury(key)
            let second = try await context.bury(key)
            let stale = try await context.attempt(.delete, at: key, if: .revision(first))
            try expect(stale == nil, "a tombstone that was replaced by another is not collected")
            try await context.write(.delete, at: key, if: .revision(second))
            try await context.eventually {
                let row = try await context.row(key)
                try expect(row == nil, "a collected tombstone leaves nothing")
            }
            let third = try await context.bury(key)
            try await context.put([1], at: key)
            let late = try await context.attempt(.delete, at: key, if: .revision(third))
            try expect(late == nil, "a record over a tombstone is not collected")
            try await context.expect(key, is: [1])
        },
        ConformanceCase("tombstones/in-reserved-space", .offer(.tombstones), .offer(.reservedSpace)) { context in
            for space in [KeySpace.reservedData, .reservedLocal] {
                let key = context.key("a", space: space)
                try await context.bury(key)
                try await context.expectKeys(.all(in: space), are: [])
                try await context.expectKeys(.all(in: space), ScanOptions(includesTombstones: true), are: [key])
            }
        },
    ]
}
