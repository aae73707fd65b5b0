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

    /// The store that lives here while anybody has it open.
    struct Living: Sendable {
        let store: any KeyValueStore
        let memory: MemoryStore
        let identity: StoreIdentity
    }

    private struct Openings {
        var living: Task<Living, any Error>?
        var count = 0
    }

    let saved = Mutex(Saved())
    private let openings = Mutex(Openings())
    private let fault = Mutex<InjectedFault?>(nil)
    private let profile: MemoryProfile
    private let time: SimulatedTime

    init(_ profile: MemoryProfile, _ time: SimulatedTime) {
        self.profile = profile
        self.time = time
    }

    func inject(_ next: InjectedFault) { fault.withLock { $0 = next } }

    /// Opens the store with what was saved last, or one more time where it is open.
    func open(as identity: StoreIdentity) async throws -> any KeyValueStore {
        let living = openings.withLock { openings in
            openings.count += 1
            if let living = openings.living { return living }
            let living = Task { [self] in try await make(identity) }
            openings.living = living
            return living
        }
        return Opening(try await living.value, as: identity, of: self)
    }

    /// Closes one opening; the last saves what is there.
    func close() async {
        let living = openings.withLock { openings -> Task<Living, any Error>? in
            openings.count -= 1
            return openings.count == 0 ? openings.living.take() : nil
        }
        guard let living else { return }
        // In a task of its own, since the caller's may be cancelled. A store that could not be made is not saved.
        await Task { [self] in
            do {
                let living = try await living.value
                try await save(living.memory, living.identity)
                await living.store.close()
            } catch {}
        }.value
    }

    private func make(_ identity: StoreIdentity) async throws -> Living {
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
                case .readFails where Habitat.reading.contains(call.operation):
                    fault = nil
                    return .refuse(StoreError(.unavailable, "Injected."))
                case .lostReply where call.operation == .write:
                    fault = nil
                    return .loseReply
                default: return nil
                }
            }
        }
        return Living(store: faulty, memory: memory, identity: identity)
    }

    private static let reading: Set<StoreCall.Operation> = [.get, .scan, .partitions, .count, .size, .delete]

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

    private func save(_ store: MemoryStore, _ identity: StoreIdentity) async throws(StoreError) {
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
