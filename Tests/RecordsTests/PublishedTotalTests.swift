import Foundation
import KeyValue
import SwiftProtobuf
import Synchronization
import TestSupport
import Testing
import Tuples

@testable import Records

/// Totals over all partitions of a type whose partitions are values of a field.
@Suite struct PublishedTotalTests {
    private static let shards = 3

    private static func type(_ scope: Index.Scope = .global(shards: shards)) throws -> RecordType<Package> {
        try Samples.packages(
            indexes: [
                Index("count", .count, on: [], scope: scope),
                Index("by_downloads", .count, on: [.field("downloads")], scope: scope),
                Index("downloads", .sum(of: "downloads"), on: [], scope: scope),
            ]
        )
    }

    private func package(_ number: Int, downloads: Int64? = nil) -> Package {
        Package.with {
            $0.owner = "owner\(number % 7)"
            $0.name = "p\(number)"
            $0.downloads = downloads ?? Int64(number % 5)
        }
    }

    @Test(arguments: Subject.ordered) func overAllPartitions(_ subject: Subject) async throws {
        try await subject.run(holdToTotals)
    }

    private func holdToTotals(_ store: any KeyValueStore) async throws {
        let type = try PublishedTotalTests.type()
        let records = try await RecordStore.ofTests(store, [type])
        #expect(try await records.total("count", as: type).value == 0)
        for number in 0..<20 { try await records.save(package(number), as: type) }
        for number in 0..<5 { try await records.save(package(number, downloads: 100), as: type) }
        for number in 15..<20 { try await records.delete(try type.address(of: package(number)), as: type) }
        let capabilities = store.capabilities
        let isExact =
            capabilities.batchScope == .store && capabilities.consistency == .linearizable && capabilities.snapshotReads
        if capabilities.batchScope < .store { #expect(try await records.sweepAll().left == 0) }
        let count = try await records.total("count", as: type)
        #expect(count.value == 15 && count.isExact == isExact)
        if capabilities.batchScope < .store { #expect(count.asOf == Timestamp(milliseconds: 50_000)) }
        #expect(try await records.total("by_downloads", of: [100], as: type).value == 5)
        #expect(try await records.total("by_downloads", of: [1], as: type).value == 2)
        #expect(try await records.total("by_downloads", of: [7], as: type).value == 0)
        #expect(try await records.total("downloads", as: type).value == 520)
        #expect(try await records.total("downloads", in: ["owner0"], as: type).value == 106)
        #expect(try await records.sweepAll().left == 0)
        #expect(try await records.total("downloads", as: type).value == 520)
        // Another group of the same name in another namespace is none of this.
        let other = try await RecordStore.ofTests(store, [type], namespace: "u")
        #expect(try await other.total("count", as: type).value == 0)
    }

    /// Counting costs the same, however many records there are, in however many partitions.
    @Test(arguments: MemoryProfile.all.filter { $0.capabilities.conditionalWrite }) func costIsBounded(
        _ profile: MemoryProfile
    ) async throws {
        let store = ReadCount(base: MemoryStore(profile))
        let type = try PublishedTotalTests.type()
        let records = try await RecordStore.open(
            store,
            namespace: "t",
            types: [type],
            cursorKey: CursorKey(high: 1, low: 2),
            requiring: .exclusiveWrites,
            environment: SimulatedTime().environment
        ) { Timestamp(milliseconds: 0) }
        for count in [1, 10, 100] {
            for number in 0..<count { try await records.save(package(number), as: type) }
            let before = store.rows
            _ = try await records.total("count", as: type)
            #expect(store.rows - before == PublishedTotalTests.shards + 2)
        }
    }

    @Test func localTotalsSayWhatToDo() async throws {
        let type = try PublishedTotalTests.type(.local)
        let records = try await RecordStore.ofTests(MemoryStore(), [type])
        let failure = await code { _ = try await records.total("count", as: type) }
        #expect(failure == .unsupported)
        #expect(try await records.total("count", in: ["ann"], as: type).isExact)
    }

    @Test(arguments: [BatchScope.partition, .key]) func scopeShrinksInMidRun(_ scope: BatchScope) async throws {
        let store = ShrinkingStore(base: MemoryStore())
        let type = try PublishedTotalTests.type()
        let records = try await RecordStore.ofTests(store, [type])
        for number in 0..<10 { try await records.save(package(number), as: type) }
        #expect(try await records.total("count", as: type) == RecordStore.Total(value: 10, isExact: true))
        store.scope = scope
        for number in 10..<20 { try await records.save(package(number), as: type) }
        #expect(try await !records.total("count", as: type).isExact)
        #expect(try await records.total("count", as: type).asOf == nil)
        store.scope = .store
        // It is right again from here on, but nobody can say that it always was.
        #expect(try await records.sweepAll().left == 0)
        for number in 20..<30 { try await records.save(package(number), as: type) }
        let total = try await records.total("count", as: type)
        #expect(total.value == 30 && !total.isExact && total.asOf != nil)
        #expect(try await records.describeSchema()[type: "package"]?[index: "count"]?.isBehind == true)
    }

    @Test func newestWins() async throws {
        let store = ShrinkingStore(base: MemoryStore())
        store.scope = .partition
        let type = try PublishedTotalTests.type()
        let records = try await RecordStore.ofTests(store, [type])
        try await records.save(package(1), as: type)
        let place = try RecordLayout(namespace: "t").partition(of: type.address(of: package(1)), type.shape)
        let publisher = TotalPublisher(writer: records.writer)
        let shapes = [type.name: type.shape]
        #expect(try await publisher.publish(place, shapes).published == 3)
        #expect(try await publisher.publish(place, shapes) == TotalPublisher.Report())
        try await records.save(package(8), as: type)
        store.beforeNextWrite { _ = try? await publisher.publish(place, shapes) }
        // What it read has been published by somebody else meanwhile, who read no less.
        #expect(try await publisher.publish(place, shapes).left == 0)
        #expect(try await records.total("count", as: type).value == 2)
    }

    @Test func damagedRowsAreNamed() async throws {
        let store = MemoryStore()
        let type = try PublishedTotalTests.type()
        let records = try await RecordStore.ofTests(store, [type])
        try await records.save(package(1), as: type)
        let layout = RecordLayout(namespace: "t")
        let index = try #require(type.shape.indexes.first { $0.name == "count" })
        for shard in 0..<PublishedTotalTests.shards {
            let place = try layout.partition(of: index, type.shape, shard: Tuple([TupleElement(shard)]))
            try await store.put([1], at: try layout.key(.total, "package/count", [], in: place))
        }
        #expect(await code { _ = try await records.total("count", as: type) } == .corrupted)
        for bytes in [[], [1], [2, 64], [1, 21, 1]] as [[UInt8]] {
            #expect(throws: RecordError.self) { try MomentRow(bytes) }
        }
        let moment = MomentRow(Timestamp(milliseconds: -1))
        #expect(try MomentRow(try moment.encoded()) == moment)
    }
}

/// Counts the keys that are read, and rows that are scanned.
private final class ReadCount: StoreDecorator {
    let base: any KeyValueStore
    private let count = Mutex(0)

    init(base: any KeyValueStore) { self.base = base }

    var rows: Int { count.withLock { $0 } }

    func around<Result: Sendable>(
        _ call: StoreCall,
        _ body: () async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        count.withLock { $0 += call.operation == .get ? call.items : 1 }
        return try await body()
    }
}

/// A store whose batches reach less at times.
private final class ShrinkingStore: StoreDecorator {
    let base: any KeyValueStore
    private let state = Mutex(BatchScope.store)
    private let interruption = Mutex<(@Sendable () async -> Void)?>(nil)

    init(base: any KeyValueStore) { self.base = base }

    var scope: BatchScope {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }

    var capabilities: Capabilities {
        var capabilities = base.capabilities
        capabilities.batchScope = scope
        return capabilities
    }

    func beforeNextWrite(_ body: @escaping @Sendable () async -> Void) { interruption.withLock { $0 = body } }

    func around<Result: Sendable>(
        _ call: StoreCall,
        _ body: () async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        if call.changesStore {
            let interruption = interruption.withLock { known in
                defer { known = nil }
                return known
            }
            await interruption?()
        }
        return try await body()
    }
}
