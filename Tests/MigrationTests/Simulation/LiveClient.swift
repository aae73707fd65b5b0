import KeyValue
import TestSupport

@testable import Migration

/// A service in a simulated migration, which reads and writes a few keys through a migrating store.
struct LiveClient: Sendable {
    let store: MigratingStore
    let process: LiveProcess
    let history: LiveHistory
    let operations: Int

    static let keys = [Key("a", "1"), Key("a", "2"), Key("b", "1")]

    private var world: LiveWorld { process.world }

    func run() async {
        for _ in 0..<operations where !process.isDead {
            let key = LiveClient.keys[world.random(below: LiveClient.keys.count)]
            switch world.random(below: 10) {
            case 0...3: _ = await read(key)
            case 4...5: await write(.put(LiveClient.bytes(number())), at: key)
            case 6: await write(.delete, at: key)
            case 7: await create(key)
            default: await replace(key)
            }
        }
    }

    private func number() -> Int { world.random(below: 1 << 30) }

    static func bytes(_ number: Int) -> [UInt8] { Counter.encode(Int64(number)) }

    private static func number(_ value: [UInt8]?) -> Int? { value.flatMap { Counter.decode($0) }.map { Int($0) } }

    /// What is there, if that could be found out.
    @discardableResult
    func read(_ key: Key) async -> Entry?? {
        let began = history.tick()
        do throws(StoreError) {
            let entry = try await store.get(key)
            history.add(.read(LiveClient.number(entry?.value)), at: key, began: began)
            return .some(entry)
        } catch {
            return nil
        }
    }

    private func write(_ action: WriteBatch.Action, at key: Key) async {
        var value: Int?
        if case .put(let bytes) = action { value = LiveClient.number(bytes) }
        await carryOut(WriteBatch.Operation(action, at: key), .write(value)) { nil }
    }

    private func create(_ key: Key) async {
        let value = number()
        let operation = WriteBatch.Operation(.put(LiveClient.bytes(value)), at: key, if: .absent)
        await carryOut(operation, .swap(from: nil, to: value)) { .found }
    }

    private func replace(_ key: Key) async {
        guard let read = await read(key), let entry = read else { return }
        let value = number()
        let operation = WriteBatch.Operation(.put(LiveClient.bytes(value)), at: key, if: .revision(entry.revision))
        // A revision from before a switch fails whatever is there.
        await carryOut(operation, .swap(from: LiveClient.number(entry.value), to: value)) { nil }
    }

    private func carryOut(
        _ operation: WriteBatch.Operation,
        _ effect: KeyEvent.Effect,
        refused: () -> KeyEvent.Effect?
    ) async {
        let began = history.tick()
        do throws(StoreError) {
            _ = try await store.write(WriteBatch([operation]))
            history.add(effect, at: operation.key, began: began)
        } catch {
            switch error.code {
            case .preconditionFailed:
                if let effect = refused() { history.add(effect, at: operation.key, began: began) }
            case .outcomeUnknown, .cancelled:
                history.add(effect, at: operation.key, began: began, isKnown: false)
            // Nothing was written.
            default: break
            }
        }
    }
}
