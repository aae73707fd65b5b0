#if CloudflareKV
public import KeyValue
import StoreHTTP
import Synchronization
import Tuples

/// One page of the namespace's listing, and what was read of its records, kept for the next call: what is asked for again
/// costs a request again.
struct ReadPage: Sendable {
    /// Behind which cursor it was listed.
    let cursor: String?
    let listing: CloudflareNamespace.Listing
    /// Records by the place of their keys in the page; nil for those that are gone.
    var records: [Int: CloudflareKVRecord?] = [:]
}

extension CloudflareKVStore {
    public func get(_ keys: [Key], _ options: ReadOptions) async throws(StoreError) -> [Entry?] {
        try Key.validate(keys, for: capabilities.limits)
        try requireOpen()
        // By keys and not by names: two texts that are one to a reader are two names.
        let distinct = Set(keys.filter { name(of: $0) != nil }).sorted()
        let found = Dictionary(
            uniqueKeysWithValues: zip(distinct, try await namespace.records(distinct.compactMap(name(of:))))
        )
        let nonce = environment.random()
        return keys.map { key in
            guard let record = found[key] ?? nil else { return nil }
            let revision = Revision(store: identity, key: key, nonce: nonce)
            return Entry(key: key, value: record.encoded(), revision: revision)
        }
    }

    public func scan(
        _ range: KeyRange,
        _ options: ScanOptions,
        after cursor: Cursor?
    ) async throws(StoreError) -> ScanPage {
        try range.validate(for: capabilities)
        let options = try options.validated(for: capabilities)
        try requireOpen()
        var builder = ScanPageBuilder(store: identity, space: range.space, options: options)
        guard range.contains(key(of: "a")) else {
            // There is nothing, so no scan of it can have given a cursor.
            guard cursor == nil else { throw .foreignCursor }
            return builder.page(cursor: nil)
        }
        let position = try ListPosition(cursor)
        var page = try await self.page(at: position)
        var place =
            position.name.map { last in
                page.listing.keys.firstIndex { last.utf8.lexicographicallyPrecedes($0.name.utf8) }
                    ?? page.listing.keys.count
            } ?? 0
        let nonce = environment.random()
        while place < page.listing.keys.count, !builder.isFull {
            let listed = page.listing.keys[place]
            var value: [UInt8]? = []
            if !options.keysOnly {
                if page.records[place] == nil { try await readRecords(of: &page, from: place, options) }
                value = page.records.removeValue(forKey: place)??.encoded()
            }
            // One that is listed and not there is on its way in or out.
            if let value { builder.append(key(of: listed.name), value: value, nonce: nonce, isTombstone: false) }
            place += 1
        }
        if place < page.listing.keys.count {
            let last = place > 0 ? page.listing.keys[place - 1].name : position.name
            let next = ListPosition(cursor: position.cursor, name: last)
            lastPage.withLock { $0 = page }
            return builder.page(cursor: next.encoded)
        }
        lastPage.withLock { $0 = nil }
        // The name goes along, since a page that is listed again may be another: it may have no keys and go on.
        let last = page.listing.keys.last?.name ?? position.name
        return builder.page(cursor: page.listing.cursor.map { ListPosition(cursor: $0, name: last).encoded })
    }

    /// The page that the last call left at this position in the middle of it, or a new one. A scan that begins has a new
    /// one: who began the other, and how long ago, nobody knows.
    private func page(at position: ListPosition) async throws(StoreError) -> ReadPage {
        if let page = lastPage.withLock({ $0.take() }), let name = position.name, page.cursor == position.cursor,
            page.listing.keys.contains(where: { $0.name.utf8.elementsEqual(name.utf8) })
        {
            return page
        }
        let listing = try await namespace.list(prefix: prefix, after: position.cursor)
        return ReadPage(cursor: position.cursor, listing: listing)
    }

    private func readRecords(
        of page: inout ReadPage,
        from place: Int,
        _ options: ScanOptions
    ) async throws(StoreError) {
        let places = place..<min(place + CloudflareNamespace.valuesACall, page.listing.keys.count)
        let records = try await namespace.records(places.map { page.listing.keys[$0].name })
        for (place, record) in zip(places, records) {
            let listed = page.listing.keys[place]
            var record = record
            // The listing tells these too, and not every server tells them with the value.
            if record?.metadata == nil { record?.metadata = listed.metadata }
            if record?.expiresAtSeconds == nil { record?.expiresAtSeconds = listed.expiration }
            page.records.updateValue(record, forKey: place)
        }
    }

    public func partitions(
        in space: KeySpace,
        limit: Int,
        after cursor: Cursor?
    ) async throws(StoreError) -> PartitionPage {
        _ = try capabilities.limits.listingLimit(limit)
        try requireOpen()
        guard space == .records, try cursor.partitionPosition(in: space) == nil else {
            return PartitionPage(partitions: [], cursor: nil)
        }
        var cursor: String?
        repeat {
            let listing = try await namespace.list(prefix: prefix, after: cursor)
            if !listing.keys.isEmpty { return PartitionPage(partitions: [partition], cursor: nil) }
            cursor = listing.cursor
        } while cursor != nil
        return PartitionPage(partitions: [], cursor: nil)
    }
}

/// Where a scan goes on: in which page of the listing, and behind which key there.
struct ListPosition: Hashable, Sendable {
    private static let format: Int64 = 1

    var cursor: String?
    var name: String?

    init(cursor: String?, name: String?) {
        self.cursor = cursor
        self.name = name
    }

    /// The beginning without a cursor; throws ``StoreError/Code/invalidArgument`` for a cursor of something else.
    init(_ kept: Cursor?) throws(StoreError) {
        guard let kept else { return }
        let position: ListPosition?
        do throws(TupleError) {
            var decoder = try TupleDecoder(kept.bytes, byteCountMax: .max)
            position = try ListPosition(try decoder.rest())
        } catch {
            throw .foreignCursor
        }
        guard let position else { throw .foreignCursor }
        self = position
    }

    /// Nil for a tuple that no position is encoded as.
    private init?(_ tuple: Tuple) throws(TupleError) {
        guard tuple.elements.count == 3, try tuple.integer(at: 0) == ListPosition.format else { return nil }
        cursor = if case .null = try tuple.element(at: 1) { nil } else { try tuple.string(at: 1) }
        name = if case .null = try tuple.element(at: 2) { nil } else { try tuple.string(at: 2) }
    }

    /// A tuple of the format, the listing's cursor, and the key; either may be null.
    var encoded: Cursor {
        var encoder = TupleEncoder()
        encoder.append(ListPosition.format)
        for text in [cursor, name] {
            if let text { encoder.append(text) } else { encoder.appendNull() }
        }
        return Cursor(bytes: encoder.bytes)
    }
}

extension StoreError {
    fileprivate static var foreignCursor: StoreError {
        .invalidArgument("The cursor is not one of this range: begin the scan anew, without a cursor.")
    }
}
#endif
