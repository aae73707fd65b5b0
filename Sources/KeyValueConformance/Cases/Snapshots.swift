import KeyValue

extension ConformanceCase {
    /// Snapshots: the store as it was at one moment, however long the reading takes.
    static let snapshots: [ConformanceCase] = [
        ConformanceCase("snapshots/show-what-was-acknowledged", .snapshots) { context in
            try await fillForSnapshot(context)
            try await withSnapshot(of: context) { snapshot in
                for limit in [1, 7, 1_000] {
                    let found = try await everything(in: snapshot, limit: limit, context)
                    try expectEqual(found, try await context.everything(), "a snapshot in pages of \(limit)")
                }
            }
        },
        ConformanceCase("snapshots/scan-as-their-store-does", .snapshots) { context in
            try await fillForSnapshot(context)
            try await withSnapshot(of: context) { snapshot in
                var ranges = [KeyRange.all(), .all(in: .reservedData), .partition([0x70])]
                if context.capabilities.order >= .partition {
                    ranges.append(.partition([0x71], from: [0x31], to: [0x34]))
                }
                if context.capabilities.order == .store {
                    ranges.append(KeyRange(extent: .partitions(lower: [0x71], upper: nil)))
                }
                for range in ranges {
                    for var options in scanOptions {
                        if options.reverse, !context.capabilities.reverseScan { options.reverse = false }
                        let expected = try await context.rows(range, options)
                        let found = try await context.rows(range, options, in: snapshot)
                        try expectEqual(found, expected, "\(range.extent) of a snapshot, \(options)")
                    }
                }
            }
        },
        ConformanceCase("snapshots/refuse-what-makes-no-sense", .snapshots) { context in
            try await fillForSnapshot(context)
            try await withSnapshot(of: context) { snapshot in
                for (limit, cursor) in [(0, nil), (-1, nil), (1, Cursor(bytes: [])), (1, Cursor(bytes: [9, 9]))] {
                    try await expectError(.invalidArgument, from: "a snapshot's page of \(limit) behind a cursor") {
                        _ = try await snapshot.scan(.all(), ScanOptions(limit: limit), after: cursor)
                    }
                    try await expectError(.invalidArgument, from: "a snapshot's \(limit) partitions behind a cursor") {
                        _ = try await snapshot.partitions(in: .records, limit: limit, after: cursor)
                    }
                }
            }
        },
        ConformanceCase("snapshots/show-nothing-that-came-later", .snapshots) { context in
            try await expectSame(context) { step in
                try await context.put([1], at: context.key("\(step) later"))
                try await context.put([1], at: Key("later \(step)", "k"))
                try await context.bury(context.key("later \(step)"))
            }
        },
        ConformanceCase("snapshots/show-what-was-overwritten", .snapshots) { context in
            try await expectSame(context) { step in
                for key in snapshotKeys { try await context.put([UInt8(step)], at: key) }
            }
        },
        ConformanceCase("snapshots/show-what-was-deleted", .snapshots) { context in
            try await expectSame(context) { step in
                // The last first, which the pages have not come to.
                for key in snapshotKeys.reversed().dropFirst(step * 3).prefix(3) {
                    if step % 2 == 0 { try await context.write(.delete, at: key) } else { try await context.bury(key) }
                }
                if step == 4 { _ = try await context.store.dropPartition([0x71]) }
            }
        },
        ConformanceCase("snapshots/show-no-half-batch", .snapshots, .batchScope(.partition)) { context in
            let keys = (0..<5).map { context.key("\($0)") }
            try await context.fill(keys.map { ($0, [0]) })
            _ = try await compete(4) { racer in
                for round in 0..<30 {
                    await Task.yield()
                    if racer < 2 {
                        let order = racer == 0 ? keys : keys.reversed()
                        let value = [UInt8(racer), UInt8(round)]
                        _ = try await context.writeAgain(WriteBatch(order.map { .init(.put(value), at: $0) }))
                    } else if round % 3 == 0 {
                        try await withSnapshot(of: context) { snapshot in
                            let rows = try await context.rows(.all(), ScanOptions(limit: 1), in: snapshot) {
                                await Task.yield()
                            }
                            try expectEqual(rows.map(\.key).sorted(), keys, "the keys of a snapshot among writers")
                            try expectEqual(Set(rows.map(\.value)).count, 1, "values of one batch in a snapshot")
                        }
                    }
                }
                return true
            }
        },
        ConformanceCase("snapshots/show-every-write-acknowledged-before", .snapshots) { context in
            _ = try await compete(4) { racer in
                for round in UInt8(0)..<20 {
                    await Task.yield()
                    try await context.put([round], at: context.key("\(racer)"))
                    try await withSnapshot(of: context) { snapshot in
                        let rows = try await context.rows(.all(), in: snapshot)
                        let own = rows.filter { $0.key == context.key("\(racer)") }
                        try expectEqual(own.map(\.value), [[round]], "what its only writer put before the snapshot")
                    }
                }
                return true
            }
        },
        ConformanceCase("snapshots/list-partitions", .snapshots) { context in
            try await fillForSnapshot(context)
            try await withSnapshot(of: context) { snapshot in
                var expected: [KeySpace: [[UInt8]]] = [:]
                for space in KeySpace.allCases {
                    expected[space] = try await partitions(space, limit: 100) { limit, cursor in
                        try await context.store.partitions(in: space, limit: limit, after: cursor)
                    }
                }
                try await context.put([1], at: Key("later", "k"))
                try await context.store.dropPartition([0x71])
                for space in KeySpace.allCases {
                    for limit in [1, 2, 100] {
                        let found = try await partitions(space, limit: limit) { limit, cursor in
                            try await snapshot.partitions(in: space, limit: limit, after: cursor)
                        }
                        try expectEqual(found, expected[space] ?? [], "partitions of a snapshot, \(limit) a page")
                    }
                }
            }
        },
        ConformanceCase("snapshots/are-many-at-once", .snapshots) { context in
            let key = context.key("a")
            var taken: [any StoreSnapshot] = []
            do {
                for round in UInt8(0)..<3 {
                    try await context.put([round], at: key)
                    taken.append(try await context.store.snapshot())
                }
                // Each at its own moment, whichever has been closed meanwhile.
                for (round, snapshot) in taken.enumerated() {
                    for (other, open) in taken.enumerated().dropFirst(round) {
                        let values = try await context.rows(.all(), in: open).map(\.value)
                        try expectEqual(values, [[UInt8(other)]], "what snapshot \(other) of three shows")
                    }
                    await snapshot.close()
                }
            } catch {
                for snapshot in taken { await snapshot.close() }
                throw error
            }
        },
        ConformanceCase("snapshots/are-closed", .snapshots) { context in
            try await fillForSnapshot(context)
            let snapshot = try await context.store.snapshot()
            let page = try await snapshot.scan(.all(), ScanOptions(limit: 1), after: nil)
            await snapshot.close()
            await snapshot.close()
            try await expectError(.unavailable, from: "a page of a closed snapshot") {
                _ = try await snapshot.scan(.all(), ScanOptions(limit: 1), after: page.cursor)
            }
            try await expectError(.unavailable, from: "the partitions of a closed snapshot") {
                _ = try await snapshot.partitions(in: .records, limit: 1, after: nil)
            }
            try await context.put([1], at: context.key("after"))
            try await context.expect(context.key("after"), is: [1], "a record put after a snapshot was closed")
        },
        ConformanceCase("snapshots/of-a-closed-store", .snapshots) { context in
            await context.store.close()
            try await expectError(.unavailable, from: "a snapshot of a closed store") {
                await (try await context.store.snapshot()).close()
            }
        },
        ConformanceCase("snapshots/refused", .without(.snapshots)) { context in
            try await expectError(.unsupported, from: "a snapshot of a store without them") {
                await (try await context.store.snapshot()).close()
            }
        },
    ]

    /// Records of two partitions.
    private static let snapshotKeys = ["p", "q"].flatMap { partition in (0..<8).map { Key(partition, "\($0)") } }

    private static let scanOptions = [
        ScanOptions(limit: 3), ScanOptions(limit: 2, keysOnly: true), ScanOptions(limit: 4, includesTombstones: true),
        ScanOptions(bytesMax: 40), ScanOptions(limit: 3, reverse: true),
    ]

    /// Records, tombstones and what lies in reserved space.
    private static func fillForSnapshot(_ context: ConformanceContext) async throws {
        try await context.fill(snapshotKeys)
        try await context.fill([context.key("a", space: .reservedData), context.key("b", space: .reservedLocal)])
        try await context.bury(context.key("buried"))
        try await context.settle()
    }

    private static func withSnapshot(
        of context: ConformanceContext,
        _ body: (any StoreSnapshot) async throws -> Void
    ) async throws {
        let snapshot = try await context.store.snapshot()
        do {
            try await body(snapshot)
        } catch {
            await snapshot.close()
            throw error
        }
        await snapshot.close()
    }

    /// Every row of every space, in the order of keys.
    private static func everything(
        in snapshot: any StoreSnapshot,
        limit: Int,
        _ context: ConformanceContext
    ) async throws -> [Entry] {
        var found: [Entry] = []
        for space in KeySpace.allCases {
            let options = ScanOptions(limit: limit, includesTombstones: true)
            found += try await context.rows(.all(in: space), options, in: snapshot)
        }
        return found.sorted { $0.key < $1.key }
    }

    /// Takes a snapshot and reads it twice while `change` is called, before each of many pages the first time.
    private static func expectSame(
        _ context: ConformanceContext,
        while change: (_ step: Int) async throws -> Void
    ) async throws {
        try await fillForSnapshot(context)
        let before = try await context.everything()
        try await withSnapshot(of: context) { snapshot in
            try await change(0)
            var step = 0
            var found: [Entry] = []
            for space in KeySpace.allCases {
                let options = ScanOptions(limit: 3, includesTombstones: true)
                found += try await context.rows(.all(in: space), options, in: snapshot) {
                    step += 1
                    try await change(step)
                }
            }
            try expect(step > 3, "several pages")
            try expectEqual(found.sorted { $0.key < $1.key }, before, "a snapshot while others write")
            let again = try await everything(in: snapshot, limit: 1_000, context)
            try expectEqual(again, before, "a snapshot that is read again")
        }
    }

    private static func partitions(
        _ space: KeySpace,
        limit: Int,
        _ list: (Int, Cursor?) async throws -> PartitionPage
    ) async throws -> [[UInt8]] {
        var found: [[UInt8]] = []
        var cursor: Cursor?
        for _ in 0..<100 {
            let page = try await list(limit, cursor)
            try expect(page.partitions.count <= limit, "at most \(limit) partitions on a page")
            found += page.partitions
            cursor = page.cursor
            if cursor == nil { break }
        }
        return found
    }
}
