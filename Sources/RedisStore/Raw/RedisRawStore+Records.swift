import KeyValue
import Synchronization

extension RedisRawStore {
    private static let attemptsMax = 3

    /// The encoded records of keys, in their order: nil for one that is not there, empty values with `keysOnly`.
    func records(of names: [[UInt8]], keysOnly: Bool) async throws(StoreError) -> [[UInt8]?] {
        var found: [[UInt8]?] = Array(repeating: nil, count: names.count)
        var left = Array(names.indices)
        var attempt = 1
        while let first = left.first {
            guard attempt <= RedisRawStore.attemptsMax else {
                throw StoreError(
                    .unavailable,
                    "A key gets another type each time that it is read: hold its writers.",
                    ["key": Key.escaped(names[first])]
                )
            }
            attempt += 1
            left = try await read(left, of: names, keysOnly: keysOnly, into: &found)
        }
        return found
    }

    /// Reads some of the keys into `found`; those that changed meanwhile so that they have to be read anew.
    ///
    /// One step of all together is enough for those that are small and of the type that was read last, and two for all
    /// that are small. What is larger goes on one by one.
    private func read(
        _ indices: [Int],
        of names: [[UInt8]],
        keysOnly: Bool,
        into found: inout [[UInt8]?]
    ) async throws(StoreError) -> [Int] {
        var changed: [Int] = []
        let guess = keysOnly ? nil : state.withLock { $0.lastKind }
        var steps = indices.map { index in
            let reader = RawKeyReader(
                names[index],
                bytesMax: capabilities.limits.valueBytesMax,
                expiryIsRelative: expiryIsRelative,
                guess: guess
            )
            return (index: index, reader: reader, commands: reader.first)
        }
        var last: RawKeyReader.Kind?
        var stepsTogether = 2
        while !steps.isEmpty {
            let size = stepsTogether > 0 ? steps.count : 1
            stepsTogether -= 1
            let batch = Array(steps.suffix(size))
            steps.removeLast(size)
            let replies = try await server.replies(to: batch.flatMap(\.commands), at: nil)
            var place = 0
            for (index, reader, commands) in batch {
                let own = replies[min(place, replies.count)..<min(place + commands.count, replies.count)]
                place += commands.count
                switch try reader.take(Array(own)) {
                case .needs(let commands):
                    if keysOnly { found[index] = [] } else { steps.append((index, reader, commands)) }
                case .record(let record):
                    found[index] = record.encoded()
                    last = reader.kind
                    if reader.pendingEntries > 0 { state.withLock { $0.streamsWithPendingEntries += 1 } }
                case .absent: break
                case .changed: changed.append(index)
                case .unsupported(let type): try skip(reader.key, type)
                }
            }
        }
        if let last { state.withLock { $0.lastKind = last } }
        return changed
    }

    private func skip(_ key: [UInt8], _ type: String) throws(StoreError) {
        guard options.skipsUnsupported else {
            throw .unsupported(
                "A key holds a type that only a module of the server knows: leave such keys out with unsupported=skip.",
                ["key": Key.escaped(key), "type": type]
            )
        }
        state.withLock { $0.skipped += 1 }
    }
}
