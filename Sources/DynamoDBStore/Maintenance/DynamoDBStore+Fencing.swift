#if DynamoDB
import AWSClient
public import KeyValue
import StoreHTTP

extension DynamoDBStore {
    private static let bin = Bin("table")

    public func bins() async throws(StoreError) -> [Bin] {
        try requireOpen()
        return [DynamoDBStore.bin]
    }

    private func require(_ bin: Bin) throws(StoreError) {
        try requireOpen()
        guard bin == DynamoDBStore.bin else { throw .noSuchBin(bin) }
    }

    /// The fence, and the one that somebody is about to put in its place.
    private struct StoredFence: Sendable {
        var present = Fence.open
        var pending: Fence?
        /// As it is kept; nil where nobody has set one yet.
        var bytes: [UInt8]?
    }

    private func storedFence() async throws(StoreError) -> StoredFence {
        if Task.isCancelled { throw .cancelled }
        guard let item = try await item(at: DynamoDBLayout.fenceItem) else { return StoredFence() }
        var fence = StoredFence()
        if let bytes = item["f"]?.bytes {
            fence.present = try Fence(encoded: bytes)
            fence.bytes = bytes
        }
        if let bytes = item["g"]?.bytes { fence.pending = try Fence(encoded: bytes) }
        return fence
    }

    /// An item by its key; nil where there is none.
    func item(at key: Item) async throws(StoreError) -> Item? {
        let reply = try await client.ask(
            "GetItem",
            [JSON.Member("Key", key.json), JSON.Member("ConsistentRead", .bool(true))]
        )
        guard let json = reply["Item"] else { return nil }
        guard let item = Item(json) else { throw client.strangeReply(changes: false) }
        return item
    }

    public func fence(of bin: Bin) async throws(StoreError) -> Fence {
        try require(bin)
        return try await settledFence().present
    }

    /// The fence, once a change that somebody began is complete.
    private func settledFence() async throws(StoreError) -> StoredFence {
        while true {
            let stored = try await storedFence()
            guard let pending = stored.pending else { return stored }
            try await complete(pending, from: stored)
        }
    }

    /// A fence is changed in three steps, of which anybody may do the later two: it is announced in the one item that
    /// says what the fence is, it is written to every shard, and it takes the old one's place in that item. When it is
    /// there, no shard admits what it does not.
    public func setFence(of bin: Bin, to fence: Fence, expecting expected: Fence) async throws(StoreError) {
        try require(bin)
        var isRepeated = false
        while true {
            let stored = try await settledFence()
            // An announcement whose reply was lost is made again, and then finds itself.
            if isRepeated, stored.present == fence { return }
            try stored.present.allow(fence, expecting: expected)
            guard try await replace(stored, by: stored.bytes, pending: fence) else {
                isRepeated = true
                continue
            }
            var announced = stored
            announced.pending = fence
            try await complete(fence, from: announced)
            return
        }
    }

    private func complete(_ fence: Fence, from stored: StoredFence) async throws(StoreError) {
        let failures = await withTaskGroup(of: StoreError?.self) { tasks in
            for shard in 0..<DynamoDBLayout.fenceShards {
                tasks.addTask {
                    do throws(StoreError) {
                        try await self.write(fence, toShard: shard)
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            var failures: [StoreError] = []
            for await failure in tasks { if let failure { failures.append(failure) } }
            return failures
        }
        if let failure = failures.first { throw failure }
        // Whoever was faster has done the same.
        _ = try await replace(stored, by: fence.encoded, pending: nil)
    }

    /// Epochs only grow, so a shard that has one as high has this fence or a later one.
    private func write(_ fence: Fence, toShard shard: Int) async throws(StoreError) {
        var item = DynamoDBLayout.fenceShard(shard)
        item.attributes.merge(FenceShard.attributes(of: fence)) { value, _ in value }
        let condition = TransactionAction.Condition(
            expression: "attribute_not_exists(e) OR e < :epoch",
            values: [":epoch": .integer(fence.epoch)]
        )
        _ = try await put(item, if: condition)
    }

    /// Whether the item of the fence was as it was read, and is what is given now.
    private func replace(_ old: StoredFence, by bytes: [UInt8]?, pending: Fence?) async throws(StoreError) -> Bool {
        var item = DynamoDBLayout.fenceItem
        if let bytes { item.attributes["f"] = .binary(bytes) }
        if let pending { item.attributes["g"] = .binary(pending.encoded) }
        var condition = TransactionAction.Condition(expression: "attribute_not_exists(f)")
        if let bytes = old.bytes {
            condition = TransactionAction.Condition(expression: "f = :f", values: [":f": .binary(bytes)])
        }
        if let pending = old.pending {
            condition = condition.and(
                TransactionAction.Condition(expression: "g = :g", values: [":g": .binary(pending.encoded)])
            )
        } else {
            condition = condition.and(TransactionAction.Condition(expression: "attribute_not_exists(g)"))
        }
        return try await put(item, if: condition)
    }

    /// Puts an item if a condition holds; whether it did. A transaction that holds the item is waited for.
    func put(_ item: Item, if condition: TransactionAction.Condition) async throws(StoreError) -> Bool {
        var members = [
            JSON.Member("Item", item.json),
            JSON.Member("ConditionExpression", .string(condition.expression)),
        ]
        if !condition.values.isEmpty {
            members.append(JSON.Member("ExpressionAttributeValues", Item(condition.values).json))
        }
        let answer = try await client.send(
            "PutItem",
            members,
            .setsState,
            expected: ["ConditionalCheckFailedException"]
        )
        if case .done = answer { return true }
        return false
    }

    public func marks(in bin: Bin, limit: Int, after cursor: Cursor?) async throws(StoreError) -> MarkPage {
        let limit = try capabilities.limits.listingLimit(limit)
        try require(bin)
        let last = try cursor.markPosition()
        var marks: [Mark] = []
        var start = last.map { DynamoDBLayout.mark($0).json }
        for shard in (last.map { DynamoDBLayout.shard(of: $0) } ?? 0)..<DynamoDBLayout.markShards {
            repeat {
                let query = [
                    JSON.Member("KeyConditionExpression", .string("p = :p")),
                    JSON.Member(
                        "ExpressionAttributeValues",
                        Item([":p": .binary(DynamoDBLayout.marks(shard))]).json
                    ),
                ]
                let page = try await page("Query", query, limit: limit - marks.count, keysOnly: false, after: start)
                for item in page.items {
                    guard let id = item["k"]?.bytes, let keys = item["v"]?.bytes else {
                        throw StoreError(.corrupted, "A mark can't be read: restore the store from a copy.")
                    }
                    marks.append(try Mark(encodedID: id, encodedKeys: keys))
                }
                if marks.count >= limit {
                    return MarkPage(marks: marks, cursor: marks.last.map { Cursor(after: $0.id) })
                }
                start = page.next
            } while start != nil
        }
        return MarkPage(marks: marks, cursor: nil)
    }

    /// What the service takes in one request.
    private static let deletesMax = 25

    public func clearMarks(_ ids: [MarkID], in bin: Bin) async throws(StoreError) {
        try require(bin)
        if Task.isCancelled { throw .cancelled }
        // The service takes each once.
        let ids = Array(Set(ids))
        for start in stride(from: 0, to: ids.count, by: DynamoDBStore.deletesMax) {
            let group = ids[start..<min(start + DynamoDBStore.deletesMax, ids.count)]
            try await delete(group.map { DynamoDBLayout.mark($0) })
        }
    }

    /// Deletes items that nothing depends on, until the service has had time for all.
    private func delete(_ keys: [Item]) async throws(StoreError) {
        var wanted = keys.map { key in
            JSON.object([JSON.Member("DeleteRequest", .object([JSON.Member("Key", key.json)]))])
        }
        var attempt = 1
        while !wanted.isEmpty {
            let answer = try await client.send(
                "BatchWriteItem",
                [JSON.Member("RequestItems", .object([JSON.Member(client.table, .array(wanted))]))],
                .setsState,
                ofTable: false
            )
            guard case .done(let reply) = answer else { throw client.strangeReply(changes: true) }
            let left = reply["UnprocessedItems"]?[client.table]?.items ?? []
            if !left.isEmpty {
                let error = StoreError(.throttled, "The server asks for less load.", ["unprocessed": "\(left.count)"])
                if left.count < wanted.count { attempt = 1 }
                try await client.caller.pause(after: attempt, of: error)
                attempt += 1
            }
            wanted = left
        }
    }
}
#endif
