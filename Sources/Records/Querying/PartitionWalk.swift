import KeyValue
import Tuples

/// The partitions that records of a query may lie in, one after the other, where they can't be merged: those that the
/// filter names, the shards, or all that the store has of the type.
struct PartitionWalk: Sendable {
    private let store: any KeyValueStore
    private let prefix: [UInt8]
    private let fieldCount: Int
    /// The partitions by themselves, in the order of their bytes; nil where the store has to list them.
    let named: [[UInt8]]?
    /// What a partition looks like.
    let example: Tuple
    /// Partitions that were listed ahead.
    private var ahead: ArraySlice<[UInt8]> = []
    private var isListed = false

    private static let listedAtOnce = 128

    init(
        _ shape: RecordShape,
        _ query: Query,
        _ store: any KeyValueStore,
        _ layout: RecordLayout
    ) throws(RecordError) {
        self.store = store
        prefix = try RecordLayout.encode([.string(layout.namespace), .string(shape.partitionKey.group)])
        var partitions: [Tuple]?
        switch shape.partitionKey.kind {
        case .shards(let count, _):
            fieldCount = 1
            partitions = (0..<count).map { Tuple([TupleElement($0)]) }
            example = Tuple([0])
        case .fields(let names):
            fieldCount = names.count
            partitions = QueryPlanner.partitions(names, QueryPlanner.terms(of: query.filter))
            example = partitions?.first ?? Tuple(names.map { shape.fields[$0]?.kind.example ?? .null })
        }
        var named: [[UInt8]]?
        if let partitions {
            var places: [[UInt8]] = []
            for partition in partitions { places.append(prefix + (try RecordLayout.encode(partition))) }
            named = places.sorted(by: ByteOrder.precedes)
        }
        self.named = named
    }

    /// The values that a partition is named by; nil if it is none of the type's.
    func partition(_ bytes: [UInt8]) -> Tuple? {
        // Why bytes are no partition is of no interest: they are passed over.
        guard bytes.starts(with: prefix), let tuple = try? Tuple(decoding: Array(bytes.dropFirst(prefix.count))),
            tuple.elements.count == fieldCount
        else { return nil }
        return tuple
    }

    /// The partition after the one of a place; nil at the end. It may be none of the type's.
    mutating func next(after place: QueryPlace, _ examined: inout Int) async throws -> QueryPlace? {
        if let named {
            let next = named.first { bytes in place.partition.map { ByteOrder.precedes($0, bytes) } ?? true }
            return next.map { QueryPlace(partition: $0) }
        }
        return store.capabilities.order == .store
            ? try await nextInOrder(place.partition, &examined) : try await nextListed(place.listing, &examined)
    }

    private mutating func nextInOrder(_ last: [UInt8]?, _ examined: inout Int) async throws -> QueryPlace? {
        // No name lies between the prefix and the same without its last byte.
        var cursor: Cursor? = Cursor(afterPartition: last ?? Array(prefix.dropLast()), in: .records)
        while ahead.isEmpty, !isListed {
            let page = try await store.partitions(in: .records, limit: PartitionWalk.listedAtOnce, after: cursor)
            ahead = page.partitions.prefix { $0.starts(with: prefix) }
            isListed = page.cursor == nil || ahead.count < page.partitions.count
            cursor = page.cursor
        }
        guard let next = ahead.popFirst() else { return nil }
        examined += 1
        return QueryPlace(partition: next)
    }

    /// One at a time, since only the store knows what comes behind.
    private mutating func nextListed(_ listing: [UInt8]?, _ examined: inout Int) async throws -> QueryPlace? {
        guard listing != [] else { return nil }
        let page = try await store.partitions(in: .records, limit: 1, after: listing.map { Cursor(bytes: $0) })
        guard !page.partitions.isEmpty || page.cursor != nil else { return nil }
        examined += 1
        return QueryPlace(partition: page.partitions.first, listing: page.cursor?.bytes ?? [])
    }
}

extension FieldKind {
    /// Any value of the kind.
    fileprivate var example: TupleElement {
        switch self {
        case .bool: .bool(false)
        case .integer: 0
        case .double: .double(0)
        case .string: ""
        case .bytes: .bytes([])
        case .timestamp: .timestamp(Timestamp(milliseconds: 0))
        case .uuid: .uuid(TupleUUID(high: 0, low: 0))
        }
    }
}
