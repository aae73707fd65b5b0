import Foundation
import KeyValue
import SwiftProtobuf
import Synchronization
import TestSupport
import Testing
import Tuples

@testable import Records

/// Counts and sums that are built in a partition that is never quiet.
@Suite struct TotalBuildTests {
    private static let lease = Duration.seconds(30)
    private static let profiles = [MemoryProfile.reference, .partitionScope, .oneKeyScope, .smallLimits]
    private static let names = ["count", "downloads", "all"]
    private static let indexes = [
        Index("count", .count, on: [.field("downloads")]),
        Index("downloads", .sum(of: "downloads"), on: []),
        Index("all", .count, on: [.field("downloads")], scope: .global(shards: 2)),
    ]

    private let time = SimulatedTime()

    private func open(_ store: any KeyValueStore, _ type: RecordType<Package>) async throws -> RecordStore {
        try await RecordStore.open(
            store,
            namespace: "t",
            types: [type],
            cursorKey: CursorKey(high: 1, low: 2),
            schemaLease: TotalBuildTests.lease,
            environment: time.environment
        ) { Timestamp(milliseconds: 0) }
    }

    private static func package(_ number: Int, _ downloads: Int64) -> Package {
        Package.with {
            $0.owner = ["ann", "bob"][number % 2]
            $0.name = "p\(number)"
            $0.downloads = downloads
        }
    }

    private func builder(_ name: String, _ records: RecordStore, _ rules: WriteRules = .all) throws -> IndexBuilder {
        let shape = try #require(records.shapes["package"])
        var writer = records.writer
        writer.rules = rules
        return IndexBuilder(
            writer: writer,
            schema: records.schema,
            shape: shape,
            index: try #require(shape.indexes.first { $0.name == name }),
            pace: IndexWorkPace(pageSize: 8)
        )
    }

    /// Records of a release without totals, and the release that has them.
    private func grown(_ store: any KeyValueStore, _ count: Int) async throws -> (RecordStore, RecordType<Package>) {
        let old = try Samples.packages(indexes: [])
        let records = try await open(store, old)
        for number in 0..<count {
            try await records.save(TotalBuildTests.package(number, Int64(number % 3)), as: old)
        }
        let new = try Samples.packages(indexes: TotalBuildTests.indexes)
        return (try await open(store, new), new)
    }

    /// Holds totals against the records, which are read one by one.
    private func expectWhole(
        _ records: RecordStore,
        _ type: RecordType<Package>,
        _ store: any KeyValueStore
    ) async throws {
        if store.capabilities.batchScope == .key { _ = try await records.sweepAll() }
        var groups: [Int64: Int64] = [:]
        for owner in ["ann", "bob"] {
            let found = try await records.find(Query(in: [.string(owner)], limit: 1_000), as: type).records
            var sum: Int64 = 0
            var own: [Int64: Int64] = [:]
            for record in found {
                sum += record.message.downloads
                own[record.message.downloads, default: 0] += 1
            }
            #expect(try await records.total("downloads", in: [.string(owner)], as: type).value == sum)
            for (group, count) in own {
                #expect(
                    try await records.total("count", of: [.integer(group)], in: [.string(owner)], as: type).value
                        == count
                )
                groups[group, default: 0] += count
            }
        }
        if store.capabilities.batchScope == .partition { _ = try await records.sweepAll() }
        for (group, count) in groups {
            let total = try await records.total("all", of: [.integer(group)], as: type)
            #expect(total.value == count)
            if store.capabilities.batchScope == .store, store.capabilities.snapshotReads { #expect(total.isExact) }
        }
    }

    /// Before each write of the builder somebody changes, inserts or deletes a record, most often one that the builder
    /// has just read.
    @Test(arguments: profiles) func partitionIsNeverQuiet(_ profile: MemoryProfile) async throws {
        let store = MemoryStore(profile, environment: time.environment)
        let (quiet, type) = try await grown(store, 60)
        let writer = try await open(store, type)
        let number = Mutex(0)
        let busy = BusyStore(base: store) {
            let next = number.withLock { number in
                number += 1
                return number
            }
            let package = TotalBuildTests.package(next * 7 % 90, Int64(next % 5))
            if next.isMultiple(of: 5) {
                try await writer.delete(try type.address(of: package), as: type)
            } else {
                try await writer.save(package, as: type)
            }
        }
        _ = quiet
        let records = try await open(busy, type)
        for name in TotalBuildTests.names {
            let report = try await records.buildIndex(name, of: "package", pace: IndexWorkPace(pageSize: 8))
            #expect(report.state == .readable)
        }
        // A page that was spoiled is read again, smaller, but a record spoils no more than one.
        #expect(busy.calls > 40 && busy.calls < 2_000)
        try await expectWhole(try await open(store, type), type, store)
        let left = try await store.scan(.all(in: .reservedData), ScanOptions(limit: 10_000), after: nil)
        let kinds = left.compactMap { RecordLayout.decode($0.key)?.kind }
        #expect(!kinds.contains(.counting) && !kinds.contains(.counted) && !kinds.contains(.progress))
    }

    /// A record that changes each time before the builder writes is counted by who changes it.
    @Test func hotRecordSpoilsOnePage() async throws {
        let store = MemoryStore(environment: time.environment)
        let (_, type) = try await grown(store, 1)
        let writer = try await open(store, type)
        let address = try type.address(of: TotalBuildTests.package(0, 0))
        let busy = BusyStore(base: store) { try await writer.update(address, as: type) { $0.downloads += 1 } }
        let records = try await open(busy, type)
        #expect(try await records.buildIndex("count", of: "package").state == .readable)
        #expect(busy.calls < 20)
        try await expectCount(records, type)
    }

    private func expectCount(_ records: RecordStore, _ type: RecordType<Package>) async throws {
        let found = try await records.find(Query(in: ["ann"]), as: type).records
        for record in found {
            let group = Tuple([.integer(record.message.downloads)])
            #expect(try await records.total("count", of: group, in: ["ann"], as: type).value == 1)
        }
    }

    @Test(arguments: profiles) func goesOnAfterACrash(_ profile: MemoryProfile) async throws {
        let store = MemoryStore(profile, environment: time.environment)
        let (_, type) = try await grown(store, 60)
        for name in TotalBuildTests.names {
            var crashes = 0
            var isBuilt = false
            while !isBuilt, crashes < 200 {
                // Each life of the program ends with its ninth write.
                let mortal = MortalStore(base: store, writes: 8)
                do {
                    let records = try await open(mortal, type)
                    let pace = IndexWorkPace(pageSize: 4)
                    isBuilt = try await records.buildIndex(name, of: "package", pace: pace).state == .readable
                } catch let error as StoreError {
                    #expect(error.code == .unavailable)
                    crashes += 1
                }
            }
            #expect(isBuilt)
        }
        try await expectWhole(try await open(store, type), type, store)
    }

    /// An index that somebody was about to drop may not have been whole: it is counted from the beginning.
    @Test func halfDroppedIndexIsBuiltAnew() async throws {
        let store = MemoryStore(environment: time.environment)
        let (records, type) = try await grown(store, 10)
        for name in TotalBuildTests.names { _ = try await records.buildIndex(name, of: "package") }
        let first = try await records.describeSchema()[type: "package"]?[index: "count"]?.generation
        _ = try await records.schema.change { (description) throws(RecordError) in
            try description.update("count", of: "package") { $0.state = .writeOnly }
        }
        #expect(try await records.buildIndex("count", of: "package").state == .readable)
        #expect(try await records.describeSchema()[type: "package"]?[index: "count"]?.generation != first)
        try await expectWhole(records, type, store)
    }

    /// A builder that is behind the times counts nothing of an index that is readable already.
    @Test func slowBuilderIsToldOff() async throws {
        let store = MemoryStore(environment: time.environment)
        let (records, type) = try await grown(store, 10)
        let other = try await open(store, type)
        let once = Mutex(true)
        let busy = BusyStore(base: store) {
            guard try await other.describeSchema()[type: "package"]?[index: "count"]?.counting == .counting,
                once.withLock({ once in
                    defer { once = false }
                    return once
                })
            else { return }
            #expect(try await other.buildIndex("count", of: "package").state == .readable)
        }
        _ = records
        let slow = try await open(busy, type)
        let failure = await code { _ = try await slow.buildIndex("count", of: "package") }
        #expect(failure == .indexNotReady || failure == nil)
        for name in TotalBuildTests.names { _ = try await other.buildIndex(name, of: "package") }
        try await expectWhole(other, type, store)
    }

    /// To be exact again after the store's scope was narrow for a while, the index is dropped and built.
    @Test func exactAgain() async throws {
        let store = MemoryStore(environment: time.environment)
        let (records, type) = try await grown(store, 10)
        _ = try await records.buildIndex("all", of: "package")
        _ = try await records.schema.change { (description) throws(RecordError) in
            try description.update("all", of: "package") { $0.isBehind = true }
        }
        #expect(try await !records.total("all", of: [1], as: type).isExact)
        try await records.dropIndex("all", of: "package")
        let again = try await open(store, type)
        _ = try await again.buildIndex("all", of: "package")
        #expect(try await again.total("all", of: [1], as: type) == RecordStore.Total(value: 3, isExact: true))
    }

    /// More groups than are kept in memory are counted in several passes.
    @Test(arguments: [1, 3, 7, 100]) func groupsAreCountedInPieces(_ totalsMax: Int) async throws {
        let store = MemoryStore(.oneKeyScope, environment: time.environment)
        let type = try Samples.packages(indexes: TotalBuildTests.indexes)
        let records = try await open(store, type)
        for number in 0..<60 { try await records.save(TotalBuildTests.package(number, Int64(number % 21)), as: type) }
        let place = try RecordLayout(namespace: "t").partition(
            of: type.address(of: TotalBuildTests.package(0, 0)),
            type.shape
        )
        for owner in ["ann", "bob"] {
            let address = RecordAddress(type: "package", partition: [.string(owner)], primaryKey: [])
            let partition = try RecordLayout(namespace: "t").partition(of: address, type.shape)
            // A group that no record is of any more.
            try await store.put(
                Counter.encode(9),
                at: try RecordLayout(namespace: "t").key(.total, "package/count", [-1], in: partition)
            )
            for index in type.shape.indexes {
                let recounter = Recounter(writer: records.writer, totalsMax: totalsMax)
                try await recounter.count(index, of: type.shape, in: partition, pageSize: 4)
            }
        }
        #expect(try await records.total("count", of: [-1], in: ["ann"], as: type).value == 0)
        let stale = try RecordLayout(namespace: "t").range(of: .total, [.string("package/count")], in: place)
        #expect(try await store.scan(stale, ScanOptions(), after: nil).count == 22)
        try await expectWhole(records, type, store)
    }

    @Test func rowsOfProgress() throws {
        var row = CountingRow(generation: 7)
        row.position = [1, 2]
        row.phase = .done
        #expect(try CountingRow(row.encoded) == row)
        for length in 0..<row.encoded.count {
            #expect(throws: RecordError.self) { try CountingRow(Array(row.encoded[..<length])) }
        }
        #expect(throws: RecordError.self) { try CountingRow([1] + Array(repeating: 0, count: 8) + [3, 0, 0, 0, 0]) }
    }
}
