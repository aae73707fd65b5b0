import KeyValue
import RedisStore

/// The keys of the layout as a raw view of a Redis shows them, or a copy of such a view in any store.
struct LegacySource: Sendable {
    let store: any KeyValueStore
    let prefix: [UInt8]

    init(_ store: any KeyValueStore, prefix: String) {
        self.store = store
        self.prefix = Array(prefix.utf8)
    }

    /// A key that was found.
    struct Found: Sendable {
        let partition: [UInt8]
        /// The whole key.
        let name: [UInt8]
        /// The key behind the prefix.
        let text: String
        /// Nil where values were not asked for.
        let record: RedisRawRecord?
    }

    /// One page of keys.
    struct Page: Sendable {
        var found: [Found] = []
        /// Keys that begin with the prefix and are no text.
        var strange: [[UInt8]] = []
        /// How many keys do not begin with the prefix.
        var others = 0
        var cursor: Cursor?
    }

    /// The next page of keys, in the store's own order.
    func page(after cursor: Cursor?, keysOnly: Bool) async throws(StoreError) -> Page {
        let options = ScanOptions(limit: 256, bytesMax: 1 << 20, keysOnly: keysOnly)
        let scanned = try await store.scan(.all(), options, after: cursor)
        var page = Page(cursor: scanned.cursor)
        for row in scanned {
            guard row.keyBytes.starts(with: prefix) else {
                page.others += 1
                continue
            }
            guard let text = String(validating: row.keyBytes.dropFirst(prefix.count), as: UTF8.self) else {
                page.strange.append(Array(row.keyBytes))
                continue
            }
            page.found.append(
                Found(
                    partition: Array(row.partition),
                    name: Array(row.keyBytes),
                    text: text,
                    record: keysOnly ? nil : try LegacySource.record(Array(row.value))
                )
            )
        }
        return page
    }

    /// What lies under keys, by their names behind the prefix; those that are not there are not in it.
    func records(
        of names: [String],
        in partition: [UInt8]
    ) async throws(StoreError) -> [String: RedisRawRecord.Content] {
        try await found(names, in: partition).compactMapValues { $0.record?.content }
    }

    /// Keys with what lies under them, by their names behind the prefix; those that are not there are not in it.
    func found(_ names: [String], in partition: [UInt8]) async throws(StoreError) -> [String: Found] {
        var found: [String: Found] = [:]
        let step = max(1, min(256, store.capabilities.limits.getKeysMax))
        let names = names.filter { prefix.count + $0.utf8.count <= store.capabilities.limits.keyBytesMax }
        for start in stride(from: 0, to: names.count, by: step) {
            if Task.isCancelled { throw .cancelled }
            let asked = Array(names[start..<min(start + step, names.count)])
            let keys = asked.map { Key(partition: partition, bytes: prefix + Array($0.utf8)) }
            for (name, entry) in zip(asked, try await store.get(keys)) {
                guard let entry else { continue }
                found[name] = Found(
                    partition: partition,
                    name: prefix + Array(name.utf8),
                    text: name,
                    record: try LegacySource.record(entry.value)
                )
            }
        }
        return found
    }

    private static func record(_ bytes: [UInt8]) throws(StoreError) -> RedisRawRecord {
        do throws(StoreError) {
            return try RedisRawRecord(decoding: bytes)
        } catch {
            throw StoreError(
                .invalidArgument,
                "The source has records that are no keys of a Redis: name one with layout=raw, or a copy made from that.",
                cause: error
            )
        }
    }
}

extension [[UInt8]: [UInt8]] {
    /// The text of a field; nil where there is none.
    func text(_ field: String) -> String? {
        self[Array(field.utf8)].flatMap { String(validating: $0, as: UTF8.self) }
    }
}
