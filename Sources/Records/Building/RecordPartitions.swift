import KeyValue
import Tuples

/// Lists the partitions that may hold records of a type, page by page.
struct RecordPartitions: Sendable {
    static let pageSize = 128

    let store: any KeyValueStore
    let layout: RecordLayout
    let group: String
    let shards: Int?

    /// The spaces in one of which a partition holds a row.
    var spaces = [KeySpace.records]

    init(_ type: RecordTypeDescription, _ store: any KeyValueStore, _ layout: RecordLayout) {
        self.store = store
        self.layout = layout
        group = type.group
        shards = type.shards
    }

    /// What two types have in common that share their partitions.
    struct Place: Hashable {
        let group: String
        let shards: Int?
    }

    var place: Place { Place(group: group, shards: shards) }

    /// Calls `body` with each partition, with one that holds rows of several spaces several times. One that gets its first record meanwhile may be among them or not.
    func visit(_ body: ([UInt8]) async throws -> Void) async throws {
        if let named = try named() {
            for partition in named { try await body(partition) }
        } else {
            for space in spaces { try await list(space, try prefix(), body) }
        }
    }

    /// Those of a type whose partitions are shards; nil for one whose partitions have to be listed.
    func named() throws(RecordError) -> [[UInt8]]? {
        guard let shards else { return nil }
        var partitions: [[UInt8]] = []
        for shard in 0..<shards {
            let name: Tuple = [.string(layout.namespace), .string(group), TupleElement(shard)]
            partitions.append(try RecordLayout.encode(name))
        }
        return partitions
    }

    /// What the partitions that are listed begin with.
    func prefix() throws(RecordError) -> [UInt8] {
        try RecordLayout.encode([.string(layout.namespace), .string(group)])
    }

    private func list(_ space: KeySpace, _ prefix: [UInt8], _ body: ([UInt8]) async throws -> Void) async throws {
        var cursor: Cursor?
        repeat {
            let page = try await store.partitions(in: space, limit: RecordPartitions.pageSize, after: cursor)
            for partition in page.partitions where partition.starts(with: prefix) { try await body(partition) }
            cursor = page.cursor
        } while cursor != nil
    }
}

/// Reads the rows of a range a bounded page at a time.
struct RowPages: Sendable {
    let store: any KeyValueStore
    let range: KeyRange
    let options: ScanOptions

    init(
        _ store: any KeyValueStore,
        _ range: KeyRange,
        limit: Int = 256,
        keysOnly: Bool = false,
        includesTombstones: Bool = false
    ) {
        self.store = store
        self.range = range
        options = ScanOptions(limit: limit, keysOnly: keysOnly, includesTombstones: includesTombstones)
    }

    /// Calls `body` with the rows of each page; pages without rows are passed over.
    func visit(_ body: ([Entry]) async throws -> Void) async throws {
        var cursor: Cursor?
        repeat {
            let page = try await store.scan(range, options, after: cursor)
            if !page.isEmpty { try await body(page.map(\.entry)) }
            cursor = page.cursor
        } while cursor != nil
    }
}
