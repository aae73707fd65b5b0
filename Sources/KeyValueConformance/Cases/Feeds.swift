import KeyValue

extension ConformanceCase {
    /// Feeds: which keys changed since a place that is kept.
    static let feeds: [ConformanceCase] = [
        ConformanceCase("feeds/name-every-key-that-was-written", .changeFeed) { context in
            let gone = context.key("gone")
            try await context.fill([gone])
            let start = try await context.store.feedPosition()
            let keys = [context.key("put"), Key("p", "data", space: .reservedData), context.key("buried"), gone]
            try await context.put([1], at: keys[0])
            try await context.put([2], at: keys[1])
            try await context.bury(keys[2])
            _ = try await context.write(.delete, at: gone)
            let more = (0..<9).map { Key("p\($0 % 3)", "\($0)") }
            try await context.fill(more)
            for limit in [1, 2, 100] {
                let found = try await changes(since: start, limit: limit, context).map(\.key)
                try expectEqual(Set(found).isSuperset(of: keys + more), true, "every key, in pages of \(limit)")
            }
        },
        ConformanceCase("feeds/show-nothing-from-before", .changeFeed) { context in
            try await context.fill([context.key("a"), context.key("b")])
            let start = try await context.store.feedPosition()
            let found = try await changes(since: start, limit: 10, context)
            try expectEqual(found.map(\.key), [], "what changed since everything")
        },
        ConformanceCase("feeds/go-on-behind-each-change", .changeFeed) { context in
            let start = try await context.store.feedPosition()
            let keys = (0..<7).map { context.key("\($0)") }
            for key in keys { try await context.put([1], at: key) }
            let all = try await changes(since: start, limit: 3, context)
            for (index, change) in all.enumerated() {
                let rest = try await changes(since: change.position, limit: 2, context)
                // A feed that is put together of several has them in any order.
                let (found, expected) = (rest.map(\.key).sorted(), all[(index + 1)...].map(\.key).sorted())
                try expectEqual(found, expected, "what comes behind change \(index)")
            }
        },
        ConformanceCase("feeds/show-a-key-again", .changeFeed) { context in
            let key = context.key("a")
            try await context.put([1], at: key)
            let start = try await context.store.feedPosition()
            try await context.put([2], at: key)
            let found = try await changes(since: start, limit: 10, context)
            try expectEqual(found.map(\.key), [key], "a key that had changed before")
            guard let last = found.last else { return }
            _ = try await context.write(.delete, at: key)
            try expectEqual(
                try await changes(since: last.position, limit: 10, context).map(\.key),
                [key],
                "a key that was deleted"
            )
        },
        ConformanceCase("feeds/outlive-their-store", .changeFeed, .offer(.reopening)) { context in
            try await context.put([1], at: context.key("a"))
            let start = try await context.store.feedPosition()
            try await context.put([1], at: context.key("b"))
            let later = try await context.reopened()
            try await later.put([1], at: context.key("c"))
            let found = try await changes(since: FeedPosition(bytes: start.bytes), limit: 10, later).map(\.key)
            try expectEqual(Set(found), [context.key("b"), context.key("c")], "what changed since a kept position")
        },
        ConformanceCase("feeds/refuse-what-makes-no-sense", .changeFeed) { context in
            let start = try await context.store.feedPosition()
            for (position, limit) in [
                (start, 0), (start, -1), (FeedPosition(bytes: []), 1), (FeedPosition(bytes: [0xFF, 0, 1]), 1),
            ] {
                try await expectError(.invalidArgument, from: "\(limit) changes since \(position)") {
                    _ = try await context.store.changes(since: position, limit: limit)
                }
            }
        },
        ConformanceCase("feeds/refused", .without(.changeFeed)) { context in
            try await expectError(.unsupported, from: "the position in the feed of a store without one") {
                _ = try await context.store.feedPosition()
            }
            try await expectError(.unsupported, from: "changes of a store without a feed") {
                _ = try await context.store.changes(since: FeedPosition(bytes: [0]), limit: 1)
            }
        },
    ]

    /// The changes up to the end, none of which may be missing.
    private static func changes(
        since start: FeedPosition,
        limit: Int,
        _ context: ConformanceContext
    ) async throws -> [KeyChange] {
        var found: [KeyChange] = []
        var position = start
        for _ in 0..<1_000 {
            let page = try require(try await context.store.changes(since: position, limit: limit), "a page of changes")
            try expect(page.changes.count <= limit, "at most \(limit) changes on a page")
            found += page.changes
            position = page.position
            if page.isAtEnd { return found }
        }
        try expect(false, "a feed that comes to its end")
        return found
    }
}
