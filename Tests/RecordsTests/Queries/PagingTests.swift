import Foundation
import KeyValue
import SwiftProtobuf
import TestSupport
import Testing
import Tuples

@testable import Records

/// Pages while others write, and queries over all shards of a type.
@Suite struct PagingTests {
    private func package(_ name: String, _ downloads: Int64) -> Package {
        Package.with {
            $0.owner = "ann"
            $0.name = name
            $0.downloads = downloads
        }
    }

    /// What nobody touches is on exactly one page, in its order, whatever comes, goes and moves around it.
    @Test(arguments: Subject.ordered) func pagesKeepWhatIsUntouched(_ subject: Subject) async throws {
        let type = try Samples.packages()
        let place = try await subject.makePlace()
        let store = try await place.open()
        let records = try await RecordStore.ofTests(store, [type])
        for number in 0..<30 { try await records.save(package("kept\(number)", Int64(number % 10)), as: type) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<2 {
                group.addTask {
                    var generator = SeededGenerator(seed: UInt64(worker))
                    while !Task.isCancelled {
                        let name = "moving\(worker)-\(Int.random(in: 0..<10, using: &generator))"
                        let moving = package(name, Int64.random(in: -1...11, using: &generator))
                        do {
                            if Bool.random(using: &generator) {
                                try await records.save(moving, as: type)
                            } else {
                                try await records.delete(try type.address(of: moving), as: type)
                            }
                        } catch {
                            // The end of the test, in the middle of a call.
                            guard Task.isCancelled else { throw error }
                        }
                    }
                }
            }
            for round in 0..<6 {
                let isDescending = round % 2 == 1
                var query = Query(in: ["ann"], orderedBy: ["downloads"], isDescending: isDescending, limit: 4)
                var found: [Package] = []
                repeat {
                    let page = try await records.find(query, as: type)
                    found += page.records.map(\.message)
                    query.cursor = page.cursor
                } while query.cursor != nil
                let order = found.map(\.downloads)
                #expect(order == (isDescending ? order.sorted(by: >) : order.sorted()))
                let kept = found.map(\.name).filter { $0.hasPrefix("kept") }
                #expect(kept.count == 30 && Set(kept).count == 30)
            }
            group.cancelAll()
        }
        await store.close()
    }

    @Test(arguments: Subject.ordered) func localIndexesServeAllShards(_ subject: Subject) async throws {
        let type = try Samples.uploads(indexes: [Index("by_size", on: [.field("size")])])
        let place = try await subject.makePlace()
        let store = try await place.open()
        let records = try await RecordStore.ofTests(store, [type])
        for number in 0..<40 {
            let upload = Upload.with {
                $0.space = "s"
                $0.root = Data([UInt8(number)])
                $0.size = Int64(number % 7)
            }
            try await records.save(upload, as: type)
        }
        for isDescending in [false, true] {
            var query = Query(
                .compare("size", .greater, 1),
                orderedBy: ["size"],
                isDescending: isDescending,
                limit: 7
            )
            var found: [Upload] = []
            repeat {
                let page = try await records.find(query, as: type)
                found += page.records.map(\.message)
                query.cursor = page.cursor
            } while query.cursor != nil
            let expected = (0..<40).map { Int64($0 % 7) }.filter { $0 > 1 }.sorted()
            #expect(found.map(\.size) == (isDescending ? expected.reversed() : expected))
            #expect(Set(found.map(\.root)).count == expected.count)
        }
        let explained = try records.explain(Query(.compare("size", .equal, 3)), as: type)
        #expect(explained == "scan of index by_size: 1 fixed, 16 ranges")
        await store.close()
    }

    /// Where the primary key does not decide upon the shard, two records have one place in the order of all shards.
    @Test func shardsThatKeysDontNameAreNotMerged() async throws {
        let type = try Samples.uploads(shardedBy: ["space", "size"], indexes: [Index("by_size", on: [.field("size")])])
        let records = try await RecordStore.ofTests(MemoryStore(), [type])
        await #expect { try await records.find(Query(orderedBy: ["size"]), as: type) } throws: {
            ($0 as? RecordError)?.code == .notServed
        }
        // A global index has the partition in its keys, so it tells them apart.
        #expect(try records.explain(Query(), as: type) == "bounded scan of index by_time: 0 fixed, 2 ranges")
    }
}
