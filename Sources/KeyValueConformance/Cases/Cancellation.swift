import KeyValue
import Synchronization

extension ConformanceCase {
    /// Calls of cancelled tasks complete or throw, and never anything between.
    static let cancellation: [ConformanceCase] = [
        ConformanceCase("cancellation/before-a-read") { context in
            let key = context.key("a")
            try await context.fill([key])
            let store = context.store
            let bins = try await store.bins()
            try await expectWholeOrCancelled("a get") {
                let values = try await store.get([key]).map { $0?.value }
                try expectEqual(values, [ConformanceContext.value(of: key)], "a get")
            }
            try await expectWholeOrCancelled("a scan") {
                let keys = try await context.rows(.partition([0x70])).map(\.key)
                try expectEqual(keys, [key], "a scan")
            }
            try await expectWholeOrCancelled("a count") {
                try expectEqual(try await store.count(.partition([0x70])).value, 1, "a count")
            }
            try await expectWholeOrCancelled("a listing") {
                let page = try await store.partitions(in: .records, limit: 10, after: nil)
                try expect(page.partitions.contains([0x70]), "a listing of partitions")
            }
            try await expectWholeOrCancelled("a fence") {
                for bin in bins { try expectEqual(try await store.fence(of: bin), .open, "a fence") }
            }
            try await context.expect(key, is: ConformanceContext.value(of: key), "a later get")
        },
        ConformanceCase("cancellation/before-a-write") { context in
            for round in 0..<10 {
                let key = context.key("\(round)")
                let isWritten = try await expectWholeOrCancelled("a write") {
                    let receipt = try await context.store.write(WriteBatch([.init(.put([1]), at: key)]))
                    let isWhole = receipt.outcomes.first.map { $0.revision != nil || !context.offers(.revisions) }
                    try expect(isWhole ?? false, "a receipt of a cancelled task is whole")
                }
                try await context.expect(key, is: isWritten ? [1] : nil, "what a cancelled task wrote")
            }
        },
        ConformanceCase("cancellation/before-separate-writes") { context in
            let keys = (0..<10).map { context.key("\($0)") }
            let task = Task { @concurrent in
                withUnsafeCurrentTask { $0?.cancel() }
                return await context.store.write(each: keys.map { WriteBatch([.init(.put([1]), at: $0)]) })
            }
            let results = await task.value
            try expectEqual(results.count, keys.count, "results of a cancelled task")
            for (key, result) in zip(keys, results) { try await expectFate(of: key, result, context) }
        },
        ConformanceCase("cancellation/in-the-middle-of-writes") { context in
            for round in 0..<5 {
                let results = Mutex<[(Key, Result<WriteReceipt, StoreError>)]>([])
                let writers = Task { @concurrent in
                    try await compete(4) { racer in
                        for number in 0..<30 {
                            await Task.yield()
                            let key = context.key("\(round)/\(racer)/\(number)")
                            do throws(StoreError) {
                                let receipt = try await context.store.write(WriteBatch([.init(.put([1]), at: key)]))
                                results.withLock { $0.append((key, .success(receipt))) }
                            } catch {
                                results.withLock { $0.append((key, .failure(error))) }
                            }
                        }
                        return true
                    }
                }
                for _ in 0..<round * 5 { await Task.yield() }
                writers.cancel()
                _ = try await writers.value
                for (key, result) in results.withLock({ $0 }) { try await expectFate(of: key, result, context) }
            }
            try await context.put([2], at: context.key("later"))
            try await context.expect(context.key("later"), is: [2], "a write after all that")
        },
    ]

    /// Runs `body` in a task that is cancelled already. Whether it completed; throws unless it did or was cancelled.
    @discardableResult
    private static func expectWholeOrCancelled(
        _ what: String,
        _ body: @escaping @Sendable () async throws -> Void
    ) async throws -> Bool {
        let task = Task { @concurrent in
            withUnsafeCurrentTask { $0?.cancel() }
            try await body()
        }
        do {
            try await task.value
            return true
        } catch let error as StoreError {
            try expectEqual(error.code, .cancelled, "the error of \(what) in a cancelled task")
            return false
        }
    }

    /// Expects at a key what a write of 1 there said.
    private static func expectFate(
        of key: Key,
        _ result: Result<WriteReceipt, StoreError>,
        _ context: ConformanceContext
    ) async throws {
        switch result {
        case .success: try await context.expect(key, is: [1], "an acknowledged write of a cancelled task")
        case .failure(let error) where error.code == .outcomeUnknown: break
        case .failure(let error):
            try expectEqual(error.code, .cancelled, "the error of a write in a cancelled task")
            try await context.expect(key, is: nil, "a cancelled write")
        }
    }
}
