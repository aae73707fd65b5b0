import KeyValue

extension ConformanceCase {
    /// Revisions: they belong to one life of one key of one opened store, and never come back.
    static let tokens: [ConformanceCase] = [
        ConformanceCase("tokens/never-repeat", .offer(.revisions), .offer(.tombstones)) { context in
            var seen: Set<Revision> = []
            for round in 0..<300 {
                let key = context.key("\(round % 3)")
                let action: WriteBatch.Action = round % 7 == 0 ? .bury : .put([UInt8(round % 2)])
                let revision = try require(try await context.write(action, at: key).revision, "a revision")
                try expect(seen.insert(revision).inserted, "a revision of its own for write \(round)")
                if round % 11 == 0 { try await context.write(.delete, at: key) }
            }
        },
        ConformanceCase("tokens/deleted-and-made-again", .conditionalWrite) { context in
            try await expectLost(context) { key in
                try await context.write(.delete, at: key)
                try await context.put([1], at: key)
            }
        },
        ConformanceCase("tokens/value-changed-and-back", .conditionalWrite) { context in
            try await expectLost(context) { key in
                try await context.put([2], at: key)
                try await context.put([1], at: key)
            }
        },
        ConformanceCase("tokens/same-value-again", .conditionalWrite) { context in
            try await expectLost(context) { key in try await context.put([1], at: key) }
        },
        ConformanceCase("tokens/buried-and-back", .conditionalWrite) { context in
            try await expectLost(context) { key in
                try await context.bury(key)
                try await context.put([1], at: key)
            }
        },
        ConformanceCase("tokens/tombstone-of-another-time", .conditionalWrite) { context in
            let key = context.key("a")
            let first = try await context.bury(key)
            let second = try await context.bury(key)
            let stale = try await context.attempt(.put([1]), at: key, if: .revision(first))
            try expect(stale == nil, "a tombstone's revision does not fit the next tombstone")
            try await context.put([1], at: key, if: .revision(second))
        },
        ConformanceCase("tokens/last-of-a-chain", .conditionalWrite) { context in
            let key = context.key("a")
            var revisions = [try await context.revision(putting: [0], at: key, if: .vacant)]
            for round in 1..<20 {
                let last = Precondition.revision(revisions[round - 1])
                revisions.append(try await context.revision(putting: [UInt8(round)], at: key, if: last))
            }
            for revision in revisions.dropLast() {
                let stale = try await context.attempt(.put([99]), at: key, if: .revision(revision))
                try expect(stale == nil, "only the last revision of a key fits")
            }
            try await context.expect(key, is: [19])
        },
        ConformanceCase("tokens/of-another-key", .conditionalWrite) { context in
            // The same batch identifier everywhere, so that all that differs is the key.
            let id = WriteID(nonce: 0x5EED_0001)
            let keys = [
                context.key("a"), context.key("b"), Key("q", "a"), Key("pa", "b"), Key("p", "ab"),
                context.key("a", space: .reservedData), context.key("a", space: .reservedLocal),
            ]
            var revisions: [Revision] = []
            for key in keys {
                let batch = WriteBatch([WriteBatch.Operation(.put([1]), at: key)], id: id)
                revisions.append(try require(try await context.store.write(batch).outcomes[0].revision, "a revision"))
            }
            try expectEqual(Set(revisions).count, keys.count, "revisions of one batch identifier at many keys")
            for (key, own) in zip(keys, revisions) {
                for other in revisions where other != own {
                    let fits = try await context.attempt(.check, at: key, if: .revision(other))
                    try expect(fits == nil, "a revision of another key does not fit \(key)")
                }
                try await context.write(.check, at: key, if: .revision(own))
            }
        },
        ConformanceCase("tokens/of-another-store", .conditionalWrite) { context in
            let other = try await context.another()
            let key = context.key("a")
            // The same history, down to the batch identifiers.
            var revisions: [Revision] = []
            for store in [context.store, other.store] {
                for nonce in UInt64(1)...3 {
                    let operation = WriteBatch.Operation(.put([1]), at: key)
                    let receipt = try await store.write(WriteBatch([operation], id: WriteID(nonce: nonce)))
                    if nonce == 3 { revisions.append(try require(receipt.outcomes[0].revision, "a revision")) }
                }
            }
            try expect(revisions[0] != revisions[1], "revisions of two stores are not equal")
            let fits = try await context.attempt(.put([2]), at: key, if: .revision(revisions[1]))
            try expect(fits == nil, "a revision of another store does not fit")
            try await context.put([2], at: key, if: .revision(revisions[0]))
        },
        ConformanceCase("tokens/of-an-earlier-opening", .conditionalWrite, .offer(.reopening)) { context in
            let key = context.key("a")
            let revision = try await context.revision(putting: [1], at: key)
            let later = try await context.reopened()
            let fits = try await later.attempt(.put([2]), at: key, if: .revision(revision))
            try expect(fits == nil, "a revision that an earlier opening gave does not fit")
            let entry = try require(try await later.store.get(key), "the record after reopening")
            try expect(entry.revision != revision, "a revision after reopening is another")
            try await later.put([2], at: key, if: .revision(entry.revision))
        },
        ConformanceCase("tokens/of-a-scan-fit", .conditionalWrite) { context in
            let keys = ["a", "b", "c"].map { context.key($0) }
            try await context.fill(keys)
            try await context.eventually {
                for keysOnly in [false, true] {
                    for entry in try await context.rows(.all(), ScanOptions(keysOnly: keysOnly)) {
                        let fits = try await context.attempt(.check, at: entry.key, if: .revision(entry.revision))
                        try expect(fits != nil, "the revision of a scanned row fits, keys only: \(keysOnly)")
                    }
                }
            }
        },
    ]

    /// Puts 1 and expects that its revision is lost by `change`, for every action.
    private static func expectLost(
        _ context: ConformanceContext,
        by change: (Key) async throws -> Void
    ) async throws {
        let key = context.key("a")
        let revision = try await context.revision(putting: [1], at: key)
        try await change(key)
        var actions: [WriteBatch.Action] = [.put([9]), .bury, .check]
        if context.capabilities.conditionalDelete { actions.append(.delete) }
        for action in actions {
            let fits = try await context.attempt(action, at: key, if: .revision(revision))
            try expect(fits == nil, "\(action) under a revision of an earlier life of the key")
        }
        try await context.expect(key, is: [1], "what the later writer put")
    }
}
