import KeyValue
import KeyValueConformance
import Synchronization
import TestSupport

/// A place in memory that keeps what a store held when it was closed, so that another can be opened there.
final class Habitat: Sendable {
    struct Row: Sendable {
        let key: Key
        let value: [UInt8]
        let nonce: UInt64
        let isTombstone: Bool
    }

    struct Saved: Sendable {
        var rows: [Row] = []
        var marks: [Mark] = []
        var fences: [Fence] = []
    }

    let saved = Mutex(Saved())
    private let living = Mutex<(any KeyValueStore)?>(nil)
    private let fault = Mutex<InjectedFault?>(nil)
    private let profile: MemoryProfile
    private let time: SimulatedTime

    init(_ profile: MemoryProfile, _ time: SimulatedTime) {
        self.profile = profile
        self.time = time
    }

    func inject(_ next: InjectedFault) { fault.withLock { $0 = next } }

    /// Opens the one store that everybody shares.
    func openShared(as identity: StoreIdentity) async throws(StoreError) -> any KeyValueStore {
        if let store = living.withLock({ $0 }) { return store }
        let store = try await open(as: identity)
        living.withLock { $0 = store }
        return store
    }

    /// Opens a store with what was saved last.
    func open(
        as identity: StoreIdentity
    ) async throws(StoreError) -> any KeyValueStore {
        // The first random number that a memory store asks for becomes its identity.
        let live = StoreEnvironment.live
        let first = Mutex<UInt64?>(identity.nonce)
        var environment = time.environment
        environment.random = { first.withLock { $0.take() } ?? live.random() }
        let memory = MemoryStore(profile, environment: environment)
        try await restore(to: memory)
        let faulty = FaultInjectingStore(memory) { [self] call in
            fault.withLock { fault -> FaultInjectingStore.Fault? in
                switch fault {
                case .readFails where HabitatStore.reading.contains(call.operation):
                    fault = nil
                    return .refuse(StoreError(.unavailable, "Injected."))
                case .lostReply where call.operation == .write:
                    fault = nil
                    return .loseReply
                default: return nil
                }
            }
        }
        return HabitatStore(base: faulty, memory: memory, identity: identity, habitat: self)
    }

    private func restore(to store: MemoryStore) async throws(StoreError) {
        let saved = saved.withLock { $0 }
        for mark in saved.marks {
            let operations = mark.keys.map { WriteBatch.Operation(.delete, at: $0) }
            _ = try await store.write(WriteBatch(operations, mark: mark.id))
        }
        for row in saved.rows {
            let operation = WriteBatch.Operation(row.isTombstone ? .bury : .put(row.value), at: row.key)
            _ = try await store.write(WriteBatch([operation], id: WriteID(nonce: row.nonce)))
        }
        for (bin, fence) in zip(try await store.bins(), saved.fences) where fence != .open {
            try await store.setFence(of: bin, to: fence, expecting: .open)
        }
    }

    func save(_ store: MemoryStore, _ identity: StoreIdentity) async throws(StoreError) {
        var state = Saved()
        for space in KeySpace.allCases {
            var cursor: Cursor?
            repeat {
                let page = try await store.scan(.all(in: space), ScanOptions(includesTombstones: true), after: cursor)
                state.rows += page.map(\.entry).map { entry in
                    let nonce = entry.revision.nonce(at: entry.key, in: identity) ?? 0
                    return Row(key: entry.key, value: entry.value, nonce: nonce, isTombstone: entry.isTombstone)
                }
                cursor = page.cursor
            } while cursor != nil
        }
        for bin in try await store.bins() {
            state.fences.append(try await store.fence(of: bin))
            var cursor: Cursor?
            repeat {
                let page = try await store.marks(in: bin, limit: 1_000, after: cursor)
                state.marks += page.marks
                cursor = page.cursor
            } while cursor != nil
        }
        saved.withLock { $0 = state }
    }
}

/// A memory store that is saved when it is closed.
private struct HabitatStore: StoreDecorator {
    static let reading: Set<StoreCall.Operation> = [.get, .scan, .partitions, .count, .size, .delete]

    let base: any KeyValueStore
    let memory: MemoryStore
    let identity: StoreIdentity
    let habitat: Habitat

    func around<Result: Sendable>(
        _ call: StoreCall,
        _ body: () async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        try await body()
    }

    func close() async {
        // In a task of its own, since the caller's may be cancelled. A store that is closed already is not saved.
        await Task { [memory, identity, habitat] in
            do throws(StoreError) { try await habitat.save(memory, identity) } catch {}
        }.value
        await base.close()
    }
}
