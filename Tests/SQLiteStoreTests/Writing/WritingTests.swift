#if SQLite
import Foundation
import KeyValue
import TestSupport
import Testing

@testable import SQLiteStore

@Suite struct WritingTests {
    private let key = Key("partition", "key")

    @Test func aRequestInLineCanBeWithdrawnAndOneAtWorkCanNot() async throws {
        let directory = try TemporaryDirectory()
        // The writer looks at the clock before it commits.
        let gate = Gate()
        let environment = StoreEnvironment(
            random: StoreEnvironment.live.random,
            nanoseconds: {
                gate.pass()
                return 0
            },
            sleep: { _ in }
        )
        let store = try await SQLiteStore.open(path: directory.file(), environment: environment)
        gate.close()
        let atWork = Task { try await store.put([1], at: Key("partition", "at work")) }
        while gate.waiting < 1 { await Task.yield() }
        let inLine = Task { try await store.put([1], at: Key("partition", "in line")) }
        let another = Task { try await store.put([1], at: Key("partition", "another")) }
        while store.queue.count < 2 { await Task.yield() }
        inLine.cancel()
        atWork.cancel()
        let error = await #expect(throws: StoreError.self) { _ = try await inLine.value }
        #expect(error?.code == .cancelled)
        gate.open()
        #expect(try await atWork.value != nil)
        #expect(try await another.value != nil)
        let entries = try await store.get(["at work", "in line", "another"].map { Key("partition", $0) })
        #expect(entries.map { $0 != nil } == [true, false, true])
        await store.close()
    }

    @Test func aCancelledTaskWritesNothing() async throws {
        let directory = try TemporaryDirectory()
        let store = try await SQLiteStore.open(path: directory.file())
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            let results = await store.write(each: [WriteBatch([.init(.put([1]), at: key)])])
            await #expect(throws: StoreError.self) { try await store.put([1], at: key) }
            await #expect(throws: StoreError.self) { _ = try await store.get(key) }
            await #expect(throws: StoreError.self) { try await store.clearMarks([], in: SQLiteStore.bin) }
            if case .failure(let error) = results[0] { return error.code }
            return StoreError.Code.corrupted
        }
        task.cancel()
        #expect(await task.value == .cancelled)
        let entry = try await store.get(key)
        #expect(entry == nil)
        await store.close()
    }

    @Test func manyTasksLoseNoUpdate() async throws {
        let directory = try TemporaryDirectory()
        let store = try await SQLiteStore.open(
            path: directory.file(),
            configuration: SQLiteConfiguration(synchronous: .normal, readersMax: 3)
        )
        try await store.put(Counter.encode(0), at: key)
        await withDiscardingTaskGroup { group in
            for task in 0..<32 {
                group.addTask {
                    do {
                        var done = 0
                        while done < 20 {
                            let entry = try #require(try await store.get(key))
                            let number = try #require(Counter.decode(entry.value))
                            do throws(StoreError) {
                                let next = Counter.encode(number + 1)
                                try await store.put(next, at: key, if: .revision(entry.revision))
                                done += 1
                            } catch {
                                #expect(error.code == .preconditionFailed)
                            }
                            _ = try await store.write(WriteBatch([.init(.add(1), at: Key("added", "key"))]))
                            try await store.put([UInt8(task)], at: Key("own \(task)", "\(done)"))
                        }
                    } catch {
                        Issue.record(error)
                    }
                }
            }
        }
        let entry = try #require(try await store.get(key))
        #expect(Counter.decode(entry.value) == 640)
        let added = try #require(try await store.get(Key("added", "key")))
        #expect(Counter.decode(added.value) ?? 0 >= 640)
        await store.close()
    }

    @Test func answersEachBatchOfMany() async throws {
        let directory = try TemporaryDirectory()
        let store = try await SQLiteStore.open(path: directory.file())
        var batches = (0..<1_000).map { WriteBatch([.init(.put([1]), at: Key("partition", "\($0)"))]) }
        batches[10] = WriteBatch()
        batches[20].operations[0].precondition = .exists
        batches[999].epoch = 9
        batches[500] = WriteBatch([.init(.put([1]), at: Key("", "key"))])
        let results = await store.write(each: batches)
        let codes = results.enumerated().compactMap { index, result -> String? in
            if case .failure(let error) = result { "\(index) \(error.code)" } else { nil }
        }
        #expect(codes == ["10 invalidArgument", "20 preconditionFailed", "500 invalidArgument", "999 staleMode"])
        let count = try await store.count(.all())
        #expect(count.value == 996)
        #expect(await store.write(each: []).isEmpty)
        #expect(await store.write(each: [WriteBatch()]).count == 1)
        await store.close()
    }

    @Test func needsNoClock() async throws {
        let directory = try TemporaryDirectory()
        for sign in [0, -1, 1_000_000_000_000, .min / 7] {
            let ticks = Ticks(step: Int64(sign))
            let environment = StoreEnvironment(
                random: StoreEnvironment.live.random,
                nanoseconds: { ticks.next() },
                sleep: { _ in }
            )
            let store = try await SQLiteStore.open(path: directory.file(), environment: environment)
            await withDiscardingTaskGroup { group in
                for task in 0..<16 {
                    group.addTask {
                        for number in 0..<10 {
                            await #expect(throws: Never.self) {
                                try await store.put([1], at: Key("\(sign) \(task)", "\(number)"))
                            }
                        }
                    }
                }
            }
            await store.close()
        }
        let store = try await SQLiteStore.open(path: directory.file())
        let count = try await store.count(.all())
        #expect(count.value == 640)
        await store.close()
    }

    /// A process is killed in the middle of writing; what it was told to be written is there.
    @Test(arguments: ["full", "normal"])
    func keepsWhatWasAcknowledgedBeforeAKill(_ synchronous: String) async throws {
        let directory = try TemporaryDirectory()
        let child = try ChildProcess.storeWriter(
            "sqlite:\(directory.file())?accept=relaxed&synchronous=\(synchronous)",
            "write"
        )
        #expect(child.line() == "open")
        var acknowledged: [String] = []
        while acknowledged.count < 2_000, let line = child.line() { acknowledged.append(line) }
        child.kill()
        acknowledged += child.rest()
        #expect(acknowledged.count >= 2_000)
        let store = try await SQLiteStore.open(path: directory.file())
        for name in acknowledged {
            let entry = try await store.get(Key("acknowledged", name))
            #expect(entry?.value == Array(name.utf8))
        }
        await store.close()
        #expect(try RawDatabase(directory.file()).run("PRAGMA integrity_check") == [["ok"]])
    }
}
#endif
