import KeyValue

extension ConformanceCase {
    /// Random histories, compared step by step with a naive model.
    static let histories: [ConformanceCase] = (UInt64(0)..<4).map { number in
        ConformanceCase("histories/random-\(number + 1)", .offer(.partitions), .offer(.reservedSpace)) { context in
            let seed = context.seed &* 4 &+ number
            var history = RandomHistory(seed: seed, context)
            for step in 0..<250 {
                do {
                    try await history.step()
                } catch let error {
                    throw ConformanceFailure(
                        "step \(step) of the history of seed \(seed), \(history.lastStep)",
                        expected: "what the model does",
                        found: "\(error)",
                        SourceLocation(file: #fileID, line: #line)
                    )
                }
            }
            try await history.expectSame()
        }
    }
}

/// A store beside a dictionary that should be like it.
private struct RandomHistory {
    private struct Row {
        var value: [UInt8]
        var revision: Revision
        var isTombstone: Bool
    }

    private let context: ConformanceContext
    private let keys: [Key]
    private var random: SeededRandom
    private var model: [Key: Row] = [:]
    private var pastRevisions: [Revision] = []
    private(set) var lastStep = "begun"

    init(seed: UInt64, _ context: ConformanceContext) {
        self.context = context
        random = SeededRandom(seed: seed)
        let spaces = [KeySpace.records, .records, .reservedData]
        keys = ["a", "b", "b\0"].flatMap { partition in
            ["k", "k\0", "ka", "l", "\u{7F}"].enumerated().map { index, key in
                Key(partition, key, space: spaces[index % spaces.count])
            }
        }
    }

    private var isImmediate: Bool { context.capabilities.consistency == .linearizable }

    mutating func step() async throws {
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<6: try await write()
        case 6: try await read()
        case 7, 8: try await scan()
        default: try await deleteRange()
        }
    }

    /// Compares everything.
    mutating func expectSame() async throws {
        try await context.settle()
        let expected = model.sorted { $0.key < $1.key }
        let context = context
        try await context.eventually {
            let found = try await context.everything()
            try expectEqual(found.map(\.key), expected.map(\.key), "the keys in the end")
            try expectEqual(found.map(\.value), expected.map(\.value.value), "the values in the end")
            try expectEqual(found.map(\.isTombstone), expected.map(\.value.isTombstone), "the tombstones in the end")
            try expectEqual(found.map(\.revision), expected.map(\.value.revision), "the revisions in the end")
        }
    }

    // MARK: - Writing

    private mutating func write() async throws {
        let batch = randomBatch()
        lastStep = "\(batch.operations.map { "\($0.action) at \($0.key) if \($0.precondition as Any)" })"
        let expected = outcome(of: batch)
        let receipt: WriteReceipt
        do throws(StoreError) {
            receipt = try await context.store.write(batch)
        } catch {
            return try expectEqual(error.code, expected, "the error, against the model's (\(error))")
        }
        try expectEqual(nil, expected, "the error, against the model's")
        apply(batch, receipt)
        for (operation, outcome) in zip(batch.operations, receipt.outcomes) {
            guard case .add = operation.action else { continue }
            try expectEqual(outcome.sum.map(Counter.encode), model[operation.key]?.value, "a sum")
        }
    }

    private mutating func randomBatch() -> WriteBatch {
        let capabilities = context.capabilities
        var candidates = keys.shuffled(using: &random)
        if capabilities.batchScope == .partition {
            let partition = candidates[0].partition
            candidates.removeAll { $0.partition != partition }
        }
        let count = capabilities.batchScope == .key ? 1 : Int.random(in: 1...4, using: &random)
        return WriteBatch(
            candidates.prefix(count).map { key in
                let precondition = capabilities.conditionalWrite ? randomPrecondition(at: key) : nil
                let action = randomAction(hasPrecondition: precondition != nil)
                let drops = action == .delete && !capabilities.conditionalDelete
                return WriteBatch.Operation(action, at: key, if: drops ? nil : precondition)
            }
        )
    }

    private mutating func randomPrecondition(at key: Key) -> Precondition? {
        switch Int.random(in: 0..<9, using: &random) {
        case 0: .absent
        case 1: .vacant
        case 2: .exists
        case 3: pastRevisions.randomElement(using: &random).map { .revision($0) }
        case 4...6: model[key].map { .revision($0.revision) }
        default: nil
        }
    }

    private mutating func randomAction(hasPrecondition: Bool) -> WriteBatch.Action {
        switch Int.random(in: 0..<8, using: &random) {
        case 0: return .delete
        case 1: return .bury
        case 2: return hasPrecondition ? .check : .put([])
        case 3 where context.capabilities.integerAdd: return .add(Int64.random(in: -9...9, using: &random))
        case 4: return .put(Counter.encode(Int64.random(in: -9...9, using: &random)))
        default:
            let count = Int.random(in: 0...20, using: &random)
            return .put((0..<count).map { _ in UInt8.random(in: 0...UInt8.max, using: &random) })
        }
    }

    /// The error that the model answers a batch with.
    private func outcome(of batch: WriteBatch) -> StoreError.Code? {
        for operation in batch.operations {
            let row = model[operation.key]
            let holds =
                switch operation.precondition {
                case nil: true
                case .absent: row?.isTombstone ?? true
                case .vacant: row == nil
                case .exists: row.map { !$0.isTombstone } ?? false
                case .revision(let revision): row?.revision == revision
                }
            if !holds { return .preconditionFailed }
        }
        for operation in batch.operations {
            guard case .add = operation.action, let row = model[operation.key], !row.isTombstone else { continue }
            if Counter.decode(row.value) == nil { return .invalidArgument }
        }
        return nil
    }

    private mutating func apply(_ batch: WriteBatch, _ receipt: WriteReceipt) {
        for (operation, outcome) in zip(batch.operations, receipt.outcomes) {
            let row = model[operation.key]
            if let row, operation.action != .check { pastRevisions.append(row.revision) }
            var value: [UInt8] = []
            switch operation.action {
            case .check: continue
            case .delete:
                model[operation.key] = nil
                continue
            case .put(let bytes): value = bytes
            case .bury: break
            case .add(let amount):
                let number = row.flatMap { $0.isTombstone ? nil : Counter.decode($0.value) } ?? 0
                // Random amounts are too small for either end.
                value = Counter.encode(number &+ amount)
            }
            guard let revision = outcome.revision else { continue }
            model[operation.key] = Row(value: value, revision: revision, isTombstone: operation.action == .bury)
        }
    }

    private mutating func deleteRange() async throws {
        guard let partition = keys.randomElement(using: &random)?.partition else { return }
        lastStep = "the deletion of \(Key.escaped(partition))"
        // Where reads lag, so does a deletion by reading.
        guard isImmediate, Int.random(in: 0..<4, using: &random) == 0 else { return }
        let deleted = try await context.store.dropPartition(partition)
        let doomed = model.filter {
            $0.key.partition == partition && $0.key.space == .records && !$0.value.isTombstone
        }
        try expectEqual(deleted, doomed.count, "how many were deleted")
        for (key, row) in doomed {
            pastRevisions.append(row.revision)
            model[key] = nil
        }
    }

    // MARK: - Reading

    private mutating func read() async throws {
        guard isImmediate else { return }
        let asked = keys.shuffled(using: &random).prefix(Int.random(in: 1...6, using: &random))
        let options = ReadOptions(includesTombstones: Bool.random(using: &random))
        lastStep = "a get of \(asked), \(options)"
        let found = try await context.store.get(Array(asked), options)
        try expectEqual(found, asked.map { entry($0, options.includesTombstones) }, "the entries")
    }

    private mutating func scan() async throws {
        guard isImmediate else { return }
        let capabilities = context.capabilities
        let options = ScanOptions(
            limit: Int.random(in: 1...9, using: &random),
            keysOnly: Bool.random(using: &random),
            reverse: capabilities.reverseScan && Bool.random(using: &random),
            includesTombstones: Bool.random(using: &random)
        )
        let range = randomRange()
        lastStep = "a scan of \(range), \(options)"
        let expected = model.keys.filter(range.contains).sorted().compactMap { entry($0, options.includesTombstones) }
        let found = try await context.rows(range, options)
        try context.expectOrder(found.map(\.key), reverse: options.reverse, "the keys of a scan")
        let sorted = found.sorted { $0.key < $1.key }
        try expectEqual(sorted.map(\.key), expected.map(\.key), "the keys of a scan")
        try expectEqual(sorted.map(\.value), expected.map { options.keysOnly ? [] : $0.value }, "the values of a scan")
        try expectEqual(sorted.map(\.revision), expected.map(\.revision), "the revisions of a scan")
        let count = try await context.store.count(range, ReadOptions(includesTombstones: options.includesTombstones))
        if count.accuracy == .exact { try expectEqual(count.value, expected.count, "the count of a range") }
    }

    private mutating func randomRange() -> KeyRange {
        let space: KeySpace = Bool.random(using: &random) ? .records : .reservedData
        guard let key = keys.randomElement(using: &random), Int.random(in: 0..<4, using: &random) > 0 else {
            return .all(in: space)
        }
        guard context.capabilities.order >= .partition else { return .partition(key.partition, in: space) }
        let bounds: [[UInt8]?] = [nil, [], key.bytes, Array("k".utf8), Array("kb".utf8), [0xFF]]
        return .partition(
            key.partition,
            from: bounds.randomElement(using: &random) ?? nil,
            to: bounds.randomElement(using: &random) ?? nil,
            in: space
        )
    }

    private func entry(_ key: Key, _ includesTombstones: Bool) -> Entry? {
        guard let row = model[key], includesTombstones || !row.isTombstone else { return nil }
        return Entry(key: key, value: row.value, revision: row.revision, isTombstone: row.isTombstone)
    }
}
