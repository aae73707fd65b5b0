import KeyValue
import Synchronization

/// A small service: writers that put, delete and read records of their own, and hold the store to what it said.
struct Exercise: Sendable {
    let store: any KeyValueStore
    let environment: StoreEnvironment
    let keys: Int
    let pause: Duration
    /// For tests: a record that was acknowledged is removed behind the writer's back.
    let losesOne: Bool

    /// Exercises the store until `isEnough` says so, and then reads everything once more.
    func run(writers: Int, until isEnough: @escaping @Sendable () -> Bool) async throws -> ExerciseReport {
        try await withThrowingTaskGroup(of: ExerciseReport.self) { group in
            for writer in 0..<writers {
                group.addTask { try await write(writer, until: isEnough) }
            }
            var total = ExerciseReport()
            for try await report in group { total.add(report) }
            return total
        }
    }

    private func write(_ writer: Int, until isEnough: @Sendable () -> Bool) async throws -> ExerciseReport {
        var keys = ExercisedKeys(writer: writer, count: keys)
        var report = ExerciseReport()
        for index in keys.indices { keys.begin(index, with: try await read(keys.key(index))) }
        var number = 0
        while !isEnough() {
            number += 1
            let index = Int(environment.random() % UInt64(keys.indices.count))
            switch environment.random() % 10 {
            case 0: try await change(nil, index, &keys, &report)
            case 1..<7: try await change(Array("\(writer)-\(number)".utf8), index, &keys, &report)
            default: try await check(index, &keys, &report)
            }
            if pause > .zero { try await environment.sleep(pause) }
        }
        if losesOne, writer == 0 {
            try await change(Array("lost".utf8), 0, &keys, &report)
            try await store.delete(keys.key(0))
        }
        for index in keys.indices { try await check(index, &keys, &report) }
        return report
    }

    /// Puts a record, or deletes it.
    private func change(
        _ value: [UInt8]?,
        _ index: Int,
        _ keys: inout ExercisedKeys,
        _ report: inout ExerciseReport
    ) async throws {
        let began = environment.now()
        do throws(StoreError) {
            if let value {
                try await store.put(value, at: keys.key(index))
                report.writes += 1
            } else {
                _ = try await store.delete(keys.key(index))
                report.deletes += 1
            }
            keys.wrote(value, at: index)
            report.longest = max(report.longest, environment.now() - began)
        } catch {
            switch error.code {
            case .outcomeUnknown:
                keys.mayHaveWritten(value, at: index)
                report.unknown += 1
            case .unavailable, .timedOut, .throttled, .staleMode: report.refused += 1
            default: throw error
            }
        }
    }

    private func check(_ index: Int, _ keys: inout ExercisedKeys, _ report: inout ExerciseReport) async throws {
        let value = try await read(keys.key(index))
        report.reads += 1
        if !keys.read(value, at: index) { report.lost.append(keys.key(index)) }
    }

    /// Reads a record, again for a while when the store can't be reached.
    private func read(_ key: Key) async throws -> [UInt8]? {
        for attempt in 1... {
            do throws(StoreError) {
                return try await store.get(key)?.value
            } catch {
                guard error.retry == .always, error.code != .cancelled, attempt < 100 else { throw error }
            }
            try await environment.sleep(.milliseconds(100))
        }
        return nil
    }
}
