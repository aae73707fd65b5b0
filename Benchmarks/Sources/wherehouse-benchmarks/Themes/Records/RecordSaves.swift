import KeyValue
import Records
import SwiftProtobuf

/// Saves of records with three indexes, all of which change: beside the rows alone, and beside SQL.
func measureRecordSaves(_ bench: Workbench, _ results: inout Results) async throws {
    let saves = try await RecordSaves(bench)
    let series = try await interleave(
        [
            try saves.batches("store, batch"), try saves.batches("store, get and batch", readingFirst: true),
            try saves.statements(), try saves.saves(),
        ],
        repeats: bench.repeats
    )
    await saves.close()
    let name = "save of a record with 3 indexes"
    results.figures += [
        Figure("\(name); bound its batch", series[3], against: series[0], .ratioAtMost(1.5)),
        Figure("\(name); bound its get and batch", series[3], against: series[1], .none),
        Figure("\(name); bound SQL with 3 indexes", series[3], against: series[2], .none),
    ]
}

private struct RecordSaves {
    private static let count = 2_000
    private static let indexes = [UploadRecords.byOwner, UploadRecords.byCreated, UploadRecords.bySize]

    private let bench: Workbench
    private let stored: Int
    /// Stores that go through the same changes: of records, of nothing but their rows, and to learn the rows from.
    private var stores: [any KeyValueStore] = []
    private let records: RecordStore
    private let direct: DirectUploads
    private let script = Script()

    init(_ bench: Workbench) async throws {
        self.bench = bench
        stored = bench.writtenCount
        for name in ["saves-records.db", "saves-batch.db", "saves-get-batch.db", "saves-source.db"] {
            let store = try await bench.openStore(name, isDurable: false)
            try await UploadRecords.fill(store, stored, RecordSaves.indexes)
            stores.append(store)
        }
        records = try await UploadRecords.open(stores[0], RecordSaves.indexes)
        direct = try DirectUploads(bench.path("saves-direct.db"), cacheMiB: Workbench.writerCacheMiB)
        try direct.addIndexes()
        try direct.fill(stored)
    }

    func close() async {
        for store in stores { await store.close() }
    }

    private func messages(_ round: Int) -> [UploadMessage] {
        (0..<RecordSaves.count).map { index in
            let place = (round * RecordSaves.count + index) % stored
            return UploadRecords.message(bench.written[place] % stored, change: round + 1)
        }
    }

    func saves() throws -> Body {
        let type = try UploadRecords.type(RecordSaves.indexes)
        return Body(name: "records, save", operations: RecordSaves.count) { round in
            for message in messages(round) { try await records.save(message, as: type) }
            return RecordSaves.count
        }
    }

    func statements() throws -> Body {
        Body(name: "C API, update", operations: RecordSaves.count) { round in
            for message in messages(round) { try direct.save(message) }
            return RecordSaves.count
        }
    }

    /// The batches that the saves come to, by themselves.
    func batches(_ name: String, readingFirst: Bool = false) throws -> Body {
        let store = stores[readingFirst ? 2 : 1]
        let round = Round()
        return Body(name: name, operations: RecordSaves.count) {
            if script.round != round.number { try await write(round.number) }
        } run: { _ in
            for var batch in script.batches {
                if readingFirst, let entry = try await store.get(batch.operations[0].key) {
                    batch.operations[0].precondition = .revision(entry.revision)
                }
                _ = try await store.write(batch)
            }
            round.number += 1
            return script.batches.count
        }
    }

    /// Writes the script of a round: what its saves ask of a store that has gone through the rounds before.
    private func write(_ round: Int) async throws {
        let source = ListeningStore(stores[3])
        let records = try await UploadRecords.open(source, RecordSaves.indexes)
        _ = source.take()
        let type = try UploadRecords.type(RecordSaves.indexes)
        for message in messages(round) { try await records.save(message, as: type) }
        script.batches = source.take().batches.map { batch in
            WriteBatch(batch.operations.map { WriteBatch.Operation($0.action, at: $0.key) })
        }
        script.round = round
    }

    /// The batches of one round, which are made ready before it.
    private final class Script {
        var round = -1
        var batches: [WriteBatch] = []
    }

    private final class Round {
        var number = 0
    }
}
