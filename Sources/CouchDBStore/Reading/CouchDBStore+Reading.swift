#if CouchDB
public import KeyValue
import StoreHTTP
import Synchronization

extension CouchDBStore {
    public func get(_ keys: [Key], _ options: ReadOptions) async throws(StoreError) -> [Entry?] {
        try Key.validate(keys, for: capabilities.limits)
        try requireOpen()
        let found = try await rows(at: keys)
        var entries: [Entry?] = []
        for (key, row) in zip(keys, found) {
            let isShown = row.map { options.includesTombstones || !$0.isTombstone } ?? false
            entries.append(isShown ? row?.entry(at: key, in: identity) : nil)
        }
        return entries
    }

    /// The rows at keys, tombstones included.
    func rows(at keys: [Key]) async throws(StoreError) -> [StoredDocument?] {
        guard !keys.isEmpty else { return [] }
        // A reply has each document once.
        var places: [Key: Int] = [:]
        var distinct: [Key] = []
        for key in keys where places[key] == nil {
            places[key] = distinct.count
            distinct.append(key)
        }
        let leaves = try await database.leaves(distinct.map(DocumentID.of))
        var rows: [StoredDocument?] = []
        for key in keys {
            guard let leaf = places[key].flatMap({ leaves[$0].first }), !leaf.isDeleted else {
                rows.append(nil)
                continue
            }
            rows.append(try StoredDocument(leaf.content, at: "\(key)"))
        }
        return rows
    }

    /// More bytes of rows are not asked for at a time.
    private static let pageBytesMax = 8 << 20

    public func scan(
        _ range: KeyRange,
        _ options: ScanOptions,
        after cursor: Cursor?
    ) async throws(StoreError) -> ScanPage {
        try range.validate(for: capabilities)
        var options = try options.validated(for: capabilities)
        options.bytesMax = min(options.bytesMax, CouchDBStore.pageBytesMax)
        try requireOpen()
        let last = try cursor.position(in: range)
        let bounds = DocumentRange(range, after: last, reverse: options.reverse)
        var builder = ScanPageBuilder(store: identity, space: range.space, options: options)
        guard !bounds.isEmpty else { return builder.page(cursor: nil) }
        let bytesWanted = options.keysOnly ? CouchDBStore.pageBytesMax : options.bytesMax
        var wanted = min(options.limit, bytesWanted / max(1, rowBytes.load(ordering: .relaxed)) + 1)
        while true {
            let listed: [JSON]
            do throws(StoreError) {
                listed = try await list(bounds, limit: wanted, reverse: options.reverse, documents: true)
            } catch {
                guard error.code == .tooLarge, wanted > 1 else { throw error }
                wanted = max(1, wanted / 4)
                continue
            }
            let place = try take(listed, bounds, into: &builder)
            // A page that is not as long as asked for ends the range.
            let isWhole = place.taken == listed.count && listed.count < wanted + (options.reverse ? 1 : 0)
            return builder.page(cursor: isWhole ? nil : place.last.map { Cursor(after: $0) })
        }
    }

    /// Takes rows in until the page is full; how many listed documents were seen to, and the last one's key.
    private func take(
        _ listed: [JSON],
        _ bounds: DocumentRange,
        into builder: inout ScanPageBuilder
    ) throws(StoreError) -> (taken: Int, last: Key?) {
        var last: Key?
        var taken = 0
        for row in listed {
            if builder.isFull { break }
            taken += 1
            guard let id = row["id"]?.text, let content = row["doc"] else { throw .strangeReply() }
            guard let key = DocumentID.key(id.utf8) else {
                throw StoreError(.corrupted, "A document lies among the store's that is none of them.", ["id": id])
            }
            // Bounds that are rows themselves, where the server has no way to leave them out.
            guard bounds.contains(id) else { continue }
            last = key
            // Deleted since it was listed.
            guard content != .null else { continue }
            let document = try StoredDocument(content, at: id)
            builder.append(
                key,
                value: document.value,
                nonce: document.nonce,
                isTombstone: document.isTombstone,
                native: Array(document.revision.utf8)
            )
        }
        return (taken, last)
    }

    /// The rows of a listing by identifier.
    private func list(
        _ bounds: DocumentRange,
        limit: Int,
        reverse: Bool,
        documents: Bool
    ) async throws(StoreError) -> [JSON] {
        // One more from the upper end down, where the bound itself may be among them.
        let parameters = [
            JSON.Member("limit", .number("\(reverse ? limit + 1 : limit)")),
            JSON.Member("include_docs", .bool(documents)),
        ]
        // In a body: a URL has 8,000 bytes at most, and two bounds may be longer.
        let body = JSON.object(bounds.parameters(reverse: reverse) + parameters)
        let reply = try await database.read("POST", "/_all_docs", body: body)
        guard let rows = reply["rows"]?.items else { throw .strangeReply() }
        if documents, rows.count >= 8 {
            let bytes = rows.reduce(0) { $0 + ($1["doc"]?["v"]?.text?.utf8.count ?? 0) } / rows.count
            rowBytes.store(bytes * 3 / 4 + 64, ordering: .relaxed)
        }
        return rows
    }

    /// How many identifiers a listing of partitions reads at a time.
    private static let identifiersAStep = 64

    public func partitions(
        in space: KeySpace,
        limit: Int,
        after cursor: Cursor?
    ) async throws(StoreError) -> PartitionPage {
        let limit = try capabilities.limits.listingLimit(limit)
        try requireOpen()
        var last = try cursor.partitionPosition(in: space)
        var found: [[UInt8]] = []
        while found.count < limit {
            let bounds = DocumentRange(in: space, behindPartition: last)
            let rows = try await list(bounds, limit: CouchDBStore.identifiersAStep, reverse: false, documents: false)
            for row in rows where found.count < limit {
                guard let key = row["id"]?.text.flatMap({ DocumentID.key($0.utf8) }) else { throw .strangeReply() }
                guard key.partition != last else { continue }
                found.append(key.partition)
                last = key.partition
            }
            if rows.count < CouchDBStore.identifiersAStep, found.count < limit {
                return PartitionPage(partitions: found, cursor: nil)
            }
        }
        return PartitionPage(partitions: found, cursor: last.map { Cursor(afterPartition: $0, in: space) })
    }
}
#endif
