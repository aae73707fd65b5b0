import KeyValue

extension ConformanceCase {
    /// The end of a store.
    static let closing: [ConformanceCase] = [
        ConformanceCase("closing/every-call-is-refused-afterwards") { context in
            let store = context.store
            let key = context.key("a")
            let bin = try await store.bins().first ?? Bin("no such bin")
            try await context.fill([key])
            await store.close()
            await store.close()
            let batch = WriteBatch([WriteBatch.Operation(.put([1]), at: key)])
            let fence = Fence(epoch: 1, admission: .everyone)
            let calls: [(name: String, call: () async throws -> Void)] = [
                ("get", { _ = try await store.get([key]) }),
                ("write", { _ = try await store.write(batch) }),
                ("write(each:)", { for result in await store.write(each: [batch]) { _ = try result.get() } }),
                ("scan", { _ = try await store.scan(.all(), ScanOptions(), after: nil) }),
                ("partitions", { _ = try await store.partitions(in: .records, limit: 1, after: nil) }),
                ("count", { _ = try await store.count(.all()) }),
                ("size", { _ = try await store.size(.all(), ReadOptions()) }),
                ("delete", { _ = try await store.delete(.all(), limit: 1, epoch: nil, after: nil) }),
                ("bins", { _ = try await store.bins() }),
                ("fence", { _ = try await store.fence(of: bin) }),
                ("setFence", { try await store.setFence(of: bin, to: fence, expecting: .open) }),
                ("marks", { _ = try await store.marks(in: bin, limit: 1, after: nil) }),
                ("clearMarks", { try await store.clearMarks([MarkID(high: 0, low: 0)], in: bin) }),
                ("status", { _ = try await store.status() }),
            ]
            for (name, call) in calls {
                try await expectError(.unavailable, from: "\(name) on a closed store", call)
            }
            await store.close()
        },
        ConformanceCase("closing/in-the-middle-of-a-scan") { context in
            try await context.fill((0..<20).map { context.key("\($0)") })
            try await expectError(.unavailable, from: "a scan whose store is closed") {
                _ = try await context.rows(.all(), ScanOptions(limit: 5)) { _ in await context.store.close() }
            }
        },
        ConformanceCase("closing/in-the-middle-of-everything") { context in
            let ends = try await withThrowingTaskGroup(of: StoreError.Code?.self) { group in
                for racer in 0..<6 {
                    group.addTask { @concurrent in
                        for number in 0..<5_000 {
                            await Task.yield()
                            do throws(StoreError) {
                                if racer % 2 == 0 {
                                    try await context.store.put([1], at: context.key("\(racer)/\(number % 50)"))
                                } else {
                                    _ = try await context.store.scan(.all(), ScanOptions(limit: 3), after: nil)
                                }
                            } catch {
                                return error.code
                            }
                        }
                        return nil
                    }
                }
                for _ in 0..<20 { await Task.yield() }
                await context.store.close()
                return try await group.reduce(into: []) { $0.append($1) }
            }
            for end in ends.compactMap({ $0 }) {
                try expectEqual(end, .unavailable, "the error of a call that met the end of its store")
            }
        },
        ConformanceCase("closing/is-of-one-store") { context in
            let other = try await context.another()
            try await other.put([1], at: other.key("a"))
            await context.store.close()
            try await other.expect(other.key("a"), is: [1], "a record of another store")
        },
        ConformanceCase("closing/keeps-stores-apart") { context in
            let other = try await context.another()
            try await other.fill([other.key("a"), other.key("b")])
            try await context.expect(context.key("a"), is: nil, "a record of another store")
            try await context.put([1], at: context.key("a"))
            try await other.expect(other.key("a"), is: ConformanceContext.value(of: other.key("a")))
        },
    ]
}
