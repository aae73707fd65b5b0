import KeyValue

extension ConformanceCase {
    /// What an acknowledged write survives.
    static let crashes: [ConformanceCase] = [
        ConformanceCase("crashes/acknowledged-writes-survive", .offer(.writingProcess), .offer(.reopening)) { context in
            let start = try require(context.place.startWriter, "a way to start a writing process")
            var random = SeededRandom(seed: context.seed)
            await context.store.close()
            var acknowledged = -1
            for round in 0..<4 {
                let writer = try await start()
                for _ in 0..<Int.random(in: 1...60, using: &random) {
                    let next = try await writer.nextAcknowledged()
                    let number = try require(next, "an acknowledgement in round \(round)")
                    try expect(number > acknowledged, "numbers that go on where the store was left: \(number)")
                    acknowledged = number
                }
                try await writer.kill()
                while let number = try await writer.nextAcknowledged() { acknowledged = number }
                try await expectIntact(through: acknowledged, in: context)
            }
        }
    ]

    /// Opens the store and expects all batches up to a number, whole; of the next one all or nothing; and no more.
    private static func expectIntact(through last: Int, in context: ConformanceContext) async throws {
        let later = try await context.reopened()
        let capabilities = later.capabilities
        let rows = try await later.rows(.partition(CrashWorkload.partition))
        let found = Dictionary(rows.map { ($0.key, $0.value) }) { first, _ in first }
        for number in 0...last {
            for key in CrashWorkload.keys(of: number, for: capabilities) {
                try expectEqual(found[key], CrashWorkload.value(of: number), "batch \(number) of \(last) acknowledged")
            }
        }
        let next = CrashWorkload.keys(of: last + 1, for: capabilities)
        let count = next.count { found[$0] == CrashWorkload.value(of: last + 1) }
        try expect(count == 0 || count == next.count, "the batch that was being written is whole or not there")
        try expectEqual(rows.count, (last + 1) * next.count + count, "rows after the kill")
        await later.store.close()
    }
}
