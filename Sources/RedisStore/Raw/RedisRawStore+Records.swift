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
    /// One step of all together is enough for those that are small and of the type that was read last; the others are
    /// asked for their type then. What is too large for one step goes on one by one.
    private func read(
        _ indices: [Int],
        of names: [[UInt8]],
        keysOnly: Bool,
        into found: inout [[UInt8]?]
    ) async throws(StoreError) -> [Int] {
        var changed: [Int] = []
        var guess = keysOnly ? nil : state.withLock { $0.lastKind }
        var indices = indices
        if guess == .string {
            indices = try await readStrings(indices, of: names, into: &found)
            guess = nil
        }
        var steps = indices.map { (index) -> Step in
            let reader = RawKeyReader(
                names[index],
                bytesMax: capabilities.limits.valueBytesMax,
                expiryIsRelative: expiryIsRelative,
                guess: guess
            )
            return (index: index, reader: reader, commands: reader.first)
        }
        var last: RawKeyReader.Kind?
        var continuing: [Step] = []
        while !steps.isEmpty || !continuing.isEmpty {
            let batch = steps.isEmpty ? [continuing.removeLast()] : steps
            steps = []
            let replies = try await server.replies(to: batch.flatMap(\.commands), at: nil)
            var place = 0
            for (index, reader, commands) in batch {
                let own = replies[min(place, replies.count)..<min(place + commands.count, replies.count)]
                place += commands.count
                switch try reader.take(Array(own)) {
                case .needs(let commands):
                    if keysOnly {
                        found[index] = []
                    } else if reader.hasBegun {
                        continuing.append((index, reader, commands))
                    } else {
                        steps.append((index, reader, commands))
                    }
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

    private typealias Step = (index: Int, reader: RawKeyReader, commands: [[[UInt8]]])

    /// How many keys are asked for with one call, when more are read side by side: the server finds some while others
    /// are on their way and again others are taken in.
    private static let keysACall = 256

    /// What came of the keys of one call: the record of each that is a short string.
    private struct ShortStrings: Sendable {
        let keys: Range<Int>
        let records: Result<[[UInt8]?], StoreError>
    }

    /// Reads those keys into `found` that are short strings, most of what many databases hold; the others.
    private func readStrings(
        _ indices: [Int],
        of names: [[UInt8]],
        into found: inout [[UInt8]?]
    ) async throws(StoreError) -> [Int] {
        let calls = await withTaskGroup(of: ShortStrings.self) { group in
            for start in stride(from: 0, to: indices.count, by: RedisRawStore.keysACall) {
                let keys = start..<min(start + RedisRawStore.keysACall, indices.count)
                let asked = indices[keys].map { names[$0] }
                group.addTask { await self.shortStrings(asked, keys) }
            }
            var calls: [ShortStrings] = []
            while let call = await group.next() { calls.append(call) }
            return calls
        }
        var others: [Int] = []
        for call in calls {
            for (index, record) in zip(indices[call.keys], try call.records.get()) {
                found[index] = record
                if record == nil { others.append(index) }
            }
        }
        return others
    }

    private func shortStrings(_ names: [[UInt8]], _ keys: Range<Int>) async -> ShortStrings {
        var commands: [[[UInt8]]] = []
        commands.reserveCapacity(3 * names.count)
        for name in names { RawKeyReader.askForString(name, expiryIsRelative, &commands) }
        let each = commands.count / max(1, names.count)
        do throws(StoreError) {
            let replies = try await server.replies(to: commands, at: nil)
            let records = names.indices.map { index in
                let own = replies.dropFirst(each * index).prefix(each)
                return RawKeyReader.shortString(
                    in: own,
                    expiryIsRelative,
                    bytesMax: capabilities.limits.valueBytesMax
                )?.encoded()
            }
            return ShortStrings(keys: keys, records: .success(records))
        } catch {
            return ShortStrings(keys: keys, records: .failure(error))
        }
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
