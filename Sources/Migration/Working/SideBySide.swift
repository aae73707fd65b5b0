import KeyValue

/// Does the same for each of some things, a few at a time; what came of them, in no particular order. The first failure
/// ends it.
func sideBySide<Item: Sendable, Value: Sendable>(
    _ items: [Item],
    atMost width: Int = 16,
    _ body: @escaping @Sendable (Item) async throws(StoreError) -> Value
) async throws(StoreError) -> [Value] {
    // One needs no task of its own.
    if items.count == 1, let item = items.first { return [try await body(item)] }
    let result = await withTaskGroup(of: Result<Value, StoreError>.self) { group in
        var values: [Value] = []
        var left = items[...]
        var isFailed: StoreError?
        for item in left.prefix(width) { group.addTask { await outcome(of: item, body) } }
        left = left.dropFirst(width)
        for await result in group {
            switch result {
            case .success(let value): values.append(value)
            case .failure(let error):
                if isFailed == nil { group.cancelAll() }
                isFailed = isFailed ?? error
            }
            if isFailed == nil, let item = left.popFirst() { group.addTask { await outcome(of: item, body) } }
        }
        return isFailed.map { Result<[Value], StoreError>.failure($0) } ?? .success(values)
    }
    return try result.get()
}

private func outcome<Item: Sendable, Value: Sendable>(
    of item: Item,
    _ body: @Sendable (Item) async throws(StoreError) -> Value
) async -> Result<Value, StoreError> {
    do throws(StoreError) {
        return .success(try await body(item))
    } catch {
        return .failure(error)
    }
}
