import KeyValue

extension ConformanceCase {
    /// Several stores that are open at one place at a time, as several processes would have them.
    static let openers: [ConformanceCase] = [
        ConformanceCase("openers/open-an-empty-place-at-once", .offer(.openers)) { context in
            for _ in 0..<3 {
                let openers = try await context.openers(4)
                for (index, opener) in openers.enumerated() {
                    try await opener.put([UInt8(index)], at: opener.key("\(index)"))
                }
                for opener in openers {
                    try await opener.expectKeys(.all(), are: openers.indices.map { opener.key("\($0)") })
                }
            }
        },
        ConformanceCase("openers/hold-their-place-with-others", .offer(.openers)) { context in
            try expect(!context.capabilities.singleProcess, "a store with several openers is not one process's alone")
        },
        ConformanceCase("openers/read-each-others-writes", .offer(.openers), .offer(.tombstones)) { context in
            let other = try await context.opener()
            let keys = ["a", "b", "c"].map { context.key($0) }
            for round in UInt8(0)..<3 {
                for (writer, reader) in [(context, other), (other, context)] {
                    // What was looked at before has to be looked at anew.
                    for key in keys { _ = try await reader.store.get(key) }
                    for key in keys { try await writer.put([round], at: key) }
                    for key in keys { try await reader.expect(key, is: [round], "what another opener put") }
                    try await reader.expectKeys(.all(), are: keys, "what another opener put")
                    try await writer.write(.delete, at: keys[0])
                    try await writer.bury(keys[1])
                    for key in keys[...1] { try await reader.expect(key, is: nil, "what another opener took away") }
                    try await reader.expectKeys(.all(), are: [keys[2]], "what another opener left")
                }
            }
        },
        ConformanceCase("openers/see-no-half-batch", .offer(.openers), .batchScope(.partition), .snapshotReads) {
            context in
            let other = try await context.opener()
            try await expectNoHalfBatch(writer: context) { keys in
                try await other.store.get(keys).map { $0?.value }
            }
        },
        ConformanceCase("openers/go-on-with-each-others-scans", .offer(.openers)) { context in
            let other = try await context.opener()
            let keys = (0..<9).map { context.key("\($0)") }
            try await context.fill(keys)
            try await other.eventually {
                var found: [Key] = []
                var cursor: Cursor?
                repeat {
                    let scanner = found.count % 2 == 0 ? context : other
                    let page = try await scanner.store.scan(.all(), ScanOptions(limit: 1), after: cursor)
                    found += page.map(\.key)
                    cursor = page.cursor
                } while cursor != nil && found.count <= keys.count
                try expectEqual(found.sorted(), keys, "the keys of a scan by two openers in turns")
            }
        },
        ConformanceCase("openers/one-winner-of-a-revision", .offer(.openers), .conditionalWrite) { context in
            let openers = [context, try await context.opener()]
            let key = context.key("a")
            try await context.put([0], at: key)
            for round in UInt8(0)..<25 {
                // Each has its own token of the same row before anybody writes.
                var revisions: [Revision] = []
                for opener in openers {
                    let entry = try await opener.eventually {
                        let entry = try require(try await opener.store.get(key), "the row")
                        try expect(round == 0 || entry.value.last == round - 1, "the row of the last round")
                        return entry
                    }
                    revisions.append(entry.revision)
                }
                let tokens = revisions
                let what = "of one revision among two openers in round \(round)"
                _ = try await expectOneWinner(8, at: key, what, openers) { racer in
                    (.put([UInt8(racer), round]), .revision(tokens[racer % 2]))
                }
            }
        },
        ConformanceCase("openers/one-creator", .offer(.openers), .conditionalWrite) { context in
            let openers = [context, try await context.opener()]
            for round in 0..<25 {
                let key = context.key("\(round)")
                let precondition: Precondition = round % 2 == 0 ? .absent : .vacant
                let what = "that creates among two openers in round \(round)"
                _ = try await expectOneWinner(8, at: key, what, openers) { racer in
                    (.put([UInt8(racer)]), precondition)
                }
            }
        },
        ConformanceCase("openers/have-revisions-of-their-own", .offer(.openers), .conditionalWrite) { context in
            let other = try await context.opener()
            let key = context.key("a")
            let revision = try await context.revision(putting: [1], at: key)
            let entry = try await other.eventually { try require(try await other.store.get(key), "the row") }
            try expect(entry.revision != revision, "two openers have different revisions of one row")
            for (opener, foreign) in [(other, revision), (context, entry.revision)] {
                let fits = try await opener.attempt(.check, at: key, if: .revision(foreign))
                try expect(fits == nil, "a revision that another opener gave does not fit")
            }
            for (opener, own) in [(other, entry.revision), (context, revision)] {
                let fits = try await opener.attempt(.check, at: key, if: .revision(own))
                try expect(fits != nil, "a revision of the opener's own fits")
            }
        },
        ConformanceCase("openers/lose-revisions-to-each-other", .offer(.openers), .conditionalWrite) { context in
            let other = try await context.opener()
            let key = context.key("a")
            for (owner, thief) in [(context, other), (other, context)] {
                let revision = try await owner.revision(putting: [1], at: key)
                try await thief.put([1], at: key)
                let fits = try await owner.attempt(.put([2]), at: key, if: .revision(revision))
                try expect(fits == nil, "a revision does not fit after another opener wrote the row")
                try await owner.expect(key, is: [1], "what the other opener put")
            }
        },
        ConformanceCase("openers/additions-sum-up", .offer(.openers), .integerAdd) { context in
            let openers = [context, try await context.opener()]
            let key = context.key("counter")
            _ = try await compete(6) { racer in
                for _ in 0..<15 {
                    await Task.yield()
                    try await openers[racer % 2].write(.add(Int64(racer) + 1), at: key)
                }
                return true
            }
            for opener in openers {
                try await opener.expect(key, is: Counter.encode(15 * 21), "the sum of all openers' additions")
            }
        },
        ConformanceCase("openers/name-their-bins-alike", .offer(.openers), .offer(.bins)) { context in
            let other = try await context.opener()
            try expectEqual(try await other.store.bins(), try await context.store.bins(), "the bins of two openers")
        },
        ConformanceCase("openers/are-bound-by-one-fence", .offer(.openers), .offer(.bins)) { context in
            let other = try await context.opener()
            let batch = { (epoch: UInt64?) in
                WriteBatch([WriteBatch.Operation(.put([1]), at: context.key("a"))], epoch: epoch)
            }
            // Whoever remembers a fence remembers this one.
            _ = try await other.store.write(batch(nil))
            let fence = Fence(epoch: 3, admission: .epochOnly)
            try await setFences(fence, context)
            for bin in try await other.store.bins() {
                try expectEqual(try await other.store.fence(of: bin), fence, "the fence that another opener set")
            }
            try await expectError(.staleMode, from: "a batch without an epoch, behind another opener's fence") {
                _ = try await other.store.write(batch(nil))
            }
            _ = try await other.store.write(batch(3))
            try await setFences(Fence(epoch: 4, admission: .movedAway(to: "elsewhere")), other)
            try await expectError(.movedAway, from: "a batch after another opener moved the store away") {
                _ = try await context.store.write(batch(3))
            }
        },
        ConformanceCase("openers/no-batch-after-anothers-fence", .offer(.openers), .offer(.bins), .atomicFencing) {
            context in
            try await expectNothingLate(context, writers: [try await context.opener(), context])
        },
        ConformanceCase("openers/share-their-marks", .offer(.openers), .marks) { context in
            let other = try await context.opener()
            let key = context.key("a")
            let marks = (UInt64(1)...4).map { Mark(id: MarkID(high: 1, low: $0), keys: [key]) }
            for (index, mark) in marks.enumerated() {
                let opener = index % 2 == 0 ? context : other
                _ = try await opener.store.write(WriteBatch([.init(.put([1]), at: key)], mark: mark.id))
            }
            for opener in [context, other] { try await expectMarks(marks, opener, "marks of two openers") }
            for bin in try await other.store.bins() {
                try await other.store.clearMarks([marks[0].id, marks[1].id], in: bin)
            }
            for opener in [context, other] {
                try await expectMarks(Array(marks[2...]), opener, "marks after one of two openers cleared some")
            }
        },
        ConformanceCase("openers/exclude-each-other-by-leases", .offer(.openers), .conditionalWrite) { context in
            let other = try await context.opener()
            // As long as can be, so that none runs out.
            let keepers = try [context, other].map { opener in
                try LeaseKeeper(store: opener.store, duration: .seconds(86_400))
            }
            var passed = 0
            for round in 0..<10 {
                if try await passLease("range \(round)", between: keepers, context) { passed += 1 }
            }
            try expect(passed > 0, "in one of ten rounds a lease passes from one opener to another")
        },
        ConformanceCase("openers/close-by-themselves", .offer(.openers)) { context in
            let other = try await context.opener()
            try await other.put([1], at: context.key("a"))
            await other.store.close()
            try await expectError(.unavailable, from: "a read of the opener that is closed") {
                _ = try await other.store.get(context.key("a"))
            }
            try await context.expect(context.key("a"), is: [1], "what an opener put that is closed now")
            try await context.put([2], at: context.key("a"))
            let third = try await context.opener()
            try await third.expect(context.key("a"), is: [2], "what the opener put that stayed")
        },
    ]

    /// Lets two openers compete for a lease and pass it on. False where the outcome of a write stays unknown, as it may in a
    /// cluster whose copies several writers meet at once: somebody may hold the lease then who does not know of it.
    private static func passLease(
        _ name: String,
        between keepers: [LeaseKeeper],
        _ context: ConformanceContext
    ) async throws -> Bool {
        do {
            let holders = try await compete(6) { try await keepers[$0 % 2].acquire(name) }
            try expectEqual(holders.count, 1, "holders of a lease among two openers for \(name)")
            let (racer, lease) = holders[0]
            let (holder, waiter) = (keepers[racer % 2], keepers[1 - racer % 2])
            let early = try await waiter.acquire(name)
            try expect(early == nil, "a lease that another opener holds is not given out")
            try await holder.release(lease)
            let next = try await context.eventually {
                try require(try await waiter.acquire(name), "a lease that another opener gave back")
            }
            try expect(next.token > lease.token, "the token of a later holder is larger")
            let late = try await holder.renew(lease)
            try expect(late == nil, "a lease that passed to another opener is not renewed")
            return true
        } catch let error as StoreError where error.code == .outcomeUnknown {
            return false
        }
    }
}
