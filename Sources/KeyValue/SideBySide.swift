/// What came of one of several things that are done side by side.
private struct Placed<Value: Sendable>: Sendable {
    let place: Int
    let result: Result<Value, StoreError>
}

/// Does the same for each of some things, a few at a time; what came of each, in their order. A failure of one is none of
/// the others'.
package func resultsSideBySide<Item: Sendable, Value: Sendable>(
    _ items: [Item],
    atMost width: Int = 16,
    _ body: @escaping @Sendable (Item) async throws(StoreError) -> Value
) async -> [Result<Value, StoreError>] {
    await settled(items, atMost: width, endsAtFailure: false, body).map(\.result)
}

/// Does the same for each of some things, a few at a time; what came of them, in their order. The first failure ends it.
package func sideBySide<Item: Sendable, Value: Sendable>(
    _ items: [Item],
    atMost width: Int = 16,
    _ body: @escaping @Sendable (Item) async throws(StoreError) -> Value
) async throws(StoreError) -> [Value] {
    // One needs no task of its own.
    if items.count == 1, let item = items.first { return [try await body(item)] }
    let settled = await settled(items, atMost: width, endsAtFailure: true, body)
    // What was cancelled for another's failure says nothing.
    for case .failure(let error) in settled.map(\.result) where error.code != .cancelled { throw error }
    var values: [Value] = []
    values.reserveCapacity(settled.count)
    for one in settled { values.append(try one.result.get()) }
    return values
}

/// What came of those that were begun, in the order of the items.
private func settled<Item: Sendable, Value: Sendable>(
    _ items: [Item],
    atMost width: Int,
    endsAtFailure: Bool,
    _ body: @escaping @Sendable (Item) async throws(StoreError) -> Value
) async -> [Placed<Value>] {
    await withTaskGroup(of: Placed<Value>.self) { group in
        var settled: [Placed<Value>] = []
        settled.reserveCapacity(items.count)
        var left = Array(items.enumerated())[...]
        var isFailed = false
        for (place, item) in left.prefix(width) { group.addTask { await placed(item, at: place, body) } }
        left = left.dropFirst(width)
        for await one in group {
            settled.append(one)
            if endsAtFailure, !isFailed, case .failure = one.result {
                isFailed = true
                group.cancelAll()
            }
            if !isFailed, let (place, item) = left.popFirst() {
                group.addTask { await placed(item, at: place, body) }
            }
        }
        return settled.sorted { $0.place < $1.place }
    }
}

private func placed<Item: Sendable, Value: Sendable>(
    _ item: Item,
    at place: Int,
    _ body: @Sendable (Item) async throws(StoreError) -> Value
) async -> Placed<Value> {
    do throws(StoreError) {
        return Placed(place: place, result: .success(try await body(item)))
    } catch {
        return Placed(place: place, result: .failure(error))
    }
}
