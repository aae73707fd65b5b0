import KeyValue
import SwiftProtobuf
import TestSupport
import Testing
import Tuples

@testable import Records

/// Transactions on every store whose batches reach a partition.
@Suite struct TransactionTests {
    private static let address = RecordAddress(type: "package", partition: ["ann"], primaryKey: ["p"])

    private func package(_ name: String, _ downloads: Int64, digest: String? = nil) -> Package {
        Package.with {
            $0.owner = "ann"
            $0.name = name
            $0.downloads = downloads
            if let digest { $0.digest = digest }
        }
    }

    /// Runs a test with records of packages that transactions may ask queries of.
    private func onEvery(
        _ subject: Subject,
        _ body: @escaping @Sendable (RecordStore, RecordType<Package>) async throws -> Void
    ) async throws {
        let place = try await subject.makePlace()
        let store = try await place.open()
        let type = try Samples.packages(queriesInTransactions: true)
        if store.capabilities.batchScope >= .partition {
            try await body(try await RecordStore.ofTests(store, [type]), type)
        } else {
            await refuses(store, type)
        }
        await store.close()
    }

    private func refuses(_ store: any KeyValueStore, _ type: RecordType<Package>) async {
        #expect(await code { _ = try await RecordStore.ofTests(store, [type]) } == .unsupported)
        let refused = await code {
            let records = try await RecordStore.ofTests(store, [try Samples.packages()])
            try await records.transact(inPartitionOf: TransactionTests.address) { _ in }
        }
        #expect(refused == .unsupported)
    }

    /// Tries again for as long as the error says that it is safe.
    private static func persistently(_ body: () async throws -> Void) async throws {
        while true {
            do {
                return try await body()
            } catch let error as RecordError where error.retry == .always {}
        }
    }

    @Test(arguments: Subject.all) func concurrentTransfersLoseNothing(_ subject: Subject) async throws {
        try await onEvery(subject) { records, type in
            let names = ["a", "b", "c"]
            for name in names { try await records.save(package(name, 100), as: type) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<4 {
                    group.addTask {
                        for round in 0..<5 {
                            let from = package(names[(worker + round) % 3], 0)
                            let to = package(names[(worker + 2 * round + 1) % 3], 0)
                            guard from.name != to.name else { continue }
                            try await TransactionTests.persistently {
                                try await records.transact(inPartitionOf: TransactionTests.address) { transaction in
                                    let amount = Int64(worker + 1)
                                    try await transaction.update(try type.address(of: from), as: type) {
                                        $0.downloads -= amount
                                    }
                                    try await transaction.update(try type.address(of: to), as: type) {
                                        $0.downloads += amount
                                    }
                                }
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            var sum: Int64 = 0
            for name in names {
                sum += try await records.get(try type.address(of: package(name, 0)), as: type)?.message.downloads ?? 0
            }
            #expect(sum == 300)
            #expect(try await records.total("downloads", in: ["ann"], as: type).value == 300)
        }
    }

    /// Two may leave only while two are there: each looks at all, and changes itself alone.
    @Test(arguments: Subject.ordered) func concurrentTransactionsDontSkewEachOther(_ subject: Subject) async throws {
        try await onEvery(subject) { records, type in
            let names = ["a", "b", "c", "d"]
            for name in names { try await records.save(package(name, 1), as: type) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for name in names {
                    group.addTask {
                        try await TransactionTests.persistently {
                            try await records.transact(inPartitionOf: TransactionTests.address) { transaction in
                                let query = Query(.compare("downloads", .equal, 1), in: ["ann"])
                                let present = try await transaction.find(query, as: type).records
                                guard present.count > 1 else { return }
                                try await transaction.save(package(name, 0), as: type)
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(
                try await records.find(Query(.compare("downloads", .equal, 1), in: ["ann"]), as: type).records.count
                    == 1
            )
        }
    }

    /// Each inserts the number after the highest that is there.
    @Test(arguments: Subject.ordered) func insertsAreSeenByRanges(_ subject: Subject) async throws {
        try await onEvery(subject) { records, type in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<4 {
                    group.addTask {
                        for round in 0..<3 {
                            try await TransactionTests.persistently {
                                try await records.transact(inPartitionOf: TransactionTests.address) { transaction in
                                    let query = Query(
                                        in: ["ann"],
                                        orderedBy: ["downloads"],
                                        isDescending: true,
                                        limit: 1
                                    )
                                    let last = try await transaction.find(query, as: type).records.first?.message
                                    let next = package("\(worker)-\(round)", (last?.downloads ?? 0) + 1)
                                    try await transaction.save(next, as: type, if: .absent)
                                }
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            let found = try await records.find(Query(in: ["ann"], orderedBy: ["downloads"]), as: type).records
            #expect(found.map(\.message.downloads) == Array(1...12))
        }
    }

    @Test(arguments: Subject.ordered) func seesItsOwnChangesInQueries(_ subject: Subject) async throws {
        try await onEvery(subject) { records, type in
            for number in 0..<20 { try await records.save(package("p\(number)", Int64(number % 5)), as: type) }
            for isDescending in [false, true] {
                let query = Query(
                    .compare("downloads", .greater, 0),
                    in: ["ann"],
                    orderedBy: ["downloads"],
                    isDescending: isDescending,
                    limit: 4
                )
                let seen = try await records.transact(inPartitionOf: TransactionTests.address) { transaction in
                    // Into the results, to another place in them, and next to it.
                    for number in 0..<2 {
                        try await transaction.save(package("p\(number)", Int64(number + 3)), as: type)
                        try await transaction.save(package("q\(number)", Int64(number + 1)), as: type)
                    }
                    try await transaction.delete(try type.address(of: package("p12", 0)), as: type)
                    #expect(try await transaction.get(try type.address(of: package("p12", 0)), as: type) == nil)
                    return try await TransactionTests.all(query) { try await transaction.find($0, as: type) }
                }
                let written = try await TransactionTests.all(query) { try await records.find($0, as: type) }
                #expect(seen == written)
                #expect(written.count == 18)
            }
        }
    }

    /// A union whose parts go one after the other, with staged records that come into it, leave it, and go from one part
    /// to another.
    @Test(arguments: Subject.ordered) func seesItsOwnChangesInUnions(_ subject: Subject) async throws {
        try await onEvery(subject) { records, type in
            let tagged = { (number: Int, tags: [String]) in
                var package = self.package("p\(number)", Int64(number % 5))
                package.tags = tags
                return package
            }
            for number in 0..<30 { try await records.save(tagged(number, number % 3 == 0 ? ["red"] : []), as: type) }
            let filter = Filter.or([.any("tags", .equal, "red"), .compare("downloads", .equal, 1)])
            let query = Query(filter, in: ["ann"], limit: 3, allowsScan: false)
            #expect(try records.explain(Query(filter, in: ["ann"]), as: type).contains(", then "))
            let seen = try await records.transact(inPartitionOf: TransactionTests.address) { transaction in
                for (number, tags) in [(1, ["red"]), (3, []), (6, []), (7, ["blue"]), (40, ["red"]), (41, [])] {
                    try await transaction.save(tagged(number, tags), as: type)
                }
                try await transaction.delete(try type.address(of: self.package("p9", 0)), as: type)
                try await transaction.delete(try type.address(of: self.package("p11", 0)), as: type)
                return try await TransactionTests.all(query) { try await transaction.find($0, as: type) }
            }
            let written = try await TransactionTests.all(query) { try await records.find($0, as: type) }
            #expect(seen == written)
            // Red: ten, less three, and two more; one of five without red: 16, 26 and 41, and 6, of which red was taken.
            #expect(Set(written).count == written.count && written.count == 13)
        }
    }

    private static func all(
        _ query: Query,
        _ find: (Query) async throws -> QueryPage<Package>
    ) async throws -> [String] {
        var query = query
        var found: [String] = []
        repeat {
            let page = try await find(query)
            found += page.records.map { "\($0.message.name): \($0.message.downloads)" }
            query.cursor = page.cursor
        } while query.cursor != nil
        return found
    }

    @Test(arguments: Subject.all) func aUniqueValueGoesFromOneToAnother(_ subject: Subject) async throws {
        try await onEvery(subject) { records, type in
            try await records.save(package("a", 0, digest: "x"), as: type)
            try await records.save(package("b", 0, digest: "y"), as: type)
            try await records.transact(inPartitionOf: TransactionTests.address) { transaction in
                try await transaction.save(package("a", 0, digest: "y"), as: type)
                try await transaction.save(package("b", 0, digest: "x"), as: type)
            }
            #expect(try await records.get(try type.address(of: package("a", 0)), as: type)?.message.digest == "y")
            let refused = await code {
                _ = try await records.transact(inPartitionOf: TransactionTests.address) { transaction in
                    try await transaction.save(package("c", 0, digest: "y"), as: type)
                }
            }
            #expect(refused == .notUnique)
            let twice = await code {
                try await records.transact(inPartitionOf: TransactionTests.address) { transaction in
                    try await transaction.save(package("c", 0, digest: "z"), as: type)
                    try await transaction.save(package("d", 0, digest: "z"), as: type)
                }
            }
            #expect(twice == .notUnique)
            try await records.save(package("e", 0, digest: "z"), as: type)
        }
    }

    @Test func whatOthersChangeMakesItBeginAnew() async throws {
        let type = try Samples.packages(queriesInTransactions: true)
        let records = try await RecordStore.ofTests(MemoryStore(.partitionScope), [type])
        let other = package("other", 0)
        try await records.save(other, as: type)
        var calls = 0
        // A read, and a range that was empty.
        for query in [nil, Query(.compare("downloads", .greater, 1_000), in: ["ann"])] {
            do {
                try await records.transact(inPartitionOf: TransactionTests.address, attemptsMax: 3) { transaction in
                    calls += 1
                    if let query {
                        #expect(try await transaction.find(query, as: type).records.isEmpty)
                    } else {
                        _ = try await transaction.get(try type.address(of: other), as: type)
                    }
                    try await transaction.save(package("mine", 1), as: type)
                    try await records.update(try type.address(of: other), as: type) { $0.downloads += 1 }
                }
                Issue.record("It was written over another's change.")
            } catch let error as RecordError {
                #expect(error.code == .contended && error.retry == .always)
            }
        }
        #expect(calls == 6)
        #expect(try await records.get(try type.address(of: package("mine", 0)), as: type) == nil)
        // An error over records that were never there together is not thrown.
        calls = 0
        let last = try await records.transact(inPartitionOf: TransactionTests.address) { transaction in
            calls += 1
            let first = try await transaction.get(try type.address(of: other), as: type)
            if calls == 1 {
                try await records.update(try type.address(of: other), as: type) { $0.downloads += 1 }
                throw CancelledBySurprise()
            }
            return first?.message.downloads
        }
        #expect(last == 7 && calls == 2)
        await #expect(throws: CancelledBySurprise.self) {
            try await records.transact(inPartitionOf: TransactionTests.address) { _ in throw CancelledBySurprise() }
        }
    }

    private struct CancelledBySurprise: Error {}

    @Test func whatDoesNotGoIsNamed() async throws {
        let type = try Samples.packages(indexes: [])
        let records = try await RecordStore.ofTests(MemoryStore(.smallLimits), [type])
        let transact = { (body: (RecordTransaction) async throws -> Void) in
            await code { try await records.transact(inPartitionOf: TransactionTests.address, body) }
        }
        #expect(await transact { _ = try await $0.find(Query(in: ["ann"]), as: type) } == .unsupported)
        #expect(await transact { _ = try await $0.find(Query(in: ["bob"]), as: type) } == .invalidDeclaration)
        let bob = Package.with {
            $0.owner = "bob"
            $0.name = "p"
        }
        #expect(await transact { try await $0.save(bob, as: type) } == .invalidDeclaration)
        #expect(await transact { try await $0.save(self.package("a", 0), as: type, if: .present) } == .notFound)
        let tooMany = await transact { transaction in
            for number in 0..<60 { try await transaction.save(self.package("p\(number)", 0), as: type) }
        }
        #expect(tooMany == .tooLarge)
        #expect(try await records.find(Query(in: ["ann"]), as: type).records.isEmpty)
    }
}
