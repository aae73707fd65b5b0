import Foundation
import KeyValue
import SwiftProtobuf
import Synchronization
import TestSupport
import Testing
import Tuples

@testable import Records

/// What is done in the background, in simulated time.
@Suite struct SweepingTests {
    private static let profiles = [
        MemoryProfile.reference, .partitionScope, .oneKeyScope, .noConditionalDelete, .smallLimits,
    ]

    private let time = SimulatedTime()

    private static func type(_ indexes: [Index]) throws -> RecordType<Upload> {
        try RecordType(
            "upload",
            fields: [
                .one("space", .string) { .string($0.space) },
                .one("root", .bytes) { .bytes(Array($0.root)) },
                .one("size", .integer) { .integer($0.size) },
                .one("expires_at", .timestamp) { upload in
                    guard upload.hasExpiresAtSeconds else { return .missing }
                    return Timestamp(seconds: upload.expiresAtSeconds).map { .timestamp($0) } ?? .missing
                },
            ],
            partitionedBy: .shards(4, of: ["root"], group: "upload"),
            primaryKey: ["root"],
            indexes: indexes + [
                Index("space", .unique, on: [.field("space")], scope: .global(shards: 2)),
                Index("count", .count, on: []), Index("size", .sum(of: "size"), on: []),
            ],
            expiry: "expires_at"
        )
    }

    private func open(_ store: any KeyValueStore, _ type: any RecordTypeDeclaration) async throws -> RecordStore {
        try await RecordStore.open(
            store,
            namespace: "t",
            types: [type],
            cursorKey: CursorKey(high: 1, low: 2),
            environment: time.environment
        ) { Timestamp(milliseconds: Int64(self.time.now / .milliseconds(1))) }
    }

    private func upload(_ number: Int) -> Upload {
        Upload.with {
            $0.space = "s\(number)"
            $0.root = Data([UInt8(number)])
            $0.size = Int64(number)
            if number % 3 != 0 { $0.expiresAtSeconds = number % 3 == 1 ? 100 : 10_000 }
        }
    }

    private static let expiryIndexes: [[Index]] = [
        [], [Index("by_expiry", on: [.field("expires_at")])],
        [Index("by_expiry", on: [.field("expires_at"), .field("space")], scope: .global(shards: 2))],
    ]

    @Test(arguments: profiles, expiryIndexes) func expiredRecordsGo(
        _ profile: MemoryProfile,
        _ indexes: [Index]
    )
        async throws
    {
        let store = MemoryStore(profile, environment: time.environment)
        let type = try SweepingTests.type(indexes)
        let records = try await open(store, type)
        for number in 0..<30 { try await records.save(upload(number), as: type) }
        #expect(try await records.sweepAll().expired == 0)
        time.advance(by: .seconds(100))
        let report = try await records.sweepAll(pace: IndexWorkPace(pageSize: 3))
        #expect(report.expired == 10 && report.partitions >= 4 && report.left == 0)
        try await records.sweepAll()
        #expect(try await records.total("count", as: type).value == 20)
        let claims = try await store.scan(.all(in: .reservedData), ScanOptions(), after: nil)
        #expect(claims.count { RecordLayout.decode($0.key)?.kind == .claim } == 20)
        #expect(try await records.sweepAll().expired == 0)
        #expect(try await records.get(try type.address(of: upload(2)), as: type) != nil)
        #expect(try await records.get(try type.address(of: upload(0)), as: type) != nil)
    }

    /// Sweeps every minute for four minutes. Sleeping moves the clock, so the task runs until its own report ends it.
    private func sweep(_ records: RecordStore) async -> [Result<RecordStore.SweepReport, any Error>] {
        let rounds = Rounds()
        let time = time
        let task = Task {
            await records.keepSwept(every: .seconds(60)) { result in
                rounds.reports.withLock { $0.append(result) }
                if time.now >= .seconds(240) { withUnsafeCurrentTask { $0?.cancel() } }
            }
        }
        await task.value
        return rounds.reports.withLock { $0 }
    }

    /// The bound: what has expired is gone an interval and two rounds later, whatever happened to a round.
    @Test func bound() async throws {
        let store = MemoryStore(environment: time.environment)
        let type = try SweepingTests.type(SweepingTests.expiryIndexes[1])
        let records = try await open(store, type)
        for number in 0..<6 { try await records.save(upload(number), as: type) }
        let key = try RecordLayout(namespace: "t").key(of: try type.address(of: upload(1)), type.shape)
        let rounds = try await sweep(records).map { try $0.get() }
        #expect(rounds.map(\.expired) == [0, 0, 2, 0, 0])
        #expect(time.slept == Array(repeating: .seconds(60), count: 4))
        #expect(try await store.get(key) == nil)
    }

    /// The round that comes across a damaged record names it by its key, and does all the rest.
    @Test(arguments: expiryIndexes) func damageIsNamedByItsKey(_ indexes: [Index]) async throws {
        let store = MemoryStore(environment: time.environment)
        let type = try SweepingTests.type(indexes)
        let records = try await open(store, type)
        for number in 0..<30 { try await records.save(upload(number), as: type) }
        let key = try RecordLayout(namespace: "t").key(of: type.address(of: upload(1)), type.shape)
        try await store.put([1, 2, 3], at: key)
        time.advance(by: .seconds(100))
        let rounds = try await sweep(records).map { try $0.get() }
        let report = try #require(rounds.first)
        #expect(report.expired == 9 && report.left == 0)
        #expect(report.damagedRows.map(\.key) == [key] && report.damagedRows.first?.code == .corrupted)
        #expect(rounds.allSatisfy { $0.damagedRows == report.damagedRows })
    }

    /// So does one that finds damage in what a crashed writer has left, and in what is to be counted anew.
    @Test func damageInWhatIsLeftOpenIsNamedByItsKey() async throws {
        let store = MemoryStore(.oneKeyScope, environment: time.environment)
        let type = try SweepingTests.type([])
        let records = try await open(store, type)
        let layout = RecordLayout(namespace: "t")
        for number in 0..<30 { try await records.save(upload(number), as: type) }
        let record = try layout.key(of: type.address(of: upload(2)), type.shape)
        let row = try #require(try await store.get(record)).value
        try await store.put([1, 2, 3], at: record)
        let intent = try layout.key(.intent, "upload", [.bytes([7]), 7], in: record.partition)
        try await store.put([9], at: intent)
        let report = try await records.sweepAll()
        #expect(report.damaged == 1 && report.left >= 2)
        #expect(Set(report.damagedRows.map(\.key)) == [intent, record])
        let address = try type.address(of: upload(2))
        await #expect { try await records.sweep(partitionOf: address) } throws: {
            ($0 as? RecordError)?.metadata["key"] == "\(intent)"
        }
        try await store.delete(intent)
        #expect(try await records.sweepAll().damagedRows.map(\.key) == [record])
        try await store.put(row, at: record)
        let last = try await records.sweepAll()
        #expect(last.damagedRows.isEmpty && last.damaged == 0 && last.left == 0)
        #expect(try await records.total("count", as: type).value == 30)
    }

    @Test func roundThatFailsIsNotTheLast() async throws {
        let store = MemoryStore(environment: time.environment)
        let type = try SweepingTests.type([])
        let good = try await open(store, type)
        await store.close()
        let rounds = await sweep(good)
        #expect(rounds.count == 5)
        #expect(rounds.allSatisfy { if case .failure = $0 { true } else { false } })
    }

    @Test(arguments: profiles) func totalsOverShards(_ profile: MemoryProfile) async throws {
        let store = MemoryStore(profile, environment: time.environment)
        let type = try SweepingTests.type([])
        let records = try await open(store, type)
        for number in 0..<30 { try await records.save(upload(number), as: type) }
        let isNarrow = profile.capabilities.batchScope == .key
        if isNarrow {
            #expect(try await !records.total("size", as: type).isExact)
            #expect(try await records.sweepAll().totals > 0)
        }
        let total = try await records.total("size", as: type)
        #expect(total.value == 435)
        // It has records too that have expired and are still to be swept.
        #expect(!total.isExact)
        let reads = ReadCount(base: store)
        let counted = try await open(reads, type)
        _ = try await counted.total("count", as: type)
        #expect(reads.keys <= 4 + 4 + 2)
    }

    /// A count by an index leaves out what has expired, before a sweep as after it, and costs no look at other records.
    @Test(arguments: profiles, [0, 1, 2]) func countsLeaveOutWhatHasExpired(
        _ profile: MemoryProfile,
        _ indexes: Int
    ) async throws {
        let store = MemoryStore(profile, environment: time.environment)
        let type = try SweepingTests.type(SweepingTests.expiryIndexes[indexes])
        let records = try await open(store, type)
        for number in 0..<30 { try await records.save(upload(number), as: type) }
        try await records.sweepAll()
        #expect(try await records.count(Query(), as: type).value == 30)
        time.advance(by: .seconds(100))
        for isSwept in [false, true] {
            if isSwept { #expect(try await records.sweepAll().expired == 10) }
            if isSwept { try await records.sweepAll() }
            #expect(try await records.total("count", as: type).value == (isSwept ? 20 : 30))
            #expect(try await !records.total("count", as: type).isExact)
            let count = try await records.count(Query(), as: type)
            #expect(count.value == 20 && !count.isExact)
            #expect(count.index == (indexes == 0 ? nil : "count"))
            let plan = try records.explainCount(Query(), as: type)
            #expect(plan.hasPrefix(indexes == 0 ? "one by one" : "count index count"), "\(plan)")
            guard indexes > 0 else { continue }
            // The entries of those that have expired, and nothing of the others, but for tombstones.
            if isSwept, profile.capabilities.conditionalDelete { #expect(count.examined <= 2) }
            if !isSwept { #expect(count.examined <= 12) }
        }
    }

    @Test func scrubbingCollectsTombstones() async throws {
        let store = MemoryStore(.oneKeyScope, environment: time.environment)
        let type = try SweepingTests.type([])
        let records = try await open(store, type)
        try await records.save(upload(1), as: type)
        let address = try type.address(of: upload(1))
        let lost = try RecordLayout(namespace: "t").key(
            .record,
            "upload",
            [.bytes([200])],
            in: try RecordLayout(namespace: "t").partition(of: address, type.shape)
        )
        _ = try await store.write(WriteBatch([WriteBatch.Operation(.bury, at: lost)]))
        try await records.scrub(partitionOf: address)
        #expect(try await store.get(lost, ReadOptions(includesTombstones: true)) == nil)
        #expect(try await records.get(address, as: type) != nil)
    }
}

/// What rounds of sweeping said.
private final class Rounds: Sendable {
    let reports = Mutex<[Result<RecordStore.SweepReport, any Error>]>([])
}

/// Counts the keys that are read.
private final class ReadCount: StoreDecorator {
    let base: any KeyValueStore
    private let count = Mutex(0)

    init(base: any KeyValueStore) { self.base = base }

    var keys: Int { count.withLock { $0 } }

    func around<Result: Sendable>(
        _ call: StoreCall,
        _ body: () async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        if call.operation == .get { count.withLock { $0 += call.items } }
        return try await body()
    }
}
