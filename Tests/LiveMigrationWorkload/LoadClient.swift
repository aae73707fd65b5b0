package import KeyValue
import TestSupport

/// A task of a service that reads and writes some keys, and notes what it did and was told.
package struct LoadClient {
    /// Keys that are written all the time, of a few partitions.
    package static let hotKeys = (0..<12).map { Key("hot\($0 % 4)", "\($0)") }
    /// Keys that are there from the beginning, of many partitions, and are written now and then.
    package static func coldKeys(_ count: Int) -> [Key] { (0..<count).map { Key("cold\($0 % 97)", "\($0)") } }

    private let store: any KeyValueStore
    private let log: HistoryLog
    private let coldKeys: Int
    private var generator: SeededGenerator

    package init(_ store: any KeyValueStore, _ log: HistoryLog, coldKeys: Int, seed: UInt64) {
        self.store = store
        self.log = log
        self.coldKeys = coldKeys
        generator = SeededGenerator(seed: seed)
    }

    /// Does one thing or another. Throws when the history can't be written.
    package mutating func act() async throws {
        let key = anyKey()
        switch Int.random(in: 0..<12, using: &generator) {
        case 0...4: _ = try await read(key)
        case 5...6:
            let number = number()
            try await write([(.put(LoadClient.bytes(number)), key, nil, .write(number))])
        case 7: try await write([(.delete, key, nil, .write(nil))])
        case 8: try await writePair()
        case 9:
            let number = number()
            try await write([(.put(LoadClient.bytes(number)), key, .absent, .swap(from: nil, to: number))])
        default: try await replace(key)
        }
    }

    private mutating func anyKey() -> Key {
        if coldKeys > 0, Int.random(in: 0..<8, using: &generator) == 0 {
            return LoadClient.coldKeys(coldKeys)[Int.random(in: 0..<coldKeys, using: &generator)]
        }
        return LoadClient.hotKeys[Int.random(in: 0..<LoadClient.hotKeys.count, using: &generator)]
    }

    /// One that no other call uses.
    private mutating func number() -> Int { Int.random(in: 1 << 20..<1 << 60, using: &generator) }

    package static func bytes(_ number: Int) -> [UInt8] { Counter.encode(Int64(number)) }

    package static func number(_ value: [UInt8]) throws -> Int {
        guard let number = Counter.decode(value) else { throw WorkloadError("A record holds what nobody wrote.") }
        return Int(number)
    }

    /// What is there, if that could be found out.
    package func read(_ key: Key) async throws -> Entry?? {
        let call = try log.begin(.read(nil), at: key)
        do {
            let entry = try await store.get(key)
            try log.end(call, .read(try entry.map { try LoadClient.number($0.value) }))
            return .some(entry)
        } catch is StoreError {
            try log.end(call, .nothing)
            return nil
        }
    }

    private mutating func replace(_ key: Key) async throws {
        guard let read = try await read(key), let entry = read else { return }
        let number = number()
        let effect = KeyEvent.Effect.swap(from: try LoadClient.number(entry.value), to: number)
        try await write([(.put(LoadClient.bytes(number)), key, .revision(entry.revision), effect)])
    }

    /// Two records of one partition in one batch.
    private mutating func writePair() async throws {
        let first = Int.random(in: 0..<4, using: &generator)
        let (left, right) = (number(), number())
        try await write([
            (.put(LoadClient.bytes(left)), LoadClient.hotKeys[first], nil, .write(left)),
            (.put(LoadClient.bytes(right)), LoadClient.hotKeys[first + 4], nil, .write(right)),
        ])
    }

    private func write(
        _ operations: [(action: WriteBatch.Action, key: Key, condition: Precondition?, effect: KeyEvent.Effect)]
    ) async throws {
        let batch = WriteBatch(operations.map { WriteBatch.Operation($0.action, at: $0.key, if: $0.condition) })
        let calls = try operations.map { try log.begin($0.effect, at: $0.key) }
        do {
            _ = try await store.write(batch)
            for call in calls { try log.end(call, .done) }
        } catch let error as StoreError {
            // Nothing is noted: it may take effect at any time.
            if error.code == .outcomeUnknown { return }
            let isFound = error.code == .preconditionFailed && batch.operations[0].precondition == .absent
            for call in calls { try log.end(call, isFound ? .found : .nothing) }
        }
    }
}
