import KeyValue

extension ConformanceCase {
    /// Many writers and readers at once.
    static let races: [ConformanceCase] = [
        ConformanceCase("races/one-winner-of-a-revision", .conditionalWrite) { context in
            let key = context.key("a")
            var revision = try await context.revision(putting: [0], at: key)
            for round in 0..<25 {
                let current = revision
                let winner = try await expectOneWinner(8, at: key, "of one revision in round \(round)", [context]) {
                    racer in
                    (.put([UInt8(round), UInt8(racer)]), .revision(current))
                }
                revision = try require(winner.revision, "the winner's revision")
            }
        },
        ConformanceCase("races/one-creator", .conditionalWrite) { context in
            for round in 0..<25 {
                let key = context.key("\(round)")
                let precondition: Precondition = round % 2 == 0 ? .absent : .vacant
                if round % 4 == 0 { try await context.bury(key) }
                _ = try await expectOneWinner(8, at: key, "that creates in round \(round)", [context]) { racer in
                    (.put([UInt8(racer)]), precondition)
                }
            }
        },
        ConformanceCase("races/no-increment-is-lost", .conditionalWrite) { context in
            let key = context.key("counter")
            try await context.put(Counter.encode(0), at: key)
            let known = try await compete(6) { _ in
                var known = 0
                for _ in 0..<15 {
                    await Task.yield()
                    if try await increment(key, context) { known += 1 }
                }
                return known
            }
            let least = known.reduce(0) { $0 + $1.value }
            try await context.eventually {
                let number = try await context.store.get(key).flatMap { Counter.decode($0.value) } ?? 0
                try expect(
                    (Int64(least)...90).contains(number),
                    "6 times 15 increments, \(least) of them known, are \(number)"
                )
            }
        },
        ConformanceCase("races/put-or-delete", .conditionalWrite, .conditionalDelete) { context in
            for round in 0..<25 {
                // Not the last one's, where a write of unknown outcome may yet arrive.
                let key = context.key("\(round)")
                let revision = try await context.revision(putting: [0], at: key)
                _ = try await expectOneWinner(6, at: key, "among puts and deletes in round \(round)", [context]) {
                    racer in
                    (racer % 2 == 0 ? .put([UInt8(racer + 1)]) : .delete, .revision(revision))
                }
            }
        },
        ConformanceCase("races/additions-sum-up", .integerAdd) { context in
            let key = context.key("counter")
            let sums = try await compete(6) { racer in
                var sums: [Int64] = []
                for _ in 0..<15 {
                    await Task.yield()
                    sums.append(try require(try await context.write(.add(Int64(racer) + 1), at: key).sum, "a sum"))
                }
                return sums
            }
            try await context.expect(key, is: Counter.encode(15 * 21), "the sum of all additions")
            try expectEqual(Set(sums.flatMap(\.value)).count, 90, "different sums among 90 additions")
        },
        ConformanceCase("races/get-sees-no-half-batch", .batchScope(.partition), .snapshotReads) { context in
            try await expectNoHalfBatch(writer: context) { keys in
                try await context.store.get(keys).map { $0?.value }
            }
        },
        ConformanceCase("races/page-sees-no-half-batch", .batchScope(.partition), .snapshotReads) { context in
            try await expectNoHalfBatch(writer: context) { keys in
                try await context.store.scan(.partition(keys[0].partition), ScanOptions(), after: nil)
                    .map { Array($0.value) }
            }
        },
        ConformanceCase("races/sum-of-transfers-stays", .batchScope(.partition), .conditionalWrite) { context in
            let accounts = (0..<4).map { context.key("account \($0)") }
            try await context.fill(accounts.map { ($0, Counter.encode(100)) })
            _ = try await compete(4) { racer in
                for round in 0..<10 {
                    await Task.yield()
                    let (from, to) = (accounts[(racer + round) % 4], accounts[(racer + round * 3 + 1) % 4])
                    if from != to { try await transfer(Int64(round), from: from, to: to, context) }
                }
                return true
            }
            try await context.eventually {
                let found = try await context.store.get(accounts)
                let sum = found.compactMap { $0.flatMap { Counter.decode($0.value) } }.reduce(0, +)
                try expectEqual(sum, 400, "the sum over accounts, after transfers between them")
            }
        },
        ConformanceCase("races/scans-miss-nothing-among-writers") { context in
            let kept = (0..<40).map { context.key("\(10 + $0) kept") }
            try await context.fill(kept)
            _ = try await compete(4) { racer in
                for round in 0..<12 {
                    await Task.yield()
                    if racer < 2 {
                        let key = context.key("\(10 + (round * 7) % 40) of \(racer)")
                        try await context.put([1], at: key)
                        await Task.yield()
                        try await context.write(.delete, at: key)
                    } else {
                        let found = try await context.rows(.partition([0x70]), ScanOptions(limit: racer * 2 - 1)) { _ in
                            await Task.yield()
                        }.map(\.key)
                        try expectEqual(Set(found).count, found.count, "no key comes twice among writers")
                        let stayed = found.filter { kept.contains($0) }.sorted()
                        try expectEqual(stayed, kept, "the keys that stayed, among writers")
                    }
                }
                return true
            }
        },
        ConformanceCase("races/writers-of-their-own-keys") { context in
            _ = try await compete(8) { racer in
                for round in 0..<20 {
                    await Task.yield()
                    try await context.put([UInt8(round)], at: context.key("\(racer)-\(round % 5)"))
                }
                return true
            }
            let keys = (0..<8).flatMap { racer in (0..<5).map { context.key("\(racer)-\($0)") } }
            try await context.expectKeys(.all(), are: keys)
            for key in keys {
                let round = UInt8(15 + (key.bytes.last ?? 0) - UInt8(ascii: "0"))
                try await context.expect(key, is: [round], "the last value that its only writer put")
            }
        },
    ]

    /// Runs as many tasks at once; what they bring back, without those that bring nothing.
    static func compete<Value: Sendable>(
        _ racers: Int,
        _ body: @escaping @Sendable (_ racer: Int) async throws -> Value?
    ) async throws -> [(racer: Int, value: Value)] {
        try await withThrowingTaskGroup(of: (Int, Value?).self) { group in
            for racer in 0..<racers { group.addTask { @concurrent in (racer, try await body(racer)) } }
            var found: [(racer: Int, value: Value)] = []
            for try await (racer, value) in group {
                if let value { found.append((racer, value)) }
            }
            return found
        }
    }

    /// How one of several that may not all succeed has ended, where it has not failed.
    private struct RaceEnd: Sendable {
        /// Nil for an outcome that is unknown.
        let outcome: WriteReceipt.Outcome?
    }

    /// Lets racers write a key at once, each through one of `contexts`, under preconditions that hold for one of them
    /// alone; which one that was, and what its write left there.
    ///
    /// Where no racer knows, it is one whose value is there: in a cluster each of several writers may have got some of
    /// the copies.
    static func expectOneWinner(
        _ racers: Int,
        at key: Key,
        _ what: String,
        _ contexts: [ConformanceContext],
        _ write: @escaping @Sendable (_ racer: Int) -> (action: WriteBatch.Action, precondition: Precondition)
    ) async throws -> (racer: Int, revision: Revision?) {
        let ends = try await compete(racers) { racer -> RaceEnd? in
            let (action, precondition) = write(racer)
            do throws(StoreError) {
                let outcome = try await contexts[racer % contexts.count].attempt(action, at: key, if: precondition)
                return outcome.map { RaceEnd(outcome: $0) }
            } catch {
                guard error.code == .outcomeUnknown else { throw error }
                return RaceEnd(outcome: nil)
            }
        }
        let known = ends.filter { $0.value.outcome != nil }
        if !known.isEmpty || ends.isEmpty { try expectEqual(known.count, 1, "winners \(what)") }
        let candidates = known.isEmpty ? ends : known
        var shown: (racer: Int, revision: Revision?)?
        for context in contexts {
            shown = try await context.eventually {
                let entry = try await context.store.get(key)
                let winner = candidates.first { racer, _ in
                    if case .put(let value) = write(racer).action { value == entry?.value } else { entry == nil }
                }
                let (racer, end) = try require(winner, "the write of a winner \(what), at \(key)")
                return (racer, end.outcome?.revision ?? entry?.revision)
            }
        }
        return try require(shown, "a context")
    }

    /// Adds one by reading and comparing, as often as it takes; each failure means that another succeeded. Whether it
    /// is known to have been added.
    static func increment(_ key: Key, _ context: ConformanceContext) async throws -> Bool {
        for _ in 0..<10_000 {
            let entry = try await context.eventually { try require(try await context.store.get(key), "the counter") }
            let number = try require(Counter.decode(entry.value), "a number")
            let next = WriteBatch.Action.put(Counter.encode(number + 1))
            do throws(StoreError) {
                if try await context.attempt(next, at: key, if: .revision(entry.revision)) != nil { return true }
            } catch {
                guard error.code == .outcomeUnknown else { throw error }
                return false
            }
        }
        try expect(false, "one of 10000 attempts at an increment succeeds")
        return false
    }

    private static func transfer(
        _ amount: Int64,
        from: Key,
        to: Key,
        _ context: ConformanceContext
    ) async throws {
        for _ in 0..<10_000 {
            let found = try await context.store.get([from, to])
            let payer = try require(found[0], "an account")
            let payee = try require(found[1], "an account")
            let balance = try require(Counter.decode(payer.value), "a balance")
            let other = try require(Counter.decode(payee.value), "a balance")
            var batch = WriteBatch()
            batch.put(Counter.encode(balance - amount), at: from, if: .revision(payer.revision))
            batch.put(Counter.encode(other + amount), at: to, if: .revision(payee.revision))
            if try await context.attempt(batch) != nil { return }
        }
        try expect(false, "one of 10000 attempts at a transfer succeeds")
    }

    /// Writers put one value to all of some keys, in one batch each; a reader never sees two values.
    static func expectNoHalfBatch(
        writer context: ConformanceContext,
        _ read: @escaping @Sendable ([Key]) async throws -> [[UInt8]?]
    ) async throws {
        let keys = (0..<5).map { context.key("\($0)") }
        try await context.fill(keys.map { ($0, [0]) })
        _ = try await compete(4) { racer in
            for round in 0..<60 {
                // So that all have their turns, however few threads there are.
                await Task.yield()
                if racer < 2 {
                    let value = [UInt8(racer), UInt8(round)]
                    let order = racer == 0 ? keys : keys.reversed()
                    let batch = WriteBatch(order.map { WriteBatch.Operation(.put(value), at: $0) })
                    _ = try await context.writeAgain(batch)
                } else {
                    let values = try await read(keys)
                    try expectEqual(values.count, keys.count, "values of a batch")
                    try expectEqual(Set(values).count, 1, "different values of one batch seen at once")
                }
            }
            return true
        }
    }
}
