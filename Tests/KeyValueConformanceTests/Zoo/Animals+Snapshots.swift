import KeyValue
import Synchronization

extension Animal {
    /// Snapshots that are not of one moment, or not what they should be.
    static let snapshots: [Animal] = [
        Animal(
            "snapshots-read-the-store-as-it-is",
            caughtBy: "snapshots/show-nothing-that-came-later",
            "snapshots/show-what-was-overwritten",
            "snapshots/show-what-was-deleted",
            "snapshots/show-no-half-batch",
            "snapshots/list-partitions",
            "snapshots/are-many-at-once"
        ) { store, _ in
            let live = store.base
            store.changeSnapshots { snapshot in
                snapshot.onScan = { (_, range, options, cursor) async throws(StoreError) in
                    try await live.scan(range, options, after: cursor)
                }
                snapshot.onPartitions = { (_, space, limit, cursor) async throws(StoreError) in
                    try await live.partitions(in: space, limit: limit, after: cursor)
                }
            }
        },
        Animal("snapshots-are-of-the-first-page", caughtBy: "snapshots/show-what-was-overwritten") { store, identity in
            let live = store.base
            store.changeSnapshots { snapshot in
                let first = Mutex<CopiedSnapshot?>(nil)
                snapshot.onScan = { (_, range, options, cursor) async throws(StoreError) in
                    if let copy = first.withLock({ $0 }) { return try await copy.scan(range, options, after: cursor) }
                    let copy = try await CopiedSnapshot(of: live, identity)
                    first.withLock { $0 = copy }
                    return try await copy.scan(range, options, after: cursor)
                }
            }
        },
        Animal(
            "snapshots-are-old",
            caughtBy: "snapshots/show-every-write-acknowledged-before",
            "snapshots/are-many-at-once"
        ) { store, identity in
            let last = Mutex<CopiedSnapshot?>(nil)
            store.onSnapshot = { (base) async throws(StoreError) in
                if let copy = last.withLock({ $0 }) { return copy }
                let copy = try await CopiedSnapshot(of: base, identity)
                last.withLock { $0 = copy }
                // Never closed, since others get it too.
                var snapshot = BrokenSnapshot(copy)
                snapshot.onClose = { _ in }
                return snapshot
            }
        },
        Animal("snapshots-forget-tombstones", caughtBy: "snapshots/show-what-was-acknowledged") { store, _ in
            store.changeSnapshots { snapshot in
                snapshot.onScan = { (base, range, options, cursor) async throws(StoreError) in
                    var options = options
                    options.includesTombstones = false
                    return try await base.scan(range, options, after: cursor)
                }
            }
        },
        Animal("snapshots-scan-in-one-way", caughtBy: "snapshots/scan-as-their-store-does") { store, _ in
            store.changeSnapshots { snapshot in
                snapshot.onScan = { (base, range, options, cursor) async throws(StoreError) in
                    var options = options
                    options.reverse = false
                    return try await base.scan(range, options, after: cursor)
                }
            }
        },
        Animal("snapshots-take-any-cursor", caughtBy: "snapshots/refuse-what-makes-no-sense") { store, _ in
            store.changeSnapshots { snapshot in
                snapshot.onScan = { (base, range, options, cursor) async throws(StoreError) in
                    do throws(StoreError) {
                        return try await base.scan(range, options, after: cursor)
                    } catch {
                        guard error.code == .invalidArgument else { throw error }
                        return try await base.scan(range, ScanOptions(), after: nil)
                    }
                }
            }
        },
        Animal("partitions-of-snapshots-are-of-now", caughtBy: "snapshots/list-partitions") { store, _ in
            let live = store.base
            store.changeSnapshots { snapshot in
                snapshot.onPartitions = { (_, space, limit, cursor) async throws(StoreError) in
                    try await live.partitions(in: space, limit: limit, after: cursor)
                }
            }
        },
        Animal("snapshots-are-never-closed", caughtBy: "snapshots/are-closed") { store, _ in
            store.changeSnapshots { $0.onClose = { _ in } }
        },
        Animal("closed-stores-have-empty-snapshots", caughtBy: "snapshots/of-a-closed-store") { store, identity in
            store.onSnapshot = { (base) async throws(StoreError) in
                do throws(StoreError) {
                    return try await base.snapshot()
                } catch {
                    return try await CopiedSnapshot(of: MemoryStore(), identity)
                }
            }
        },
        Animal("snapshots-that-are-not-declared", caughtBy: "snapshots/refused") { store, _ in
            store.capabilities.snapshots = false
        },
    ]
}

extension BrokenStore {
    /// Changes every snapshot.
    mutating func changeSnapshots(_ change: @escaping @Sendable (inout BrokenSnapshot) -> Void) {
        onSnapshot = { (base) async throws(StoreError) in
            var snapshot = BrokenSnapshot(try await base.snapshot())
            change(&snapshot)
            return snapshot
        }
    }
}
