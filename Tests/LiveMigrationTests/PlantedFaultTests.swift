import Foundation
import KeyValue
import LiveMigrationWorkload
import Synchronization
import TestSupport
import Testing

/// The workload's judge turns red for a store that is not what it says.
@Suite struct PlantedFaultTests {
    @Test func aGoodStorePasses() async throws {
        #expect(try await violations(of: MemoryStore()) == 0)
    }

    @Test(arguments: FaultyStore.Fault.allCases)
    func aBadStoreIsFoundOut(_ fault: FaultyStore.Fault) async throws {
        #expect(try await violations(of: FaultyStore(base: MemoryStore(), fault: fault)) > 0)
    }

    private func violations(of store: any KeyValueStore) async throws -> Int {
        let directory = try TemporaryDirectory()
        let path = directory.file("history")
        var client = LoadClient(store, try HistoryLog(path), coldKeys: 0, seed: 7)
        for _ in 0..<1_500 { try await client.act() }
        let events = try HistoryLog.read([path])
        #expect(events.count == LoadClient.hotKeys.count)
        return events.values.count { Linearizability.unexplained($0) != nil }
    }
}

/// A store that goes wrong once in a while.
final class FaultyStore: StoreDecorator {
    enum Fault: String, Sendable, CaseIterable {
        /// A write is acknowledged and not there.
        case lost
        /// A read shows what was there before the last write.
        case stale
        /// A record that was deleted is there again.
        case resurrected
        /// Of a batch, only the first half is there.
        case torn
    }

    private struct State {
        var calls = 0
        var before: [Key: [UInt8]] = [:]
    }

    let base: any KeyValueStore
    private let fault: Fault
    private let state = Mutex(State())

    init(base: any KeyValueStore, fault: Fault) {
        self.base = base
        self.fault = fault
    }

    func around<Result: Sendable>(
        _ call: StoreCall,
        _ body: () async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        try await body()
    }

    private func isDue() -> Bool {
        state.withLock { state in
            state.calls += 1
            return state.calls.isMultiple(of: 5)
        }
    }

    func get(_ keys: [Key], _ options: ReadOptions) async throws(StoreError) -> [Entry?] {
        let entries = try await base.get(keys, options)
        guard fault == .stale, isDue(), let key = keys.first, let entry = entries.first ?? nil else { return entries }
        guard let old = state.withLock({ $0.before[key] }), old != entry.value else { return entries }
        return [Entry(key: key, value: old, revision: entry.revision)]
    }

    func write(_ batch: WriteBatch) async throws(StoreError) -> WriteReceipt {
        let keys = batch.operations.map(\.key)
        let before = try await base.get(keys)
        let receipt = try await base.write(batch)
        state.withLock { state in
            for (key, entry) in zip(keys, before) { state.before[key] = entry?.value }
        }
        let isDelete = batch.operations.allSatisfy { $0.action == .delete }
        let isPlanted =
            switch fault {
            case .stale: false
            case .lost: isDue()
            case .resurrected: isDelete
            case .torn: keys.count > 1
            }
        guard isPlanted else { return receipt }
        for (key, entry) in zip(keys, before).dropFirst(fault == .torn ? 1 : 0) {
            let action = entry.map { WriteBatch.Action.put($0.value) } ?? .delete
            _ = try await base.write(WriteBatch([WriteBatch.Operation(action, at: key)]))
        }
        return receipt
    }
}
