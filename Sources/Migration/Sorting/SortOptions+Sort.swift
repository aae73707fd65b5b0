import KeyValue

extension SortOptions {
    /// Sorts everything that `rows` has, and tells how far it has come.
    func sort(
        _ rows: inout some RowSource,
        in directory: String,
        environment: StoreEnvironment,
        progress: (Progress) -> Void
    ) async throws(StoreError) -> SortedRows {
        let began = environment.now()
        var sorter = Sorter(directory: directory, options: self)
        var records = 0
        var bytes = 0
        while let page = try await rows.nextPage() {
            for row in page {
                bytes += row.byteCount
                try await sorter.append(row)
            }
            records += page.count
            progress(Progress(.sorting, records: records, bytes: bytes, elapsed: environment.now() - began))
        }
        return try await sorter.finish()
    }
}
