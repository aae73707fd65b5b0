import KeyValue

/// Sorted rows as pages of one space each.
struct SortedPages: PageSource {
    private(set) var rows: SortedRows
    private var pending: ArraySlice<Row> = []

    init(_ rows: SortedRows) { self.rows = rows }

    mutating func nextPage() async throws(StoreError) -> ScanPage? {
        if pending.isEmpty { pending = try await rows.nextPage()?[...] ?? [] }
        guard let space = pending.first?.key.space else { return nil }
        let part = pending.prefix { $0.key.space == space }
        pending = pending.dropFirst(part.count)
        // Nobody reads a revision of these.
        var builder = ScanPageBuilder(
            store: StoreIdentity(nonce: 0),
            space: space,
            options: ScanOptions(limit: part.count, bytesMax: .max, includesTombstones: true)
        )
        for row in part { builder.append(row.key, value: row.value, nonce: 0, isTombstone: row.isTombstone) }
        return builder.page(cursor: nil)
    }
}
