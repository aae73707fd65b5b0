import Foundation
import KeyValue
import SwiftProtobuf
import Synchronization
import TestSupport
import Testing
import Tuples

@testable import Records

/// All rows are held against each other, and what can't be read is told.
@Suite struct ScrubTests {
    private static let profiles = [MemoryProfile.reference, .partitionScope, .oneKeyScope, .smallLimits]

    private let layout = RecordLayout(namespace: "t")

    private func package(_ number: Int) -> Package {
        Package.with {
            $0.owner = "owner\(number % 5)"
            $0.name = "p\(number)"
            $0.tags = ["all"]
            $0.downloads = Int64(number)
            $0.digest = "d\(number)"
        }
    }

    private func type() throws -> RecordType<Package> {
        try Samples.packages(
            indexes: Samples.localIndexes + [Index("global", on: [.field("downloads")], scope: .global(shards: 3))]
        )
    }

    private func filled(_ store: any KeyValueStore, _ count: Int = 40) async throws -> RecordStore {
        let records = try await RecordStore.ofTests(store, [try type()])
        for number in 0..<count { try await records.save(package(number), as: try type()) }
        return records
    }

    private func key(_ number: Int) throws -> Key {
        let type = try type()
        return try layout.key(of: try type.address(of: package(number)), type.shape)
    }

    @Test(arguments: profiles) func wholeRecordsAreLeftAlone(_ profile: MemoryProfile) async throws {
        let store = MemoryStore(profile)
        let records = try await filled(store)
        _ = try await records.sweepAll()
        let report = try await records.scrubAll(pace: IndexWorkPace(pageSize: 7))
        #expect(report.mended == 0 && report.damagedCount == 0 && report.unknown == 0)
        #expect(report.partitions == 5 + 3)
        let rows = try await store.count(.all()).value
        #expect(report.examined >= rows)
        let again = try await records.scrubAll()
        #expect(again.examined == report.examined)
    }

    /// Whatever bit of a record is turned over, the scrub says which record it is, and leaves it and its entries.
    @Test func everyBitOfARecord() async throws {
        let store = MemoryStore()
        let records = try await filled(store, 6)
        let whole = try #require(try await store.get(try key(3))).value
        let address = try type().address(of: package(3))
        let before = try await store.count(.all()).value
        for bit in 0..<whole.count * 8 {
            var damaged = whole
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            try await store.put(damaged, at: try key(3))
            let report = try await records.scrub(partitionOf: address)
            #expect(report.damaged.map(\.key) == [try key(3)] && report.damagedCount == 1 && report.mended == 0)
            #expect([.corrupted, .newerVersion].contains(report.damaged.first?.code))
            #expect(await code { _ = try await records.get(try type().address(of: package(3)), as: try type()) } != nil)
        }
        try await store.put(whole, at: try key(3))
        #expect(try await records.scrubAll().damagedCount == 0)
        #expect(try await store.count(.all()).value == before)
    }

    @Test func otherDamageIsNamed() async throws {
        let store = MemoryStore()
        let records = try await filled(store, 6)
        let type = try type()
        let partition = try layout.partition(of: try type.address(of: package(1)), type.shape)
        // A record at the key of another, one of a newer schema, a claim and an intent that are none, a total that is no
        // number, an entry that names no record, and a row that is of nothing known.
        let stored = try #require(try await store.get(try key(1))).value
        let strange = try layout.key(.record, "package", ["p99"], in: partition)
        let newer = try layout.key(.record, "package", ["p98"], in: partition)
        let version = RecordVersion(high: 1, low: 2)
        let rows: [(Key, [UInt8])] = [
            (strange, stored),
            (newer, Envelope(type: "package", schemaVersion: 9, version: version, body: []).encoded),
            (try layout.key(.claim, "package/digest", ["x"], in: partition), [9]),
            (try layout.key(.intent, "package", [1], in: partition), [9]),
            (try layout.key(.total, "package/downloads", [1], in: partition), [1, 2]),
            (try layout.key(.entry, "package/by_tag", [1], in: partition), []),
        ]
        for (key, value) in rows { try await store.put(value, at: key) }
        try await store.put([], at: Key(partition: partition, bytes: [255, 1], space: .records))
        let report = try await records.scrubAll()
        #expect(Set(report.damaged.map(\.key)) == Set(rows.map(\.0)))
        #expect(report.damagedCount == rows.count && report.unknown == 1)
        #expect(report.damaged.first { $0.key == newer }?.code == .newerVersion)
        #expect(report.damaged.allSatisfy { !$0.message.isEmpty })
        for (key, value) in rows { #expect(try await store.get(key)?.value == value) }
    }

    @Test(arguments: profiles) func goesOnAfterACrash(_ profile: MemoryProfile) async throws {
        let store = MemoryStore(profile)
        let records = try await filled(store)
        _ = try await records.sweepAll()
        let whole = try await records.scrubAll(pace: IndexWorkPace(pageSize: 5))
        try await store.put([1], at: try key(7))
        var crashes = 0
        var report: ScrubReport?
        var rows = 0
        while report == nil, crashes < 500 {
            let last = Mutex(0)
            do {
                let mortal = try await RecordStore.ofTests(MortalStore(base: store, writes: 3), [try type()])
                report = try await mortal.scrubAll(pace: IndexWorkPace(pageSize: 5)) { progress in
                    last.withLock { $0 = progress.rows }
                }
            } catch let error as StoreError {
                #expect(error.code == .unavailable)
                crashes += 1
            }
            rows += last.withLock { $0 }
        }
        #expect(crashes > 5)
        // What a life that has ended found is told by the last.
        #expect(report?.damaged.map(\.key) == [try key(7)])
        #expect(report?.partitions == whole.partitions && report?.examined == whole.examined)
        #expect(rows <= whole.examined)
    }

    @Test func beginsAnewWhenTold() async throws {
        let store = MemoryStore()
        let records = try await filled(store)
        let mortal = try await RecordStore.ofTests(MortalStore(base: store, writes: 4), [try type()])
        await #expect(throws: StoreError.self) { try await mortal.scrubAll(pace: IndexWorkPace(pageSize: 5)) }
        let seen = Mutex(0)
        let report = try await records.scrubAll(fromStart: true) { progress in seen.withLock { $0 = progress.rows } }
        #expect(seen.withLock { $0 } == report.examined)
    }

    @Test func rowsOfProgress() throws {
        var row = ScrubRow(epoch: 3)
        row.begin(4)
        row.partition = [1]
        row.report.note(.damaged("It is."), at: Key(partition: [1], bytes: [2]))
        #expect(try ScrubRow(row.encoded) == row)
        let whole = row.encoded
        // Without its last part it is a row that names fewer damaged ones.
        for length in 0..<whole.count where (try? ScrubRow(Array(whole[..<length]))) != nil {
            #expect(try ScrubRow(Array(whole[..<length])).report.damaged.isEmpty)
        }
        for bit in 0..<whole.count * 8 {
            var damaged = whole
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            // Total: whatever it makes of it, it does not trap.
            _ = try? ScrubRow(damaged)
        }
    }
}
