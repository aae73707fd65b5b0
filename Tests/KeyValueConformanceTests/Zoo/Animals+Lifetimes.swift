import KeyValue
import Synchronization

extension Animal {
    /// What is wrong around cancellation, closing, reopening and crashes.
    static let lifetimes: [Animal] = [
        Animal("cancelled-writes-are-acknowledged", caughtBy: "cancellation/before-a-write") { store, identity in
            store.onWrite = { (base, batch) async throws(StoreError) in
                guard Task.isCancelled else { return try await base.write(batch) }
                return receipt(for: batch, identity)
            }
        },
        Animal("cancelled-writes-are-done", caughtBy: "cancellation/in-the-middle-of-writes") { store, _ in
            store.onWrite = { (base, batch) async throws(StoreError) in
                guard Task.isCancelled else { return try await base.write(batch) }
                _ = await Task { await base.write(each: [batch]) }.value
                throw .cancelled
            }
        },
        Animal("cancelled-reads-show-nothing", caughtBy: "cancellation/before-a-read") { store, _ in
            store.onGet = { (base, keys, options) async throws(StoreError) in
                if Task.isCancelled { return keys.map { _ in nil } }
                return try await base.get(keys, options)
            }
        },
        Animal(
            "cancelled-separate-writes-have-no-results",
            caughtBy: "cancellation/before-separate-writes"
        ) { store, _ in
            store.onWriteEach = { base, batches in Task.isCancelled ? [] : await base.write(each: batches) }
        },
        Animal("closed-stores-serve-on", caughtBy: "closing/every-call-is-refused-afterwards") { store, _ in
            store.onClose = { _ in }
        },
        Animal("closed-stores-are-empty", caughtBy: "closing/in-the-middle-of-a-scan") { store, identity in
            store.onScan = { (base, range, options, cursor) async throws(StoreError) in
                do throws(StoreError) {
                    return try await base.scan(range, options, after: cursor)
                } catch {
                    guard error.code == .unavailable else { throw error }
                    return rebuilt([], nil, range.space, options, identity)
                }
            }
        },
        Animal("closed-stores-are-damaged", caughtBy: "closing/in-the-middle-of-everything") { store, _ in
            store.onWrite = { (base, batch) async throws(StoreError) in
                do throws(StoreError) {
                    return try await base.write(batch)
                } catch {
                    throw error.code == .unavailable ? StoreError(.corrupted, "Closed.") : error
                }
            }
        },
        Animal("places-are-one", caughtBy: "closing/keeps-stores-apart")
            .with { $0.sharesPlaces = true },
        Animal("closing-closes-all", caughtBy: "closing/is-of-one-store", "openers/close-by-themselves") { store, _ in
            let base = store.base
            Animal.everyone.withLock { $0.append(base) }
            store.onClose = { _ in
                for each in Animal.everyone.withLock({ $0 }) { await each.close() }
            }
        },
        Animal(
            "the-last-write-is-lost",
            caughtBy: "reopening/the-last-write-is-there",
            "crashes/acknowledged-writes-survive"
        ) { store, _ in
            let last = Mutex<Key?>(nil)
            store.onWrite = { (base, batch) async throws(StoreError) in
                let receipt = try await base.write(batch)
                last.withLock { $0 = batch.operations.last?.key }
                return receipt
            }
            store.onClose = { base in
                if let key = last.withLock({ $0 }) {
                    _ = await Task { await base.write(each: [WriteBatch([.init(.delete, at: key)])]) }.value
                }
                await base.close()
            }
        },
        Animal("tombstones-are-lost", caughtBy: "reopening/everything-is-there", "reopening/conditional-writes-go-on")
            .with { $0.forget = { $0.rows.removeAll(where: \.isTombstone) } },
        Animal("nonces-are-lost", caughtBy: "reopening/batches-are-there-to-tell")
            .with {
                $0.forget = { saved in
                    saved.rows = saved.rows.map {
                        Habitat.Row(key: $0.key, value: $0.value, nonce: 0, isTombstone: $0.isTombstone)
                    }
                }
            },
        Animal("bins-are-named-by-chance", caughtBy: "reopening/names-its-bins-alike", "openers/name-their-bins-alike")
        { store, identity in
            store.onBins = { (base) async throws(StoreError) in
                try await base.bins().map { Bin("\($0.name) of \(identity.nonce)") }
            }
        },
        Animal("batches-are-torn-by-a-kill", caughtBy: "crashes/acknowledged-writes-survive")
            .with {
                $0.forget = { saved in
                    if saved.rows.count > 3 { saved.rows.removeLast() }
                }
            },
    ]

    /// What a store says of itself and does not hold.
    static let promises: [Animal] = [
        Animal("its-kind-is-a-title", caughtBy: "declarations/names-its-kind") { store, _ in store.system = "Zoo" },
        Animal("its-durability-is-made-up", caughtBy: "declarations/status-agrees") { store, _ in
            store.capabilities.durability = .powerLoss
        },
        Animal("its-limits-are-nothing", caughtBy: "declarations/limits-are-positive") { store, _ in
            store.capabilities.limits.getKeysMax = 0
        },
        Animal("its-capabilities-differ", caughtBy: "declarations/stay-the-same") { store, identity in
            store.capabilities.limits.getKeysMax = 1_000 + Int(identity.nonce % 1_000_000)
        },
        Animal("its-capabilities-contradict-each-other", caughtBy: "declarations/agree-with-each-other") { store, _ in
            store.capabilities.consistency = .eventual
        },
        Animal(
            "it-can-do-more-than-it-says",
            caughtBy: "preconditions/refused",
            "preconditions/of-a-delete-refused",
            "counters/refused",
            "marks/refused",
            "feeds/refused",
            "batches/beyond-a-key-are-refused"
        ) { store, _ in
            let limits = store.capabilities.limits
            store.capabilities = MemoryProfile.eventual.capabilities
            store.capabilities.limits = limits
            store.capabilities.consistency = .linearizable
        },
        Animal("it-can-do-less-than-it-says", .eventual, caughtBy: "preconditions/of-a-put") { store, _ in
            let limits = store.capabilities.limits
            store.capabilities = MemoryProfile.reference.capabilities
            store.capabilities.limits = limits
        },
    ]

    private static let everyone = Mutex<[any KeyValueStore]>([])
}
