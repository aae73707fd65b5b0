import KeyValue
import Synchronization

extension Animal {
    /// Feeds that tell too little or too much.
    static let feeds: [Animal] = [
        Animal("feeds-leave-out-deletes", caughtBy: "feeds/name-every-key-that-was-written") { store, _ in
            store.onChanges = { (base, position, limit) async throws(StoreError) in
                guard let page = try await base.changes(since: position, limit: limit) else { return nil }
                let rows = try await base.get(page.changes.map(\.key), ReadOptions(includesTombstones: true))
                let left = zip(page.changes, rows).filter { $0.1 != nil }.map(\.0)
                return ChangePage(changes: left, position: page.position, isAtEnd: page.isAtEnd)
            }
        },
        Animal("feeds-begin-anew", caughtBy: "feeds/show-nothing-from-before") { store, _ in
            store.onFeedPosition = { (_) async throws(StoreError) in FeedPosition(bytes: Counter.encode(0)) }
        },
        Animal("changes-stand-at-the-end-of-their-page", caughtBy: "feeds/go-on-behind-each-change") { store, _ in
            store.onChanges = { (base, position, limit) async throws(StoreError) in
                guard let page = try await base.changes(since: position, limit: limit) else { return nil }
                let changes = page.changes.map { KeyChange(key: $0.key, position: page.position) }
                return ChangePage(changes: changes, position: page.position, isAtEnd: page.isAtEnd)
            }
        },
        Animal("feeds-show-a-key-once", caughtBy: "feeds/show-a-key-again") { store, _ in
            let seen = Mutex<(once: Set<Key>, again: Set<Key>)>(([], []))
            store.onWrite = { (base, batch) async throws(StoreError) in
                let receipt = try await base.write(batch)
                seen.withLock { seen in
                    for key in batch.operations.map(\.key) where !seen.once.insert(key).inserted {
                        seen.again.insert(key)
                    }
                }
                return receipt
            }
            store.onChanges = { (base, position, limit) async throws(StoreError) in
                guard let page = try await base.changes(since: position, limit: limit) else { return nil }
                let again = seen.withLock(\.again)
                let changes = page.changes.filter { !again.contains($0.key) }
                return ChangePage(changes: changes, position: page.position, isAtEnd: page.isAtEnd)
            }
        },
        Animal("feeds-end-with-their-store", caughtBy: "feeds/outlive-their-store") { store, _ in
            let isKnown = Mutex<Set<FeedPosition>>([])
            store.onFeedPosition = { (base) async throws(StoreError) in
                let position = try await base.feedPosition()
                isKnown.withLock { _ = $0.insert(position) }
                return position
            }
            store.onChanges = { (base, position, limit) async throws(StoreError) in
                guard isKnown.withLock({ $0.contains(position) }) else {
                    return ChangePage(changes: [], position: position, isAtEnd: true)
                }
                return try await base.changes(since: position, limit: limit)
            }
        },
        Animal("feeds-take-any-position", caughtBy: "feeds/refuse-what-makes-no-sense") { store, _ in
            store.onChanges = { (base, position, limit) async throws(StoreError) in
                let isOne = position.bytes.count == 8
                return try await base.changes(since: isOne ? position : base.feedPosition(), limit: max(1, limit))
            }
        },
    ]
}
