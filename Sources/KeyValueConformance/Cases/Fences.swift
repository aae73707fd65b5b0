import KeyValue

extension ConformanceCase {
    /// Fences: whose batches are admitted.
    static let fences: [ConformanceCase] = [
        ConformanceCase("fences/begin-open", .offer(.bins)) { context in
            let bins = try await context.store.bins()
            try expect(!bins.isEmpty && Set(bins).count == bins.count, "a store has bins of different names")
            try expectEqual(try await context.store.bins(), bins, "the bins, asked for again")
            for bin in bins {
                try expectEqual(try await context.store.fence(of: bin), .open, "the fence of a new store")
            }
            try await context.fill([context.key("a")])
        },
        ConformanceCase("fences/admit-by-epoch", .offer(.bins)) { context in
            try await context.fill([context.key("there")])
            try await setFences(Fence(epoch: 5, admission: .everyone), context)
            for (epoch, admitted) in [(nil, true), (5, true), (4, false), (0, false), (6, false)] as [(UInt64?, Bool)] {
                try await expectAdmission(admitted ? nil : .staleMode, epoch: epoch, context)
            }
        },
        ConformanceCase("fences/admit-their-epoch-only", .offer(.bins)) { context in
            try await context.fill([context.key("there")])
            try await setFences(Fence(epoch: 5, admission: .epochOnly), context)
            for (epoch, admitted) in [(nil, false), (5, true), (4, false), (6, false)] as [(UInt64?, Bool)] {
                try await expectAdmission(admitted ? nil : .staleMode, epoch: epoch, context)
            }
        },
        ConformanceCase("fences/admit-the-last-epochs", .offer(.bins)) { context in
            try await context.fill([context.key("there")])
            for fence in [UInt64(Int64.max), 1 << 63, .max] {
                try await setFences(Fence(epoch: fence, admission: .epochOnly), context)
                for epoch in [nil, 0, fence - 1, fence == .max ? 1 : .max] as [UInt64?] {
                    try await expectAdmission(.staleMode, epoch: epoch, context)
                }
                let operation = WriteBatch.Operation(.put([1]), at: context.key("there"))
                _ = try await context.store.write(WriteBatch([operation], epoch: fence))
                try await context.settle(epoch: fence)
            }
        },
        ConformanceCase("fences/open-again", .offer(.bins)) { context in
            try await context.fill([context.key("there")])
            try await setFences(Fence(epoch: 1, admission: .epochOnly), context)
            try await expectAdmission(.staleMode, epoch: nil, context)
            try await setFences(Fence(epoch: 2, admission: .everyone), context)
            try await expectAdmission(nil, epoch: nil, context)
            try await expectAdmission(.staleMode, epoch: 1, context)
        },
        ConformanceCase("fences/moved-away-is-for-ever", .offer(.bins)) { context in
            try await context.fill([context.key("there")])
            let fence = Fence(epoch: 3, admission: .movedAway(to: "elsewhere"))
            try await setFences(fence, context)
            for epoch in [nil, 0, 2, 3, 4] as [UInt64?] {
                try await expectAdmission(.movedAway, epoch: epoch, context)
            }
            for bin in try await context.store.bins() {
                for next in [Fence(epoch: 9, admission: .everyone), Fence(epoch: 9, admission: .movedAway(to: "b"))] {
                    let error = try await expectError(.movedAway, from: "a fence after the store was moved away from") {
                        try await context.store.setFence(of: bin, to: next, expecting: fence)
                    }
                    try expectEqual(error.metadata["to"], "elsewhere", "the name of the store that was moved to")
                }
                try expectEqual(try await context.store.fence(of: bin), fence, "the fence")
            }
            try await context.expect(context.key("there"), is: ConformanceContext.value(of: context.key("there")))
        },
        ConformanceCase("fences/change-by-compare-and-set", .offer(.bins)) { context in
            let store = context.store
            for bin in try await store.bins() {
                let first = Fence(epoch: 4, admission: .everyone)
                try await store.setFence(of: bin, to: first, expecting: .open)
                let second = Fence(epoch: 5, admission: .epochOnly)
                for wrong in [Fence.open, second, Fence(epoch: 4, admission: .epochOnly)] {
                    try await expectError(.staleMode, from: "a fence in place of \(wrong)") {
                        try await store.setFence(of: bin, to: second, expecting: wrong)
                    }
                }
                for epoch in [UInt64(0), 3, 4] {
                    try await expectError(.invalidArgument, from: "a fence of epoch \(epoch) after 4") {
                        let fence = Fence(epoch: epoch, admission: .epochOnly)
                        try await store.setFence(of: bin, to: fence, expecting: first)
                    }
                }
                for name in ["", String(repeating: "n", count: 257)] {
                    try await expectError(.invalidArgument, from: "a name of \(name.utf8.count) bytes") {
                        let fence = Fence(epoch: 9, admission: .movedAway(to: name))
                        try await store.setFence(of: bin, to: fence, expecting: first)
                    }
                }
                try expectEqual(try await store.fence(of: bin), first, "the fence after refused changes")
                let last = Fence(epoch: .max, admission: .everyone)
                try await store.setFence(of: bin, to: last, expecting: first)
                try expectEqual(try await store.fence(of: bin), last, "the fence of the last epoch")
            }
        },
        ConformanceCase("fences/are-of-one-bin", .offer(.bins)) { context in
            let bins = try await context.store.bins()
            for (index, bin) in bins.enumerated() {
                let fence = Fence(epoch: UInt64(index) + 1, admission: .everyone)
                try await context.store.setFence(of: bin, to: fence, expecting: .open)
                for other in bins[(index + 1)...] {
                    try expectEqual(try await context.store.fence(of: other), .open, "the fence of another bin")
                }
            }
        },
        ConformanceCase("fences/of-no-bin-are-refused") { context in
            let bin = Bin("no such bin")
            try await expectError(.invalidArgument, from: "the fence of no bin") {
                _ = try await context.store.fence(of: bin)
            }
            try await expectError(.invalidArgument, from: "a fence for no bin") {
                let fence = Fence(epoch: 1, admission: .everyone)
                try await context.store.setFence(of: bin, to: fence, expecting: .open)
            }
        },
        ConformanceCase("fences/one-winner", .consistency(.exclusiveWrites)) { context in
            let bin = try require(try await context.store.bins().first, "a bin")
            for round in UInt64(0)..<10 {
                let present = try await context.store.fence(of: bin)
                let ends = try await compete(6) { racer -> (fence: Fence, isKnown: Bool)? in
                    let fence = Fence(epoch: (round + 1) * 10 + UInt64(racer), admission: .everyone)
                    do throws(StoreError) {
                        try await context.store.setFence(of: bin, to: fence, expecting: present)
                        return (fence, true)
                    } catch {
                        if error.code == .outcomeUnknown { return (fence, false) }
                        guard error.code == .staleMode || error.code == .locked else { throw error }
                        return nil
                    }
                }
                let known = ends.filter(\.value.isKnown)
                if !known.isEmpty || ends.isEmpty {
                    try expectEqual(known.count, 1, "fences that took the place of one")
                }
                let fence = try await context.store.fence(of: bin)
                let candidates = (known.isEmpty ? ends : known).map(\.value.fence)
                try expect(candidates.contains(fence), "the fence is one of \(candidates): \(fence)")
            }
        },
        ConformanceCase("fences/no-batch-after-they-return", .atomicFencing, .offer(.bins)) { context in
            try await expectNothingLate(context, writers: [context])
        },
        ConformanceCase("fences/outlive-their-store", .offer(.reopening), .offer(.bins)) { context in
            try await context.fill([context.key("there")])
            let fence = Fence(epoch: 7, admission: .epochOnly)
            try await setFences(fence, context)
            let later = try await context.reopened()
            for bin in try await later.store.bins() {
                try expectEqual(try await later.store.fence(of: bin), fence, "the fence after reopening")
            }
            try await expectAdmission(.staleMode, epoch: nil, later)
            try await expectAdmission(nil, epoch: 7, later)
        },
        ConformanceCase("fences/moved-away-outlives-its-store", .offer(.reopening), .offer(.bins)) { context in
            try await context.fill([context.key("there")])
            try await setFences(Fence(epoch: 7, admission: .movedAway(to: "elsewhere")), context)
            let later: ConformanceContext
            do {
                later = try await context.reopened()
            } catch let error as StoreError where error.code == .movedAway {
                // Refused at opening, which is as good.
                return
            }
            try await expectAdmission(.movedAway, epoch: nil, later)
            try await expectAdmission(.movedAway, epoch: 7, later)
        },
    ]

    /// Gives every bin this fence, and waits until it holds.
    static func setFences(_ fence: Fence, _ context: ConformanceContext) async throws {
        for bin in try await context.store.bins() {
            let present = try await context.store.fence(of: bin)
            try await context.store.setFence(of: bin, to: fence, expecting: present)
            try expectEqual(try await context.store.fence(of: bin), fence, "the fence that was set")
        }
        try await context.waitForFence()
    }

    /// Expects that batches of an epoch are admitted, or refused with this error, by every call that writes. There is
    /// a record at "there".
    private static func expectAdmission(
        _ code: StoreError.Code?,
        epoch: UInt64?,
        _ context: ConformanceContext
    ) async throws {
        let store = context.store
        let keys = (0..<6).map { Key("admission \($0)", "k") }
        var ways: [(name: String, write: () async throws -> Void)] = []
        for action in [WriteBatch.Action.put([1]), .bury, .delete] {
            let batches = keys.map { WriteBatch([WriteBatch.Operation(action, at: $0)], epoch: epoch) }
            ways.append(("\(action)", { for batch in batches { _ = try await store.write(batch) } }))
            ways.append(("separate \(action)", { for each in await store.write(each: batches) { _ = try each.get() } }))
        }
        if context.capabilities.conditionalWrite {
            let check = WriteBatch.Operation(.check, at: keys[0], if: .absent)
            ways.append(("a check", { _ = try await store.write(WriteBatch([check], epoch: epoch)) }))
        }
        for (name, write) in ways {
            let what = "\(name) of epoch \(epoch.map { "\($0)" } ?? "none")"
            if let code {
                try await expectFenced(code, by: what, context, write)
            } else {
                try await write()
            }
        }
        guard let code else {
            try await expectDeletion(epoch: epoch, context)
            return try await context.settle(epoch: epoch)
        }
        // A range with a record in it, from before the fence.
        try await expectFenced(code, by: "the deletion of a range", context) {
            _ = try await store.delete(.partition([0x70]), limit: 10, epoch: epoch, after: nil)
        }
    }

    private static func expectFenced(
        _ code: StoreError.Code,
        by what: String,
        _ context: ConformanceContext,
        _ write: () async throws -> Void
    ) async throws {
        let before = try await context.everything()
        try await expectError(code, from: what, write)
        try expectEqual(try await context.everything(), before, "what is there after \(what), refused")
    }

    private static func expectDeletion(epoch: UInt64?, _ context: ConformanceContext) async throws {
        let batch = WriteBatch([WriteBatch.Operation(.put([1]), at: Key("doomed", "k"))], epoch: epoch)
        _ = try await context.store.write(batch)
        try await context.eventually {
            _ = try await context.store.delete(.partition(Array("doomed".utf8)), limit: 10, epoch: epoch, after: nil)
            try expectEqual(try await context.store.get(Key("doomed", "k"))?.value, nil, "a record of a deleted range")
        }
    }

    /// Writers without an epoch run on while fences shut them out: what is there when the last fence has been set is
    /// what is there in the end, and all that was acknowledged is there.
    static func expectNothingLate(
        _ context: ConformanceContext,
        writers: [ConformanceContext]
    ) async throws {
        for round in UInt64(1)...4 {
            let partition = "late \(round)"
            try await withThrowingTaskGroup(of: Int.self) { group in
                for writer in 0..<6 {
                    let context = writers[writer % writers.count]
                    group.addTask { @concurrent in
                        for number in 0..<2_000 {
                            await Task.yield()
                            let key = Key(partition, "\(writer)/\(number)")
                            do throws(StoreError) {
                                _ = try await context.writeAgain(WriteBatch([.init(.put([1]), at: key)]))
                            } catch {
                                guard error.code == .staleMode else { throw error }
                                return number
                            }
                        }
                        return 2_000
                    }
                }
                for _ in 0..<20 { await Task.yield() }
                try await setFences(Fence(epoch: round * 2, admission: .epochOnly), context)
                let then = try await context.rows(.partition(Array(partition.utf8)), ScanOptions(keysOnly: true))
                var acknowledged = 0
                for try await count in group { acknowledged += count }
                let finally = try await context.rows(.partition(Array(partition.utf8)), ScanOptions(keysOnly: true))
                try expectEqual(finally.count, then.count, "records after the fence had been set, and in the end")
                try expectEqual(finally.count, acknowledged, "records, against those that were acknowledged")
            }
            try await setFences(Fence(epoch: round * 2 + 1, admission: .everyone), context)
        }
    }
}
