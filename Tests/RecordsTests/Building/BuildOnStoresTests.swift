import Foundation
import KeyValue
import SwiftProtobuf
import TestSupport
import Testing
import Tuples

@testable import Records

/// Indexes are built on each kind of store while somebody writes.
@Suite struct BuildOnStoresTests {
    private static let indexes = [
        Index("by_tag", on: [.each("tags")]),
        Index("by_downloads", on: [.field("downloads")], scope: .global(shards: 2)),
        Index("digest", .unique, on: [.field("digest")], scope: .global(shards: 2)),
        Index("count", .count, on: [.field("downloads")]),
        Index("all", .count, on: [], scope: .global(shards: 2)),
    ]

    private static func package(_ number: Int, _ round: Int = 0) -> Package {
        Package.with {
            $0.owner = ["ann", "bob", "cid"][number % 3]
            $0.name = "p\(number)"
            $0.tags = ["all", "round\(round)"]
            $0.downloads = Int64((number + round) % 5)
            $0.digest = "d\(number)"
        }
    }

    private func open(
        _ store: any KeyValueStore,
        _ type: RecordType<Package>,
        leasing lease: Duration
    ) async throws -> RecordStore {
        try await RecordStore.open(
            store,
            namespace: "t",
            types: [type],
            cursorKey: CursorKey(high: 1, low: 2),
            requiring: .exclusiveWrites,
            schemaLease: lease
        ) { Timestamp(milliseconds: 0) }
    }

    private static let subjects = [Subject.inMemory(.reference), .inMemory(.oneKeyScope)] + Subject.servers

    @Test(arguments: subjects) func besideAWriter(_ subject: Subject) async throws {
        try await subject.run { try await hold($0, leasing: subject.schemaLease) }
    }

    private func hold(_ store: any KeyValueStore, leasing lease: Duration) async throws {
        let old = try Samples.packages(indexes: [])
        let first = try await open(store, old, leasing: lease)
        for number in 0..<60 { try await first.save(BuildOnStoresTests.package(number), as: old) }
        let type = try Samples.packages(indexes: BuildOnStoresTests.indexes)
        let records = try await open(store, type, leasing: lease)
        let writer = try await open(store, type, leasing: lease)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                // It goes on until all is built.
                for round in 1... {
                    for number in 0..<80 {
                        if Task.isCancelled { return true }
                        // A store in memory never waits, and would leave the builders no processor.
                        await Task.yield()
                        if (number + round).isMultiple(of: 7) {
                            try await writer.delete(try type.address(of: BuildOnStoresTests.package(number)), as: type)
                        } else {
                            try await writer.save(BuildOnStoresTests.package(number, round), as: type)
                        }
                    }
                }
                return true
            }
            for index in BuildOnStoresTests.indexes {
                group.addTask {
                    let pace = IndexWorkPace(pageSize: 8, width: 2)
                    return try await records.buildIndex(index.name, of: "package", pace: pace).state == .readable
                }
            }
            for _ in BuildOnStoresTests.indexes {
                let isBuilt = try await group.next()
                #expect(isBuilt == true)
            }
            group.cancelAll()
            // A task that is cancelled may leave a change half way.
            do { while try await group.next() != nil {} } catch {}
        }
        _ = try await records.sweepAll()
        let scrubbed = try await records.scrubAll()
        #expect(scrubbed.damagedCount == 0)
        try await expectWhole(try await open(store, type, leasing: lease), type)
    }

    private func expectWhole(_ records: RecordStore, _ type: RecordType<Package>) async throws {
        var count = 0
        for owner in ["ann", "bob", "cid"] {
            let partition: Tuple = [.string(owner)]
            let all = try await records.find(Query(in: partition, limit: 1_000), as: type).records.map(\.message)
            count += all.count
            let tagged = try await records.find(
                Query(.any("tags", .equal, "all"), in: partition, limit: 1_000),
                as: type
            )
            #expect(Set(tagged.records.map(\.message)) == Set(all))
            for downloads in 0..<5 {
                let group = all.filter { $0.downloads == Int64(downloads) }.count
                let total = try await records.total("count", of: [.integer(Int64(downloads))], in: partition, as: type)
                #expect(total.value == Int64(group))
            }
        }
        #expect(try await records.total("all", as: type).value == Int64(count))
        let found = try await records.find(
            Query(.compare("downloads", .equal, 1), orderedBy: ["downloads"], limit: 1_000),
            as: type
        )
        let alike = try await records.find(Query(.compare("downloads", .equal, 1), in: ["ann"], limit: 1_000), as: type)
        #expect(found.records.filter { $0.message.owner == "ann" }.count == alike.records.count)
    }
}
