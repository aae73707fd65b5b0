import KeyValue
import SwiftProtobuf
import TestSupport
import Testing
import Tuples

@testable import Records

/// Every promise in little, on stores that answer slowly: a history, random queries, an index that is built and dropped,
/// and transactions. The whole suite runs on them where `WHEREHOUSE_ALL_RECORDS` is set.
@Suite struct RemoteStoreTests {
    @Test(arguments: Subject.remote) func promisesHold(_ subject: Subject) async throws {
        try await subject.run { store in
            var history = try await History(store, seed: 6)
            try await history.run(20)
            if store.capabilities.order >= .partition {
                _ = try await QueryLanguageTests.answer(6, of: 10, in: store)
            }
            try await buildAndDrop(store)
            try await transact(store)
        }
    }

    private func open(
        _ store: any KeyValueStore,
        _ type: RecordType<Package>,
        namespace: String,
        _ time: SimulatedTime
    ) async throws -> RecordStore {
        try await RecordStore.open(
            store,
            namespace: namespace,
            types: [type],
            cursorKey: CursorKey(high: 1, low: 2),
            requiring: .exclusiveWrites,
            environment: time.environment
        ) { Timestamp(milliseconds: 50_000) }
    }

    private func package(_ number: Int) -> Package {
        Package.with {
            $0.owner = "ann"
            $0.name = "p\(number)"
            $0.downloads = Int64(number % 2)
        }
    }

    private func buildAndDrop(_ store: any KeyValueStore) async throws {
        let time = SimulatedTime(seed: 1)
        let before = try Samples.packages(indexes: [])
        let first = try await open(store, before, namespace: "b", time)
        for number in 0..<6 { try await first.save(package(number), as: before) }
        let index = Index("by_downloads", on: [.field("downloads")], scope: .global(shards: 2))
        let type = try Samples.packages(indexes: [index])
        let records = try await open(store, type, namespace: "b", time)
        guard store.capabilities.order >= .partition else { return }
        let report = try await records.buildIndex("by_downloads", of: "package")
        #expect(report.state == .readable && report.entered == 6)
        let page = try await records.find(Query(.compare("downloads", .equal, 1), allowsScan: false), as: type)
        #expect(page.records.map(\.message.name).sorted() == ["p1", "p3", "p5"])
        #expect(try await records.dropIndex("by_downloads", of: "package") == 6)
    }

    private func transact(_ store: any KeyValueStore) async throws {
        let type = try Samples.packages(indexes: [])
        let records = try await open(store, type, namespace: "x", SimulatedTime(seed: 2))
        try await records.save(package(0), as: type)
        let address = try type.address(of: package(0))
        guard store.capabilities.batchScope >= .partition else { return }
        try await records.transact(inPartitionOf: address) { transaction in
            try await transaction.update(address, as: type) { $0.downloads += 5 }
            try await transaction.save(package(1), as: type)
        }
        #expect(try await records.get(address, as: type)?.message.downloads == 5)
        #expect(try await records.get(try type.address(of: package(1)), as: type) != nil)
    }
}
