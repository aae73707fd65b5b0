import Foundation
import KeyValue
import SwiftProtobuf
import Synchronization
import TestSupport
import Testing
import Tuples

@testable import Records

/// Building indexes over records that are there, and dropping them.
@Suite struct IndexBuildTests {
    private static let lease = Duration.seconds(30)
    private static let profiles = [
        MemoryProfile.reference, .partitionScope, .oneKeyScope, .noConditionalDelete, .smallLimits,
    ]
    private static let names = Samples.localIndexes.map(\.name)
    /// The rules that tests below take away.
    static let needed: WriteRules = [.buildAnew, .sameGeneration]

    private let time = SimulatedTime()

    private func open(_ store: any KeyValueStore, _ type: RecordType<Package>) async throws -> RecordStore {
        try await RecordStore.open(
            store,
            namespace: "t",
            types: [type],
            cursorKey: CursorKey(high: 1, low: 2),
            schemaLease: IndexBuildTests.lease,
            environment: time.environment
        ) { Timestamp(milliseconds: 0) }
    }

    private static func package(_ number: Int) -> Package {
        Package.with {
            $0.owner = ["ann", "bob", "cid"][number % 3]
            $0.name = "p\(number)"
            $0.summary = "Number \(number)"
            $0.tags = ["all", "rest\(number % 4)"]
            $0.downloads = Int64(number % 5)
            $0.digest = "d\(number)"
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
            pace: IndexWorkPace()
        )
    }

    /// Records of a release without indexes, and the release that has them.
    private func grown(_ store: any KeyValueStore, _ count: Int) async throws -> (RecordStore, RecordType<Package>) {
        let old = try Samples.packages(indexes: [])
        let records = try await open(store, old)
        for number in 0..<count { try await records.save(IndexBuildTests.package(number), as: old) }
        let new = try Samples.packages()
        return (try await open(store, new), new)
    }

    private func expectWhole(_ records: RecordStore, _ type: RecordType<Package>, _ count: Int) async throws {
        var tagged = 0
        var sum: Int64 = 0
        for owner in ["ann", "bob", "cid"] {
            let query = Query(.any("tags", .equal, "all"), in: [.string(owner)], limit: 1_000)
            #expect(try records.explain(query, as: type).contains("by_tag"))
            tagged += try await records.find(query, as: type).records.count
            sum += try await records.total("downloads", in: [.string(owner)], as: type).value
            let address = RecordAddress(type: "package", partition: [.string(owner)], primaryKey: [])
            #expect(try await records.sweep(partitionOf: address) == 0)
            #expect(try await records.scrub(partitionOf: address).mended == 0)
        }
        #expect(tagged == count)
        #expect(sum == (0..<count).reduce(0) { $0 + Int64($1 % 5) })
    }

    @Test(arguments: profiles) func buildsOverWhatIsThere(_ profile: MemoryProfile) async throws {
        let store = MemoryStore(profile, environment: time.environment)
        let (records, type) = try await grown(store, 40)
        for name in IndexBuildTests.names {
            let report = try await records.buildIndex(name, of: "package", pace: IndexWorkPace(pageSize: 7))
            #expect(report.state == .readable && report.mended == 0 && report.duplicateCount == 0)
        }
        try await expectWhole(records, type, 40)
        #expect(
            try await records.describeSchema()[type: "package"]?.indexes.allSatisfy { $0.state == .readable } == true
        )
        // A count or a sum waits three times.
        let waits = Samples.localIndexes.reduce(0) { $0 + ($1.isAggregate ? 3 : 1) }
        #expect(time.slept == Array(repeating: IndexBuildTests.lease * 2, count: waits))
        let again = try await records.buildIndex("by_tag", of: "package")
        #expect(again.state == .readable && again.entered == 0)
        let duplicate = IndexBuildTests.package(0)
        let error = await #expect(throws: RecordError.self) {
            try await records.save(
                Package.with {
                    $0.owner = duplicate.owner
                    $0.name = "other"
                    $0.digest = duplicate.digest
                },
                as: type
            )
        }
        #expect(error?.code == .notUnique)
    }

    /// What an index keeps when it is built is what it would have kept from the beginning.
    @Test(arguments: profiles) func leavesTheSameRows(_ profile: MemoryProfile) async throws {
        let built = MemoryStore(profile, environment: time.environment)
        let (records, _) = try await grown(built, 30)
        for name in IndexBuildTests.names { _ = try await records.buildIndex(name, of: "package") }
        let kept = MemoryStore(profile, environment: time.environment)
        let type = try Samples.packages()
        let other = try await open(kept, type)
        for number in 0..<30 { try await other.save(IndexBuildTests.package(number), as: type) }
        for owner in ["ann", "bob", "cid"] {
            let address = RecordAddress(type: "package", partition: [.string(owner)], primaryKey: [])
            try await other.sweep(partitionOf: address)
        }
        for space in [KeySpace.records, .reservedData] {
            let rows = try await keys(built, space)
            #expect(rows == (try await keys(kept, space)))
        }
    }

    private func keys(_ store: MemoryStore, _ space: KeySpace) async throws -> [Key] {
        let page = try await store.scan(.all(in: space), ScanOptions(limit: 10_000, bytesMax: 1 << 24), after: nil)
        return page.map(\.key).sorted()
    }

    @Test(arguments: profiles) func goesOnAfterACrash(_ profile: MemoryProfile) async throws {
        let store = MemoryStore(profile, environment: time.environment)
        let (_, type) = try await grown(store, 60)
        var entered = 0
        var crashes = 0
        var isBuilt = false
        while !isBuilt {
            // Each life of the program ends with its 45th write.
            let mortal = MortalStore(base: store, writes: 45)
            do {
                let records = try await open(mortal, type)
                entered += try await records.buildIndex("by_tag", of: "package", pace: IndexWorkPace(pageSize: 4))
                    .entered
                isBuilt = true
            } catch let error as StoreError {
                #expect(error.code == .unavailable)
                crashes += 1
                guard crashes < 100 else { break }
            }
        }
        #expect(crashes > 0 && entered < 60)
        // Everybody was waited for once: that is kept too.
        #expect(time.slept.count == 1)
        for name in IndexBuildTests.names { _ = try await open(store, type).buildIndex(name, of: "package") }
        try await expectWhole(try await open(store, type), type, 60)
    }

    /// What was held against its entries before a crash is not looked at again.
    @Test(arguments: profiles) func verificationGoesOnAfterACrash(_ profile: MemoryProfile) async throws {
        let store = MemoryStore(profile, environment: time.environment)
        let (_, type) = try await grown(store, 90)
        let rows = Mutex((entered: 0, verified: 0))
        var (crashes, verified) = (0, 0)
        var isBuilt = false
        while !isBuilt, crashes < 300 {
            // A life may end while records are entered, and it may end while they are verified.
            let mortal = MortalStore(base: store, writes: crashes.isMultiple(of: 2) ? 60 : 9)
            do {
                let records = try await open(mortal, type)
                let pace = IndexWorkPace(pageSize: 4)
                isBuilt =
                    try await records.buildIndex("by_downloads", of: "package", pace: pace) { progress in
                        guard progress.phase == .verifying else { return }
                        rows.withLock { $0.verified = progress.rows }
                    }.state == .readable
            } catch let error as StoreError {
                #expect(error.code == .unavailable)
                crashes += 1
            }
            verified += rows.withLock { rows in
                defer { rows.verified = 0 }
                return rows.verified
            }
        }
        #expect(isBuilt && crashes > 2)
        // Each life may look again at the page that it was at.
        #expect(verified >= 90 && verified <= 90 + 4 * crashes)
        let query = Query(.compare("downloads", .equal, 1), in: ["ann"], limit: 100)
        let found = try await open(store, type).find(query, as: type)
        #expect(found.records.count == (0..<90).count { $0 % 3 == 0 && $0 % 5 == 1 })
    }

    /// Duplicates are told again by who goes on after a crash, since he can't have told of them before.
    @Test func duplicatesOutlastACrash() async throws {
        let store = MemoryStore(environment: time.environment)
        let old = try Samples.packages(indexes: [])
        let first = try await open(store, old)
        for number in 0..<40 {
            var package = IndexBuildTests.package(0)
            package.name = "p\(10 + number)"
            package.digest = number < 38 ? "own \(number)" : "same"
            try await first.save(package, as: old)
        }
        let type = try Samples.packages()
        var told = 0
        for writes in 1... {
            do {
                let records = try await open(MortalStore(base: store, writes: writes), type)
                told = try await records.buildIndex("digest", of: "package", pace: IndexWorkPace(pageSize: 4))
                    .duplicateCount
                break
            } catch let error as StoreError {
                #expect(error.code == .unavailable)
            }
        }
        #expect(told == 1)
    }

    /// A record that changes while it is verified does not miss anything.
    @Test(arguments: [MemoryProfile.reference, .oneKeyScope]) func verificationEndsBesideWriters(
        _ profile: MemoryProfile
    ) async throws {
        let store = MemoryStore(profile, environment: time.environment)
        let (records, type) = try await grown(store, 30)
        _ = records
        let writer = try await open(store, type)
        let number = Mutex(0)
        let busy = BusyStore(base: store, beforeReads: true) {
            let next = number.withLock { number in
                number += 1
                return number
            }
            let address = try type.address(of: IndexBuildTests.package(next % 30))
            try await writer.update(address, as: type) { $0.downloads = Int64(next % 9) }
        }
        let report = try await open(busy, type).buildIndex("by_downloads", of: "package", pace: IndexWorkPace(width: 1))
        #expect(report.state == .readable && report.mended == 0)
        let address = RecordAddress(type: "package", partition: ["ann"], primaryKey: [])
        #expect(try await writer.scrub(partitionOf: address).mended == 0)
    }

    @Test(arguments: profiles) func duplicatesAreReported(_ profile: MemoryProfile) async throws {
        let store = MemoryStore(profile, environment: time.environment)
        let old = try Samples.packages(indexes: [])
        let first = try await open(store, old)
        for number in 0..<9 {
            var package = IndexBuildTests.package(number)
            package.digest = "d\(number / 6)"
            try await first.save(package, as: old)
        }
        let type = try Samples.packages()
        let records = try await open(store, type)
        var report = try await records.buildIndex("digest", of: "package")
        #expect(report.state == .writeOnly && report.duplicateCount == 3)
        #expect(Set(report.duplicates.map(\.partition)) == [["ann"], ["bob"], ["cid"]])
        #expect(try await records.describeSchema()[type: "package"]?[index: "digest"]?.state == .writeOnly)
        for address in report.duplicates {
            try await records.update(address, as: type) { $0.digest = "own \($0.name)" }
        }
        report = try await records.buildIndex("digest", of: "package")
        #expect(report.state == .readable && report.duplicateCount == 0)
    }

    @Test(arguments: profiles) func droppedIndexLeavesNothing(_ profile: MemoryProfile) async throws {
        let store = MemoryStore(profile, environment: time.environment)
        let type = try Samples.packages()
        let records = try await open(store, type)
        for number in 0..<30 { try await records.save(IndexBuildTests.package(number), as: type) }
        for name in IndexBuildTests.names {
            #expect(try await records.dropIndex(name, of: "package", pace: IndexWorkPace(pageSize: 5)) > 0)
        }
        let rows = try await keys(store, .records) + keys(store, .reservedData)
        let schemaKey = try RecordLayout(namespace: "t").schemaKey()
        #expect(rows.allSatisfy { RecordLayout.decode($0)?.kind == .record || $0 == schemaKey })
        #expect(try await records.describeSchema()[type: "package"]?.indexes == [])
        // The name is free for another definition now.
        let other = try Samples.packages(indexes: [Index("by_tag", on: [.field("name")])])
        let reopened = try await open(store, other)
        #expect(try await reopened.buildIndex("by_tag", of: "package").entered == 30)
        // Who still has the definition of before must not write.
        time.advance(by: IndexBuildTests.lease)
        let error = await #expect(throws: RecordError.self) {
            try await records.save(IndexBuildTests.package(99), as: type)
        }
        #expect(error?.code == .outdatedSchema)
    }

    @Test func writersGoOnMeanwhile() async throws {
        for profile in IndexBuildTests.profiles {
            let store = MemoryStore(profile, environment: time.environment)
            let (records, type) = try await grown(store, 60)
            let writer = try await open(store, type)
            for name in IndexBuildTests.names where name != "digest" {
                // The clock jumps here, and then no more: nobody's call is on its way meanwhile.
                _ = try await builder(name, records).begin()
                async let built = records.buildIndex(name, of: "package", pace: IndexWorkPace(pageSize: 5, width: 3))
                for number in 0..<60 where number % 7 == 0 {
                    try await writer.update(try type.address(of: IndexBuildTests.package(number)), as: type) {
                        $0.tags.append("later")
                    }
                }
                #expect(try await built.state == .readable)
            }
            try await expectWhole(records, type, 60)
        }
    }

    /// An entry that is there may be about to go: somebody wrote it before the index was built, and has not removed it
    /// yet. It is written anew, so that it stays.
    @Test(arguments: [true, false]) func entriesAreWrittenAnew(_ isRuleKept: Bool) async throws {
        let store = MemoryStore(.oneKeyScope, environment: time.environment)
        let (records, type) = try await grown(store, 1)
        let address = try type.address(of: IndexBuildTests.package(0))
        let key = try RecordLayout(namespace: "t").key(of: address, type.shape)
        let row = try await records.writer.read(key, type.shape)
        let entry = try #require(
            row.projection.entries.first { RecordLayout.decode($0)?.name == "package/by_downloads" }
        )
        let seen = try #require(try await store.put([], at: entry))
        _ = try await builder("by_downloads", records, isRuleKept ? .all : .all.subtracting(.buildAnew)).build()
        do { try await store.delete(entry, if: .revision(seen)) } catch { #expect(error.code == .preconditionFailed) }
        let isThere = try await store.get(entry) != nil
        #expect(isThere == isRuleKept)
    }

    /// Who has built the index of an earlier life says nothing of that of now.
    @Test(arguments: [true, false]) func readableInItsOwnLifeOnly(_ isRuleKept: Bool) async throws {
        let store = MemoryStore(environment: time.environment)
        let (records, type) = try await grown(store, 3)
        let slow = try builder("by_tag", records, isRuleKept ? .all : .all.subtracting(.sameGeneration))
        let first = try await slow.begin().0
        try await records.dropIndex("by_tag", of: "package")
        let again = try await open(store, type)
        let second = try await builder("by_tag", again).begin().0
        #expect(second.state == .writeOnly && first.generation != second.generation)
        do {
            try await slow.finish(first.generation)
            #expect(!isRuleKept)
        } catch let error as RecordError {
            #expect(isRuleKept && error.code == .indexNotReady)
        }
        let query = Query(.any("tags", .equal, "all"), in: ["ann"])
        try await again.schema.refresh()
        let found = try await again.find(query, as: type).records.count
        #expect((found == 1) == isRuleKept)
    }

    @Test func restsAndIsCancelled() async throws {
        let store = MemoryStore(environment: time.environment)
        let (records, _) = try await grown(store, 40)
        let pace = IndexWorkPace(pageSize: 4, rest: .milliseconds(20))
        _ = try await records.buildIndex("by_tag", of: "package", pace: pace)
        #expect(time.slept.count { $0 == .milliseconds(20) } >= 20)
        let task = Task { try await records.buildIndex("by_part", of: "package", pace: pace) }
        task.cancel()
        await #expect(throws: (any Error).self) { try await task.value }
        #expect(try await records.buildIndex("by_part", of: "package").state == .readable)
    }
}
