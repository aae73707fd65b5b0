import KeyValue
import Migration

/// Copying a store into a new one, and taking in records that come in no order.
func measureCopying(_ bench: Workbench, _ results: inout Results) async throws {
    let count = bench.data.keys.count
    let table = try bench.openFilledTable("source-direct.db", count)
    let source = try await bench.openFilledStore("source.db", count)
    let copies = try await interleave(
        [
            Body(name: "C API, copy", operations: count) {
                try bench.remove("target-direct.db")
            } run: { _ in
                try table.copy(to: try DirectTable(bench.path("target-direct.db")), rowsATransaction: 10_000)
            },
            bench.filling("store, copy") { target in
                try await Copier(to: target).copy(from: source, temporaryDirectory: bench.path("")).written
            },
        ],
        repeats: bench.repeats
    )
    results.figures.append(Figure("copy of a store, a record", copies[1], against: copies[0], .none))

    await source.close()

    let loads = try await interleave(
        [
            bench.filling("store, copy in no order") { target in
                var rows = ShuffledRows(data: bench.data)
                return try await Copier(to: target).copy(&rows).written
            },
            bench.filling("store, sort and copy") { target in
                var rows = ShuffledRows(data: bench.data)
                let directory = bench.path("")
                return try await Copier(to: target)
                    .copy(&rows, sorted: SortOptions(duplicates: .refuse), temporaryDirectory: directory).written
            },
        ],
        repeats: bench.repeats
    )
    results.figures.append(
        Figure("records in no order, sorted and written; bound unsorted", loads[1], against: loads[0], .none)
    )
}

extension Workbench {
    /// A body that fills a new store with all records.
    func filling(_ name: String, _ fill: @escaping (any KeyValueStore) async throws -> Int) -> Body {
        Body(name: name, operations: data.keys.count) {
            try remove("target.db")
        } run: { _ in
            let target = try await openStore("target.db")
            let written = try await fill(target)
            await target.close()
            return written
        }
    }
}

/// All records in an order like random.
private struct ShuffledRows: RowSource {
    let data: Dataset
    private var next = 0

    init(data: Dataset) { self.data = data }

    mutating func nextPage() async throws(StoreError) -> [Row]? {
        let numbers = data.shuffled[next...].prefix(1_000)
        next = numbers.endIndex
        return numbers.isEmpty ? nil : numbers.map { Row(key: data.keys[$0], value: data.value($0)) }
    }
}
