import KeyValue
import Records
import SwiftProtobuf
import Tuples

/// Pages of 50 of an owner's uploads, newest first, out of as many as are to be in the tables, a tenth and a hundredth:
/// beside the calls that they need by themselves, and beside SQL with an equal index.
func measureRecordQueries(_ bench: Workbench, _ results: inout Results) async throws {
    let all = bench.data.keys.count
    for count in [all / 100, all / 10, all] {
        let name = "records-\(count).db"
        var store = try await bench.openStore(name, isDurable: false)
        try await UploadRecords.fill(store, count, RecordQueries.indexes)
        await store.close()
        store = try await bench.openStore(name, isDurable: false)
        let direct = try DirectUploads(bench.path("direct-\(count).db"), cacheMiB: Workbench.readerCacheMiB)
        try direct.fill(count)
        let queries = try await RecordQueries(store, count)
        let pages = try await interleave(
            [
                Body(name: "C API, page of \(count)", operations: RecordQueries.count) { round in
                    try queries.owners(round).reduce(0) { try $0 + direct.newest(of: $1) }
                },
                try await queries.calls(),
                try queries.pages("records, page of \(count)"),
            ],
            repeats: bench.repeats
        )
        let filtered = try await interleave(
            [
                Body(name: "C API, filtered page of \(count)", operations: RecordQueries.count) { round in
                    try queries.owners(round).reduce(0) { try $0 + direct.newest(of: $1, onlyLarge: true) }
                },
                try queries.pages("records, filtered page of \(count)", onlyLarge: true),
            ],
            repeats: bench.repeats
        )
        let page = "page of 50 out of \(count)"
        results.figures += [
            Figure("\(page), in an index's order", pages[2], .timeAtMost(2e6)),
            Figure("\(page), in an index's order; bound its scan and get", pages[2], against: pages[1], .none),
            Figure("\(page), in an index's order; bound SQL", pages[2], against: pages[0], .ratioAtMost(1.5)),
            Figure(
                "\(page), filtered beside the index; bound SQL",
                filtered[1],
                against: filtered[0],
                .ratioAtMost(1.5)
            ),
        ]
        results.grow("page of 50, in an index's order; SQL", stored: count, pages[0])
        results.grow("page of 50, in an index's order", stored: count, pages[2])
        results.grow("page of 50, filtered beside the index", stored: count, filtered[1])
        if count == all {
            let totals = try await interleave([queries.totals()], repeats: bench.repeats)
            results.figures.append(Figure("total of \(count) records", totals[0], .timeAtMost(1e6)))
        }
        await store.close()
    }
}

/// The same questions to any store of records.
struct RecordQueries {
    static let indexes = [UploadRecords.byOwner, UploadRecords.total]
    static let count = 400

    private let store: any KeyValueStore
    private let records: RecordStore
    private let type: RecordType<UploadMessage>
    private let stored: Int

    init(_ store: any KeyValueStore, _ count: Int) async throws {
        self.store = store
        stored = count
        type = try UploadRecords.type(RecordQueries.indexes)
        records = try await UploadRecords.open(store, RecordQueries.indexes)
    }

    /// Whose uploads are asked for in a round.
    func owners(_ round: Int) -> [String] {
        var random = SplitMix(state: UInt64(round))
        let owners = max(1, stored / UploadRecords.uploadsAnOwner)
        return (0..<RecordQueries.count).map { _ in UploadRecords.owner(Int(random.next() % UInt64(owners))) }
    }

    private func query(_ owner: String, onlyLarge: Bool) -> Query {
        let isOwners = Filter.compare("owner", .equal, .string(owner))
        let isLarge = Filter.compare("size", .greater, .integer(UploadRecords.middleSize))
        return Query(
            onlyLarge ? .and([isOwners, isLarge]) : isOwners,
            in: UploadRecords.partition,
            orderedBy: ["created"],
            isDescending: true,
            limit: UploadRecords.pageSize
        )
    }

    func pages(_ name: String, onlyLarge: Bool = false) throws -> Body {
        Body(name: name, operations: RecordQueries.count) { round in
            var sum = 0
            for owner in owners(round) {
                let page = try await records.find(query(owner, onlyLarge: onlyLarge), as: type)
                sum = page.records.reduce(sum) { $0 + UploadRecords.digest($1.message) }
            }
            return sum
        }
    }

    /// The calls that such pages come to, and the messages read from the rows.
    func calls() async throws -> Body {
        let listening = ListeningStore(store)
        let records = try await UploadRecords.open(listening, RecordQueries.indexes)
        var script: [ListeningStore.Calls] = []
        var next = 0
        let header = 1 + 1 + "upload".utf8.count + 4 + 16
        return Body(name: "store, scan and get", operations: RecordQueries.count) {
            _ = listening.take()
            script = []
            for owner in owners(next) {
                _ = try await records.find(query(owner, onlyLarge: false), as: type)
                script.append(listening.take())
            }
            next += 1
        } run: { _ in
            var sum = 0
            for calls in script {
                for scan in calls.scans { _ = try await store.scan(scan.range, scan.options, after: nil) }
                // Now and then the schema is read anew, which is no record.
                for keys in calls.gets where keys.allSatisfy({ $0.space == .records }) {
                    for case let entry? in try await store.get(keys) {
                        let body = Array(entry.value.dropFirst(header).dropLast(4))
                        sum += UploadRecords.digest(try UploadMessage(serializedBytes: body))
                    }
                }
            }
            return sum
        }
    }

    func totals() -> Body {
        Body(name: "records, total", operations: RecordQueries.count) { _ in
            var sum: Int64 = 0
            for _ in 0..<RecordQueries.count {
                sum += try await records.total("total", in: UploadRecords.partition, as: type).value
            }
            return Int(sum)
        }
    }
}
