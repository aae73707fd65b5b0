import KeyValue
import Tuples

extension IndexBuilder {
    /// How often the records of a partition are held against their entries before the build gives up.
    private static let verificationsMax = 4
    /// How often a record is read again because others changed it.
    private static let readsMax = 8

    /// Step 3 in one partition, from where it was left.
    func verify(_ partition: [UInt8], _ generation: UInt64, _ report: inout IndexBuildReport) async throws {
        let key = try layout.key(.progress, name, [], in: partition)
        var row = try await progress(at: key, generation)
        guard row.phase != .verified else { return }
        if row.phase == .entering || row.phase == .entered {
            // A partition that came up after all were entered has no row: its writers have kept the index.
            row.phase = .verifying
            row.cursor = nil
        }
        let range = try layout.range(of: .record, [.string(shape.name)], in: partition)
        var found = IndexBuildReport()
        var passes = 0
        while row.phase != .verified {
            let page = try await store.scan(range, ScanOptions(limit: pace.pageSize), after: row.cursor)
            if try await mend(page, &found) { row.phase = .mending }
            row.cursor = page.cursor
            if page.cursor == nil {
                guard found.duplicateCount == 0 else { break }
                if row.phase == .mending {
                    passes += 1
                    guard passes < IndexBuilder.verificationsMax else { throw endless }
                }
                row.phase = row.phase == .mending ? .verifying : .verified
            }
            // What follows a duplicate is looked at again by who builds when there is none any more.
            if found.duplicateCount == 0 { try await store.put(row.encoded, at: key) }
            try await rest()
        }
        report.mended += found.mended
        report.add(duplicatesOf: found)
    }

    /// Enters those of a page that miss entries: whether there were any that could be.
    private func mend(_ page: ScanPage, _ found: inout IndexBuildReport) async throws -> Bool {
        let view = try await schema.view().writing(shape)
        let rows = try page.map { (entry) throws(RecordError) in
            try RecordRow(entry.entry, at: entry.key, now: writer.wallClock(), view, layout)
        }
        var isMended = false
        for row in try await missing(rows) where try await isAmiss(row, view) {
            if try await enter(row.key) {
                found.mended += 1
                isMended = true
            } else {
                try found.note(row, shape)
            }
        }
        watch.note(.verifying, rows.count)
        return isMended
    }

    /// Whether a record that seemed to miss entries does: one that was changed between the two looks may have others now.
    private func isAmiss(_ row: RecordRow, _ shape: RecordShape) async throws -> Bool {
        var row = row
        for _ in 0..<IndexBuilder.readsMax {
            let now = try await writer.read(row.key, shape)
            if now.entry?.revision == row.entry?.revision { return true }
            if try await missing([now]).isEmpty { return false }
            row = now
        }
        return true
    }

    private var endless: RecordError {
        RecordError(
            .contended,
            "Records went on missing entries while the index was verified: build again when there is less to do.",
            ["type": shape.name, "index": index.name]
        )
    }

    /// Those of some records whose entries and claims in the index are not there.
    func missing(_ rows: [RecordRow]) async throws -> [RecordRow] {
        let wanted = rows.map { row in
            let projection = row.projection.keeping(name)
            return (row, projection.entries, projection.claims.keys)
        }
        let found = try await writer.rows(
            at: wanted.reduce(into: []) {
                $0.formUnion($1.1)
                $0.formUnion($1.2)
            }
        )
        return wanted.compactMap { row, entries, claims in
            let claim = ClaimRow(holder: row.key).encoded
            let isWhole =
                entries.allSatisfy { found[$0].map { !$0.isTombstone } ?? false }
                && claims.allSatisfy { found[$0].map { !$0.isTombstone && $0.value == claim } ?? false }
            return isWhole ? nil : row
        }
    }
}

extension IndexBuildReport {
    fileprivate mutating func note(_ duplicate: RecordRow, _ shape: RecordShape) throws {
        duplicateCount += 1
        guard duplicates.count < IndexBuildReport.duplicatesMax, let envelope = duplicate.envelope else { return }
        duplicates.append(try shape.address(of: try shape.extract(envelope.body)))
    }

    fileprivate mutating func add(duplicatesOf other: IndexBuildReport) {
        duplicateCount += other.duplicateCount
        duplicates += other.duplicates.prefix(IndexBuildReport.duplicatesMax - duplicates.count)
    }
}
