import KeyValue
import Tuples

/// Publishes the totals of partitions that have changed since they were published.
///
/// What was published is read before the total, and the total is written over it: so of two publishers the one that read
/// an older total fails, and what is published is never followed by something older.
struct TotalPublisher: Sendable {
    /// How often a total that others publish meanwhile is tried.
    private static let attemptsMax = 8

    let writer: RecordWriter

    private var store: any KeyValueStore { writer.store }
    private var layout: RecordLayout { writer.layout }

    /// What became of the notices of a partition.
    struct Report: Hashable, Sendable {
        var published = 0
        var left = 0
    }

    /// Publishes what there are notices of in a partition of records, a bounded page at a time.
    func publish(_ partition: [UInt8], _ shapes: [String: RecordShape]) async throws -> Report {
        var report = Report()
        try await RowPages(store, try layout.range(of: .notice, in: partition)).visit { page in
            for notice in page {
                guard let total = RecordLayout.total(announcedBy: notice.key),
                    let shape = RecordLayout.decode(total).flatMap({ shapes[RecordLayout.type(of: $0.name)] }),
                    let publication = try Publication(of: total, shape, layout),
                    try await publish(total, publication, notice)
                else {
                    report.left += 1
                    continue
                }
                report.published += 1
            }
        }
        return report
    }

    private func publish(_ total: Key, _ publication: Publication, _ notice: Entry) async throws -> Bool {
        for _ in 0..<TotalPublisher.attemptsMax {
            guard try await attempt(total, publication) else { continue }
            let precondition: Precondition? =
                writer.rules.contains(.compareNotice) ? .revision(notice.revision) : nil
            let end = WriteBatch.Operation(store.capabilities.removal, at: notice.key, if: precondition)
            // One that was written again is of a later change, and stays.
            if case .failure(let error) = await writer.write([end]) {
                guard RecordWriter.beginsAnew(error) else { throw error }
            }
            return true
        }
        return false
    }

    /// False if something was no longer as it was read.
    private func attempt(_ total: Key, _ publication: Publication) async throws -> Bool {
        let capabilities = store.capabilities
        let before = try await writer.rows(at: [publication.published, publication.sum])
        let now = try number(at: try await store.get(total), total)
        let known = try number(at: before[publication.published], publication.published)
        let isCompared = writer.rules.contains(.comparePublished)
        var operations = [
            WriteBatch.Operation(
                .put(Counter.encode(now)),
                at: publication.published,
                if: isCompared ? TotalPublisher.unchanged(before[publication.published]) : nil
            )
        ]
        if capabilities.batchScope >= .partition {
            let (change, overflows) = now.subtractingReportingOverflow(known)
            guard !overflows else { throw TotalPublisher.overflow(publication) }
            if capabilities.integerAdd {
                operations.append(WriteBatch.Operation(.add(change), at: publication.sum))
            } else {
                let sum = try number(at: before[publication.sum], publication.sum)
                let (changed, overflows) = sum.addingReportingOverflow(change)
                guard !overflows else { throw TotalPublisher.overflow(publication) }
                operations.append(
                    WriteBatch.Operation(
                        .put(Counter.encode(changed)),
                        at: publication.sum,
                        if: TotalPublisher.unchanged(before[publication.sum])
                    )
                )
            }
        }
        if case .failure(let error) = await writer.write(operations) {
            guard RecordWriter.beginsAnew(error) else { throw error }
            return false
        }
        return true
    }

    private func number(at entry: Entry?, _ key: Key) throws(RecordError) -> Int64 {
        guard let entry, !entry.isTombstone else { return 0 }
        guard let number = Counter.decode(entry.value) else {
            throw RecordError.damaged("A total is no number.").at(key)
        }
        return number
    }

    private static func unchanged(_ entry: Entry?) -> Precondition {
        entry.map { .revision($0.revision) } ?? .vacant
    }

    private static func overflow(_ publication: Publication) -> RecordError {
        RecordError(
            .tooLarge,
            "The total over all partitions leaves the range of a 64-bit integer: ask for that of each.",
            ["index": publication.index]
        )
    }
}

// MARK: - Sums over what is published

extension TotalPublisher {
    /// Adds up anew what is published of an index, in each of its own partitions: what batches of one key leave behind.
    ///
    /// It reads what is published, a bounded page at a time, and no records.
    /// - Returns: How many sums others changed meanwhile: they are as they were.
    func addUp(_ index: Index, of shape: RecordShape) async throws -> Int {
        guard index.isPublished, case .global(let shards) = index.scope else { return 0 }
        let name = RecordLayout.name(of: index, shape)
        var left = 0
        for shard in 0..<shards {
            let place = try layout.partition(of: index, shape, shard: Tuple([TupleElement(shard)]))
            var range = try layout.range(of: .published, [.string(name)], in: place)
            while let first = try await first(in: range) {
                guard let (_, _, elements) = RecordLayout.decode(first),
                    let end = ByteOrder.end(ofPrefix: try prefix(name, elements.dropLast()))
                else { throw RecordError.damaged("A published total names no partition.", ["index": index.name]) }
                if try await !addUp(name, Array(elements.dropLast()), in: place) { left += 1 }
                guard case .keys(_, _, let upper) = range.extent else { break }
                range = .partition(place, from: end, to: upper)
            }
        }
        return left
    }

    private func prefix(_ name: String, _ columns: some Sequence<TupleElement>) throws(RecordError) -> [UInt8] {
        let kind = TupleElement.integer(RecordLayout.Kind.published.rawValue)
        return try RecordLayout.encode(Tuple([kind, .string(name)] + columns))
    }

    private func first(in range: KeyRange) async throws -> Key? {
        var cursor: Cursor?
        repeat {
            let page = try await store.scan(range, ScanOptions(limit: 1, keysOnly: true), after: cursor)
            if let key = page.map(\.key).first { return key }
            cursor = page.cursor
        } while cursor != nil
        return nil
    }

    /// One group: false if its sum was changed meanwhile.
    private func addUp(_ name: String, _ columns: [TupleElement], in place: [UInt8]) async throws -> Bool {
        let key = try layout.key(.total, name, columns, in: place)
        for _ in 0..<TotalPublisher.attemptsMax {
            let before = try await store.get(key, ReadOptions(includesTombstones: true))
            var sum: Int64 = 0
            let range = KeyRange.prefix(try prefix(name, columns), of: place)
            try await RowPages(store, range).visit { page in
                for entry in page {
                    let (added, overflows) = sum.addingReportingOverflow(try number(at: entry, entry.key))
                    guard !overflows else {
                        throw RecordError(.tooLarge, "A total leaves the range of a 64-bit integer.", ["index": name])
                    }
                    sum = added
                }
            }
            if before?.value == Counter.encode(sum), before?.isTombstone == false { return true }
            let put = WriteBatch.Operation(.put(Counter.encode(sum)), at: key, if: TotalPublisher.unchanged(before))
            switch await writer.write([put]) {
            case .success: return true
            case .failure(let error):
                guard RecordWriter.beginsAnew(error) else { throw error }
            }
        }
        return false
    }
}
