public import KeyValue

/// A process that runs ``CrashWorkload`` on the store of a ``ConformancePlace`` until it is killed.
public protocol WritingProcess: Sendable {
    /// The next number that the process has acknowledged; nil when it has ended and every number has been given.
    func nextAcknowledged() async throws -> Int?

    /// Ends the process as `kill -9` does, and returns when it is gone. What it had acknowledged can still be read.
    func kill() async throws
}

/// What a process writes that is killed in the middle of it: numbered batches, each acknowledged once it is written.
///
/// The process opens the store and calls ``run(on:acknowledge:)``, which writes each number to its parent:
///
/// ```swift
/// try await CrashWorkload.run(on: store) { number in
///     print(number)
///     fflush(nil)
/// }
/// ```
public enum CrashWorkload {
    static let partition = Array("crash".utf8)
    /// Enough to be at it whenever the kill comes, and a bound if it never does.
    private static let batchesMax = 100_000

    /// Writes batches behind those that are in the store already, and acknowledges each by its number.
    public static func run(
        on store: any KeyValueStore,
        acknowledge: (_ number: Int) async throws -> Void
    ) async throws {
        let capabilities = store.capabilities
        let first = try await firstVacant(in: store)
        for number in first..<first + batchesMax {
            _ = try await store.write(WriteBatch(operations(of: number, for: capabilities)))
            try await acknowledge(number)
        }
    }

    /// The operations of a batch: several records where a batch may hold several, so that half of one would show.
    static func operations(of number: Int, for capabilities: Capabilities) -> [WriteBatch.Operation] {
        keys(of: number, for: capabilities).map { key in
            WriteBatch.Operation(.put(value(of: number)), at: key)
        }
    }

    static func keys(of number: Int, for capabilities: Capabilities) -> [Key] {
        let parts = capabilities.batchScope == .key ? 1 : 3
        return (0..<parts).map { part in
            Key(partition: partition, bytes: Counter.encode(Int64(number)) + [UInt8(part)])
        }
    }

    /// Some hundred bytes that tell the number.
    static func value(of number: Int) -> [UInt8] {
        Array(repeatElement(Counter.encode(Int64(number)), count: 32).joined())
    }

    private static func firstVacant(in store: any KeyValueStore) async throws(StoreError) -> Int {
        var number = 0
        while let key = keys(of: number, for: store.capabilities).first, try await store.get(key) != nil {
            number += 1
        }
        return number
    }
}
