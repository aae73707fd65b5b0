import KeyValue

extension Animal {
    /// Reads that show something else.
    static let reading: [Animal] = [
        Animal("gets-answer-in-the-order-of-keys", caughtBy: "records/get-answers-in-request-order") { store, _ in
            store.onGet = { (base, keys, options) async throws(StoreError) in
                try await base.get(keys.sorted(), options)
            }
        },
        Animal("gets-leave-out-what-is-missing", caughtBy: "records/get-answers-in-request-order") { store, _ in
            store.onGet = { (base, keys, options) async throws(StoreError) in
                let found = try await base.get(keys, options)
                return keys.count == 1 ? found : found.filter { $0 != nil }
            }
        },
        Animal("gets-of-nothing-fail", caughtBy: "records/get-of-nothing-answers-nothing") { store, _ in
            store.onGet = { (base, keys, options) async throws(StoreError) in
                guard !keys.isEmpty else { throw .invalidArgument("No keys.") }
                return try await base.get(keys, options)
            }
        },
        Animal("empty-values-are-missing", caughtBy: "records/empty-value-is-a-record") { store, _ in
            store.onGet = { (base, keys, options) async throws(StoreError) in
                try await base.get(keys, options).map {
                    $0?.value.isEmpty == true && $0?.isTombstone == false ? nil : $0
                }
            }
        },
        Animal("tombstones-are-visible", caughtBy: "tombstones/hidden-unless-asked-for") { store, _ in
            store.onGet = { (base, keys, _) async throws(StoreError) in
                try await base.get(keys, ReadOptions(includesTombstones: true))
            }
        },
        Animal("tombstones-are-visible-in-scans", caughtBy: "tombstones/hidden-unless-asked-for") { store, _ in
            store.changeScans { $1.includesTombstones = true }
        },
        Animal("tombstones-can-not-be-seen", caughtBy: "tombstones/are-rows-without-value") { store, _ in
            store.changeScans { $1.includesTombstones = false }
        },
        Animal("reads-lag-behind", caughtBy: "records/overwrite-replaces")
            .with {
                var profile = MemoryProfile.reference
                profile.staleness = 3
                $0.profile = profile
            },
        Animal(
            "writes-never-show",
            .eventual,
            caughtBy: "records/put-is-read-back",
            "scans/keys-only-leaves-values-out"
        )
        .with { $0.profile.staleness = 1_000_000 },
        Animal("tombstones-can-not-be-got", caughtBy: "tombstones/are-rows-without-value") { store, _ in
            store.onGet = { (base, keys, _) async throws(StoreError) in try await base.get(keys, ReadOptions()) }
        },
        Animal("missing-records-are-empty", caughtBy: "records/missing-is-nil") { store, identity in
            store.onGet = { (base, keys, options) async throws(StoreError) in
                let found = try await base.get(keys, options)
                return zip(keys, found).map { key, entry in
                    entry ?? Entry(key: key, value: [], revision: Revision(store: identity, key: key, nonce: 0))
                }
            }
        },
        Animal("more-keys-than-stated-are-read", caughtBy: "limits/get-keys") { store, _ in
            store.onGet = { (base, keys, options) async throws(StoreError) in
                try await base.get(Array(keys.prefix(base.capabilities.limits.getKeysMax)), options)
            }
        },
    ]

    /// Keys that become other keys.
    static let keys: [Animal] = [
        Animal("keys-are-joined-with-a-slash", caughtBy: "keys/partition-and-key-are-not-joined") { store, _ in
            store.changeKeys { key in
                let joined = key.partition + [0x2F] + key.bytes
                let parts = joined.split(separator: 0x2F, maxSplits: 1, omittingEmptySubsequences: false)
                return Key(partition: Array(parts[0]), bytes: Array(parts[1]), space: key.space)
            }
        },
        Animal("keys-are-joined-with-a-zero", caughtBy: "keys/partition-and-key-are-not-joined") { store, _ in
            store.changeKeys { key in
                let joined = key.partition + [0] + key.bytes
                guard key.partition.first != 0 else { return key }
                let parts = joined.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
                return Key(partition: Array(parts[0]), bytes: Array(parts[1]), space: key.space)
            }
        },
        Animal("keys-are-text", caughtBy: "keys/any-bytes-in-a-key") { store, _ in
            store.changeKeys { key in
                let text = String(decoding: key.bytes, as: UTF8.self)
                return Key(partition: key.partition, bytes: Array(text.utf8), space: key.space)
            }
        },
        Animal("partitions-are-text", caughtBy: "keys/any-bytes-in-a-partition") { store, _ in
            store.changeKeys { key in
                let text = String(decoding: key.partition, as: UTF8.self)
                return Key(partition: Array(text.utf8), bytes: key.bytes, space: key.space)
            }
        },
        Animal(
            "keys-end-at-a-zero",
            caughtBy: "keys/any-bytes-in-a-key",
            "histories/random-1",
            "histories/random-2",
            "histories/random-3",
            "histories/random-4"
        ) { store, _ in
            store.changeKeys { key in
                let bytes = Array(key.bytes.prefix { $0 != 0 })
                return Key(partition: key.partition, bytes: bytes.isEmpty ? key.bytes : bytes, space: key.space)
            }
        },
        Animal("keys-are-in-lower-case", caughtBy: "keys/text-is-not-normalised") { store, _ in
            store.changeKeys { key in
                let bytes = key.bytes.map { (0x41...0x5A).contains($0) ? $0 + 32 : $0 }
                return Key(partition: key.partition, bytes: bytes, space: key.space)
            }
        },
        Animal("empty-keys-are-accepted", caughtBy: "keys/empty-key-is-refused") { store, _ in
            store.changeKeys { key in
                Key(partition: key.partition, bytes: key.bytes.isEmpty ? [0] : key.bytes, space: key.space)
            }
        },
        Animal("empty-partitions-are-accepted", caughtBy: "keys/empty-partition-is-refused") { store, _ in
            store.changeKeys { key in
                Key(partition: key.partition.isEmpty ? [0] : key.partition, bytes: key.bytes, space: key.space)
            }
        },
        Animal("lengths-have-eight-bits", caughtBy: "keys/of-many-lengths") { store, _ in
            store.changeKeys { key in
                let bytes = key.bytes.count < 256 ? key.bytes : Array(key.bytes.prefix(max(1, key.bytes.count & 0xFF)))
                return Key(partition: key.partition, bytes: bytes, space: key.space)
            }
        },
        Animal("long-keys-are-cut", caughtBy: "limits/longest-keys-keep-their-order") { store, _ in
            store.changeKeys { key in
                Key(partition: key.partition, bytes: Array(key.bytes.prefix(1_000)), space: key.space)
            }
        },
        Animal(
            "spaces-are-one",
            caughtBy: "spaces/are-three-stores-in-one",
            "batches/span-spaces-of-a-partition",
            "tombstones/in-reserved-space"
        ) { store, _ in
            store.changeKeys { Key(partition: $0.partition, bytes: $0.bytes) }
        },
        Animal("reserved-spaces-are-one", caughtBy: "spaces/change-one-by-one") { store, _ in
            store.changeKeys { key in
                let space: KeySpace = key.space == .reservedLocal ? .reservedData : key.space
                return Key(partition: key.partition, bytes: key.bytes, space: space)
            }
        },
        Animal("reserved-space-has-no-preconditions", caughtBy: "spaces/have-the-same-rules") { store, _ in
            store.changeOperations { if $0.key.space != .records, $0.action != .check { $0.precondition = nil } }
        },
    ]
}

extension BrokenStore {
    /// Changes every scan before it is done.
    mutating func changeScans(_ change: @escaping @Sendable (inout KeyRange, inout ScanOptions) -> Void) {
        onScan = { (base, range, options, cursor) async throws(StoreError) in
            var (range, options) = (range, options)
            change(&range, &options)
            return try await base.scan(range, options, after: cursor)
        }
    }

    /// Reads and writes other keys than were asked for.
    mutating func changeKeys(_ change: @escaping @Sendable (Key) -> Key) {
        onGet = { (base, keys, options) async throws(StoreError) in
            try await base.get(keys.map(change), options)
        }
        changeOperations { $0.key = change($0.key) }
    }
}
