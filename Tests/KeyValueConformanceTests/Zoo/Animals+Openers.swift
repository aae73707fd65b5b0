import KeyValue
import Synchronization

extension Animal {
    /// What is wrong where several have a store open.
    static let openers: [Animal] = [
        Animal(
            "the-first-write-of-an-opener-lays-out-the-place",
            caughtBy: "openers/open-an-empty-place-at-once"
        ) { store, _ in
            let once = Once()
            store.onWrite = { (base, batch) async throws(StoreError) in
                if once.take([]) { _ = try await base.delete(.all(), limit: 1_000, epoch: batch.epoch, after: nil) }
                return try await base.write(batch)
            }
        },
        Animal("openers-say-they-are-alone", caughtBy: "openers/hold-their-place-with-others") { store, _ in
            store.capabilities.singleProcess = true
        },
        Animal("openers-read-what-they-know", caughtBy: "openers/read-each-others-writes") { store, _ in
            let known = Mutex<[Key: Entry?]>([:])
            store.onGet = { (base, keys, options) async throws(StoreError) in
                var found: [Entry?] = []
                for key in keys {
                    if let entry = known.withLock({ $0[key] }) {
                        found.append(entry)
                        continue
                    }
                    let entry = try await base.get(key, options)
                    known.withLock { $0[key] = .some(entry) }
                    found.append(entry)
                }
                return found
            }
            store.onWrite = { (base, batch) async throws(StoreError) in
                known.withLock { known in
                    for operation in batch.operations { known[operation.key] = nil }
                }
                return try await base.write(batch)
            }
        },
        Animal("cursors-are-of-one-opener", caughtBy: "openers/go-on-with-each-others-scans") { store, identity in
            let mark = Counter.encode(Int64(bitPattern: identity.nonce))
            store.onScan = { (base, range, options, cursor) async throws(StoreError) in
                if let cursor, cursor.bytes.suffix(8) != mark[...] { throw .invalidArgument("Not of this opener.") }
                let inner = cursor.map { Cursor(bytes: $0.bytes.dropLast(8)) }
                let page = try await base.scan(range, options, after: inner)
                let next = page.cursor.map { Cursor(bytes: $0.bytes + mark) }
                return rebuilt(page.map(\.entry), next, range.space, options, identity)
            }
        },
        Animal("openers-trust-their-last-write", caughtBy: "openers/lose-revisions-to-each-other") { store, _ in
            let written = Mutex<Set<Revision>>([])
            store.onWrite = { (base, batch) async throws(StoreError) in
                var batch = batch
                for (index, operation) in batch.operations.enumerated() {
                    guard case .revision(let revision) = operation.precondition else { continue }
                    if written.withLock({ $0.contains(revision) }) { batch.operations[index].precondition = .exists }
                }
                let receipt = try await base.write(batch)
                written.withLock { $0 = Set(receipt.outcomes.compactMap(\.revision)) }
                return receipt
            }
        },
        Animal("openers-remember-fences", caughtBy: "openers/are-bound-by-one-fence") { store, _ in
            let known = Mutex<Fence?>(nil)
            store.onWrite = { (base, batch) async throws(StoreError) in
                let bin = try await base.bins()[0]
                let present = try await base.fence(of: bin)
                let fence = known.withLock { known in
                    known = known ?? present
                    return known ?? present
                }
                try fence.admit(epoch: batch.epoch)
                var batch = batch
                batch.epoch = present.epoch
                return try await base.write(batch)
            }
            store.onSetFence = { (base, bin, fence, expected) async throws(StoreError) in
                try await base.setFence(of: bin, to: fence, expecting: expected)
                known.withLock { $0 = fence }
            }
        },
        Animal("openers-see-their-own-marks", caughtBy: "openers/share-their-marks") { store, _ in
            let own = Mutex<Set<MarkID>>([])
            store.onWrite = { (base, batch) async throws(StoreError) in
                if let mark = batch.mark { _ = own.withLock { $0.insert(mark) } }
                return try await base.write(batch)
            }
            store.onMarks = { (base, bin, limit, cursor) async throws(StoreError) in
                let page = try await base.marks(in: bin, limit: limit, after: cursor)
                let marks = own.withLock { own in page.marks.filter { own.contains($0.id) } }
                return MarkPage(marks: marks, cursor: page.cursor)
            }
        },
        Animal(
            "openers-have-reserved-space-of-their-own",
            caughtBy: "openers/exclude-each-other-by-leases"
        ) { store, identity in
            store.changeKeys { key in
                guard key.space == .reservedLocal else { return key }
                let own = key.bytes + Counter.encode(Int64(bitPattern: identity.nonce))
                return Key(partition: key.partition, bytes: own, space: key.space)
            }
        },
    ]
}
