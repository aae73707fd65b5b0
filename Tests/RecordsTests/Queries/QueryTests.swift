import Foundation
import KeyValue
import SwiftProtobuf
import TestSupport
import Testing
import Tuples

@testable import Records

/// Queries over random records, held against what reading everything gives.
@Suite struct QueryTests {
    private static func packages(_ generator: inout SeededGenerator) -> [Package] {
        (0..<60).map { number in
            Package.with {
                $0.owner = "ann"
                $0.name = "p\(number)"
                if Bool.random(using: &generator) {
                    $0.summary = (0..<8).map { _ in ["a", "B", "b", "c"].randomElement(using: &generator) ?? "" }
                        .joined()
                }
                $0.tags = ["red", "green", "blue"].filter { _ in Bool.random(using: &generator) }
                $0.downloads = Int64.random(in: -3...3, using: &generator)
            }
        }
    }

    private static func filter(_ generator: inout SeededGenerator, depth: Int = 0) -> Filter {
        let comparison = Filter.Comparison.allCases.randomElement(using: &generator) ?? .equal
        let number = TupleElement.integer(Int64.random(in: -3...3, using: &generator))
        let tag = TupleElement.string(["red", "green", "blue"].randomElement(using: &generator) ?? "")
        switch Int.random(in: 0..<(depth < 3 ? 12 : 9), using: &generator) {
        case 0...1: return .compare("downloads", comparison, number)
        case 2: return .isIn("downloads", [number, 1, 2])
        case 3: return .any("tags", .equal, tag)
        case 4: return .any("tags", comparison, tag)
        case 5: return .all("tags", comparison, tag)
        case 6: return .contains("summary", ["abc", "BBB", "ab", "aabb"].randomElement(using: &generator) ?? "")
        case 7: return .hasPrefix("name", "p1")
        case 8: return .exists("summary")
        case 9: return .and((0..<3).map { _ in filter(&generator, depth: depth + 1) })
        case 10: return .or((0..<2).map { _ in filter(&generator, depth: depth + 1) })
        default: return .not(filter(&generator, depth: depth + 1))
        }
    }

    /// Every page after the other.
    private static func all<Message>(
        _ query: Query,
        _ type: RecordType<Message>,
        _ records: RecordStore
    ) async throws -> [Message] {
        var query = query
        var found: [Message] = []
        repeat {
            let page = try await records.find(query, as: type)
            found += page.records.map(\.message)
            query.cursor = page.cursor
        } while query.cursor != nil
        return found
    }

    @Test(arguments: Subject.all) func findsWhatIsThere(_ subject: Subject) async throws {
        try await subject.run { store in
            guard store.capabilities.order >= .partition else {
                try await refusesToFind(store)
                return
            }
            try await findWhatIsThere(store)
        }
    }

    private func refusesToFind(_ store: any KeyValueStore) async throws {
        let type = try Samples.packages()
        let records = try await RecordStore.ofTests(store, [type])
        await #expect { try await records.find(Query(in: ["ann"]), as: type) } throws: {
            ($0 as? RecordError)?.code == .unsupported
        }
    }

    private func findWhatIsThere(_ store: any KeyValueStore) async throws {
        var generator = SeededGenerator(seed: 7)
        let type = try Samples.packages()
        let records = try await RecordStore.ofTests(store, [type])
        let packages = QueryTests.packages(&generator)
        for package in packages { try await records.save(package, as: type) }
        var plans: Set<String> = []
        for _ in 0..<80 {
            let filter = QueryTests.filter(&generator)
            let isOrdered = Bool.random(using: &generator)
            let query = Query(
                filter,
                in: ["ann"],
                orderedBy: isOrdered ? ["downloads"] : [],
                isDescending: store.capabilities.reverseScan && Bool.random(using: &generator),
                limit: Int.random(in: 1...20, using: &generator),
                examinedMax: Int.random(in: 5...200, using: &generator)
            )
            let found = try await QueryTests.all(query, type, records)
            let expected = packages.filter { NaiveModel.holds(filter, of: $0) }
            plans.insert(String(try records.explain(query, as: type).prefix(12)))
            #expect(found.map(\.name).sorted() == expected.map(\.name).sorted(), "\(query)")
            if isOrdered {
                let order = found.map(\.downloads)
                #expect(order == (query.isDescending ? order.sorted(by: >) : order.sorted()), "\(query)")
            }
        }
        #expect(plans.count >= 3, "\(plans)")
    }

    @Test func explainsWhatItChooses() async throws {
        let type = try Samples.packages()
        let records = try await RecordStore.ofTests(MemoryStore(), [type])
        func explain(_ filter: Filter, _ order: [SortKey] = []) throws -> String {
            try records.explain(Query(filter, in: ["ann"], orderedBy: order), as: type)
        }
        #expect(try explain(.compare("name", .equal, "zip")) == "scan of records: 1 fixed, 1 ranges")
        #expect(
            try explain(.compare("downloads", .less, 5)) == "scan of index by_downloads: 0 fixed, bounded, 1 ranges"
        )
        #expect(try explain(.everything, ["downloads"]) == "bounded scan of index by_downloads: 0 fixed, 1 ranges")
        #expect(try explain(.isIn("downloads", [1, 2])) == "scan of index by_downloads: 1 fixed, 2 ranges")
        #expect(
            try explain(.and([.any("tags", .equal, "red"), .compare("downloads", .equal, 1)]))
                == "intersection of index by_downloads: 1 fixed, 1 ranges and index by_tag: 1 fixed, 1 ranges"
        )
        #expect(try explain(.exists("summary")) == "bounded scan of records: 0 fixed, 1 ranges")
    }

    @Test func whatNoIndexServesIsPartialOrRefused() async throws {
        let type = try Samples.packages()
        let records = try await RecordStore.ofTests(MemoryStore(), [type])
        var generator = SeededGenerator(seed: 1)
        for package in QueryTests.packages(&generator) { try await records.save(package, as: type) }
        var query = Query(.compare("summary", .equal, "nothing"), in: ["ann"], examinedMax: 20)
        let page = try await records.find(query, as: type)
        #expect(page.records.isEmpty && page.isPartial && page.cursor != nil)
        query.allowsScan = false
        await #expect { try await records.find(query, as: type) } throws: { ($0 as? RecordError)?.code == .notServed }
        query = Query(in: ["ann"], orderedBy: ["summary"])
        await #expect { try await records.find(query, as: type) } throws: { ($0 as? RecordError)?.code == .notServed }
        query = Query(orderedBy: ["downloads"])
        await #expect { try await records.find(query, as: type) } throws: { ($0 as? RecordError)?.code == .notServed }
    }

    @Test(arguments: Subject.ordered) func globalIndexesSpanPartitions(_ subject: Subject) async throws {
        try await subject.run(spanPartitions)
    }

    private func spanPartitions(_ store: any KeyValueStore) async throws {
        let type = try Samples.uploads()
        let records = try await RecordStore.ofTests(store, [type])
        for number in 0..<50 {
            let upload = Upload.with {
                $0.space = "s"
                $0.root = Data([UInt8(number)])
                // Ten uploads a moment: the order behind it has to tell them apart.
                $0.insertedAtMicroseconds = Int64(number / 10)
                if number == 7 { $0.expiresAtSeconds = 50 }
            }
            try await records.save(upload, as: type)
        }
        let query = Query(.compare("space", .equal, "s"), orderedBy: ["inserted_at"], isDescending: true, limit: 7)
        let found = try await QueryTests.all(query, type, records)
        #expect(found.count == 49)
        #expect(Set(found.map(\.root)).count == 49)
        #expect(found.map(\.insertedAtMicroseconds) == found.map(\.insertedAtMicroseconds).sorted(by: >))
        #expect(try await QueryTests.all(Query(limit: 10), type, records).count == 49)
    }

    @Test(arguments: Subject.ordered) func cursorsOutliveTheirRecordsAndRestarts(_ subject: Subject) async throws {
        let type = try Samples.packages()
        let place = try await subject.makePlace()
        let store = try await place.open()
        let records = try await RecordStore.ofTests(store, [type])
        var generator = SeededGenerator(seed: 3)
        for package in QueryTests.packages(&generator) { try await records.save(package, as: type) }
        for isDescending in [false, true] {
            var query = Query(in: ["ann"], orderedBy: ["downloads"], isDescending: isDescending, limit: 10)
            let whole = try await QueryTests.all(query, type, records).map(\.name)
            let page = try await records.find(query, as: type)
            let last = try #require(page.records.last)
            try await records.delete(try type.address(of: last.message), as: type)
            query.cursor = page.cursor
            #expect(query.cursor != nil)
            #expect(try await QueryTests.all(query, type, records).map(\.name) == Array(whole.dropFirst(10)))
        }
        var query = Query(in: ["ann"], orderedBy: ["downloads"], limit: 10)
        let whole = try await QueryTests.all(query, type, records).map(\.name)
        query.cursor = try await records.find(query, as: type).cursor
        if subject.restarts { await store.close() }
        let again = try await place.open()
        let found = try await QueryTests.all(query, type, try await RecordStore.ofTests(again, [type])).map(\.name)
        #expect(found == Array(whole.dropFirst(10)))
        await again.close()
    }

    @Test func forgedCursorsAreRefused() async throws {
        let type = try Samples.packages()
        let records = try await RecordStore.ofTests(MemoryStore(), [type])
        var generator = SeededGenerator(seed: 3)
        for package in QueryTests.packages(&generator) { try await records.save(package, as: type) }
        var query = Query(in: ["ann"], orderedBy: ["downloads"], limit: 10)
        let bytes = try #require(try await records.find(query, as: type).cursor).bytes
        for bit in 0..<bytes.count * 8 {
            var forged = bytes
            forged[bit / 8] ^= 1 << UInt8(bit % 8)
            query.cursor = QueryCursor(bytes: forged)
            await #expect { try await records.find(query, as: type) } throws: {
                ($0 as? RecordError)?.code == .invalidCursor
            }
        }
        query.cursor = QueryCursor(bytes: bytes)
        query.filter = .compare("downloads", .less, 2)
        await #expect { try await records.find(query, as: type) } throws: {
            ($0 as? RecordError)?.code == .invalidCursor
        }
    }

    @Test func senselessQueriesAreNamed() async throws {
        let type = try Samples.packages()
        let records = try await RecordStore.ofTests(MemoryStore(), [type])
        var deep = Filter.everything
        for _ in 0..<10_000 { deep = .not(deep) }
        let cases: [(Query, RecordError.Code)] = [
            (Query(deep, in: ["ann"]), .tooLarge), (Query(in: ["ann"], limit: 0), .tooLarge),
            (Query(in: ["ann"], limit: 1_001), .tooLarge), (Query(.exists("sumary"), in: ["ann"]), .unknownField),
            (Query(.compare("downloads", .equal, "7"), in: ["ann"]), .wrongKind),
            (Query(.compare("tags", .equal, "red"), in: ["ann"]), .wrongKind),
            (Query(.any("downloads", .equal, 7), in: ["ann"]), .wrongKind),
            (Query(in: ["ann"], orderedBy: ["tags"]), .wrongKind),
            (Query(.isIn("downloads", Array(repeating: 1, count: 101)), in: ["ann"]), .tooLarge),
            (Query(in: ["ann"], limit: .max), .tooLarge), (Query(in: ["ann"], examinedMax: 0), .tooLarge),
            (Query(in: ["ann"], limit: .min), .tooLarge), (Query(in: [7]), .wrongKind), (Query(in: []), .wrongKind),
            (Query(in: ["ann", "bob"]), .wrongKind),
        ]
        for (query, code) in cases {
            await #expect { try await records.find(query, as: type) } throws: { error in
                let error = error as? RecordError
                return error?.code == code && error?.metadata.isEmpty == false
            }
        }
        await #expect { try await records.find(Query(in: ["ann"], limit: .max), as: type) } throws: { error in
            (error as? RecordError)?.metadata["limit"] == "\(Int.max)"
        }
        await #expect { try await records.find(Query(deep, in: ["ann"]), as: type) } throws: { error in
            (error as? RecordError)?.metadata["depthMax"] == "\(Filter.depthMax)"
        }
        await #expect {
            try await records.find(Query(in: ["ann"], orderedBy: ["downloads", "tags"]), as: type)
        } throws: {
            ($0 as? RecordError)?.metadata["field"] == "tags"
        }
        let unordered = Query(in: ["ann"], orderedBy: [.descending("downloads"), .caseFolded("summary")])
        await #expect { try await records.find(unordered, as: type) } throws: { error in
            let error = error as? RecordError
            return error?.code == .notServed && error?.metadata["order"] == "downloads:down,summary:folded"
        }
    }

    @Test func sealIsThePublishedOne() {
        // The first and the last vector of the reference implementation (CC0), for the key 00 01 … 0f.
        let key = CursorKey(high: 0x0f0e_0d0c_0b0a_0908, low: 0x0706_0504_0302_0100)
        #expect(key.seal(of: []) == 0x726f_db47_dd0e_0e31)
        #expect(key.seal(of: (0..<63).map { UInt8($0) }) == 0x958a_324c_eb06_4572)
    }
}
