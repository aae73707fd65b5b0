import KeyValue

extension ConformanceCase {
    /// Everything is accepted up to its stated limit, and refused beyond it before anything is written.
    static let limits: [ConformanceCase] = [
        ConformanceCase("limits/partition-bytes", .offer(.partitions)) { context in
            let limit = context.capabilities.limits.partitionBytesMax
            try await expectEdge("partitionBytesMax", context) { excess in
                [.put([1]), .bury, .delete].map {
                    WriteBatch.Operation($0, at: Key(partition: bytes(limit + excess), bytes: [1]))
                }
            }
            try await expectBeyond("partitionBytesMax", "a scan") {
                _ = try await context.store.scan(.partition(bytes(limit + 1)), ScanOptions(), after: nil)
            }
        },
        ConformanceCase("limits/key-bytes") { context in
            let limit = context.capabilities.limits.keyBytesMax
            try await expectEdge("keyBytesMax", context) { excess in
                [.put([1]), .bury, .delete].map {
                    WriteBatch.Operation($0, at: Key(partition: [0x70], bytes: bytes(limit + excess)))
                }
            }
            try await expectBeyond("keyBytesMax", "a get") {
                _ = try await context.store.get([Key(partition: [0x70], bytes: bytes(limit + 1))])
            }
        },
        ConformanceCase("limits/longest-keys-keep-their-order", .order(.partition)) { context in
            let limits = context.capabilities.limits
            let keys = [0x00, 0x61, 0xFF].flatMap { last in
                [limits.keyBytesMax - 1, limits.keyBytesMax].map { count in
                    Key(partition: bytes(limits.partitionBytesMax), bytes: bytes(count - 1) + [last])
                }
            }
            try await context.fill(keys)
            try await context.expectKeys(.partition(bytes(limits.partitionBytesMax)), ScanOptions(limit: 1), are: keys)
            for key in keys { try await context.expect(key, is: ConformanceContext.value(of: key)) }
        },
        ConformanceCase("limits/value-bytes") { context in
            let limit = context.capabilities.limits.valueBytesMax
            try await expectEdge("valueBytesMax", context) { excess in
                [WriteBatch.Operation(.put(bytes(limit + excess)), at: context.key("value"))]
            }
            guard limit <= edgeBytesMax else { return }
            try await context.expect(context.key("value"), is: bytes(limit - 1), "the longest value but one")
        },
        ConformanceCase("limits/batch-operations", .batchScope(.partition)) { context in
            let limit = context.capabilities.limits.batchOperationsMax
            try await expectBatchEdge("batchOperationsMax", context) { excess in
                (0..<limit + excess).map { WriteBatch.Operation(.put([1]), at: context.key("\($0)")) }
            }
        },
        ConformanceCase("limits/batch-bytes", .batchScope(.partition)) { context in
            let limits = context.capabilities.limits
            let value = bytes(min(limits.valueBytesMax, limits.batchBytesMax / 2))
            // An operation's bytes: one of the partition, four of the key, and its value's.
            let full = limits.batchBytesMax / (value.count + 5)
            guard full < limits.batchOperationsMax else { return }
            try await expectBatchEdge("batchBytesMax", context) { excess in
                let rest = limits.batchBytesMax + excess - full * (value.count + 5) - 5
                return (0...full).map { index in
                    let key = Key(partition: [1], bytes: [1, 1, UInt8(index >> 8), UInt8(index & 0xFF)])
                    return WriteBatch.Operation(.put(index < full ? value : bytes(max(0, rest))), at: key)
                }
            }
        },
        ConformanceCase("limits/get-keys") { context in
            let limit = context.capabilities.limits.getKeysMax
            try await context.put([7], at: context.key("0"))
            let keys = (0...limit).map { context.key("\($0)") }
            try await context.eventually {
                let found = try await context.store.get(Array(keys.prefix(limit)))
                try expectEqual(found.count, limit, "the answers to as many keys as one get may have")
                try expectEqual(found.compactMap { $0 }.map(\.value), [[7]], "the only record")
            }
            try await expectBeyond("getKeysMax", "a get of one key more") { _ = try await context.store.get(keys) }
        },
        ConformanceCase("limits/page-keys") { context in
            let limit = context.capabilities.limits.pageKeysMax
            let keys = (0..<min(limit, 300) + 20).map { context.key("\($0)") }
            try await context.fill(keys)
            try await context.expectKeys(.all(), ScanOptions(limit: .max, bytesMax: .max), are: keys)
            for (limit, bytesMax) in [(0, 1), (-1, 1), (1, 0), (1, -1)] {
                try await expectError(.invalidArgument, from: "a page of \(limit) keys and \(bytesMax) bytes") {
                    let options = ScanOptions(limit: limit, bytesMax: bytesMax)
                    _ = try await context.store.scan(.all(), options, after: nil)
                }
            }
        },
        ConformanceCase("limits/portable-floor", .conditionalWrite) { context in
            let floor = Limits.portable
            let limits = context.capabilities.limits
            try expect(
                limits.partitionBytesMax >= floor.partitionBytesMax && limits.keyBytesMax >= floor.keyBytesMax
                    && limits.valueBytesMax >= floor.valueBytesMax && limits.getKeysMax >= floor.getKeysMax
                    && limits.pageKeysMax >= floor.pageKeysMax,
                "a store that can be a live target reaches the portable limits: \(limits)"
            )
            if context.capabilities.batchScope > .key {
                try expect(
                    limits.batchOperationsMax >= floor.batchOperationsMax
                        && limits.batchBytesMax >= floor.batchBytesMax,
                    "batches reach the portable limits: \(limits)"
                )
            }
            let key = Key(partition: bytes(floor.partitionBytesMax), bytes: bytes(floor.keyBytesMax))
            try await context.put(bytes(floor.valueBytesMax), at: key, if: .vacant)
            try await context.expect(key, is: bytes(floor.valueBytesMax))
        },
    ]

    /// Beyond this many bytes an edge is only tested from outside, so that the suite stays quick.
    private static let edgeBytesMax = 16 << 20

    private static func bytes(_ count: Int) -> [UInt8] { Array(repeating: 0x61, count: count) }

    private static func expectBeyond(_ limit: String, _ what: String, _ body: () async throws -> Void) async throws {
        let error = try await expectError(.tooLarge, from: "\(what) beyond \(limit)", body)
        try expectEqual(error.metadata["limit"], limit, "the limit that the error names")
    }

    /// Writes operations, one a batch, with 1 too many and then with the limit and 1 less.
    private static func expectEdge(
        _ limit: String,
        _ context: ConformanceContext,
        _ operations: (_ excess: Int) -> [WriteBatch.Operation]
    ) async throws {
        try await context.fill([context.key("there")])
        try await context.expectUnchanged(by: "writes beyond \(limit)") {
            for operation in operations(1) {
                try await expectBeyond(limit, "a write") { _ = try await context.store.write(WriteBatch([operation])) }
                try await expectBeyond(limit, "a separate write") {
                    for result in await context.store.write(each: [WriteBatch([operation])]) { _ = try result.get() }
                }
            }
        }
        for operation in operations(0) + operations(-1) {
            guard case .put(let value) = operation.action, value.count <= edgeBytesMax else { continue }
            _ = try await context.store.write(WriteBatch([operation]))
            try await context.expect(operation.key, is: value, "what is as large as it may be")
        }
    }

    /// The same for batches of many operations.
    private static func expectBatchEdge(
        _ limit: String,
        _ context: ConformanceContext,
        _ operations: (_ excess: Int) -> [WriteBatch.Operation]
    ) async throws {
        try await context.fill([context.key("there")])
        try await context.expectUnchanged(by: "a batch beyond \(limit)") {
            try await expectBeyond(limit, "a batch") { _ = try await context.store.write(WriteBatch(operations(1))) }
        }
        let full = operations(0)
        guard context.capabilities.limits.batchBytesMax <= edgeBytesMax || full.count > 1_000 else { return }
        let receipt = try await context.store.write(WriteBatch(full))
        try expectEqual(receipt.outcomes.count, full.count, "outcomes of a batch that is as large as it may be")
        for operation in [full.first, full.last].compactMap({ $0 }) {
            try await context.expect(operation.key, is: ConformanceContext.value(putBy: operation))
        }
    }
}

extension ConformanceContext {
    /// What a put puts.
    static func value(putBy operation: WriteBatch.Operation) -> [UInt8]? {
        guard case .put(let value) = operation.action else { return nil }
        return value
    }
}
