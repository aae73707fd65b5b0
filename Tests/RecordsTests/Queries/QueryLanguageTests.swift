import KeyValue
import SwiftProtobuf
import TestSupport
import Testing
import Tuples

@testable import Records

/// Orders, unions, partitions, projections and counts, held against a naive model.
@Suite struct QueryLanguageTests {
    private static func fill(
        _ store: any KeyValueStore,
        _ questions: inout RandomQuestions,
        _ count: Int = 60,
        namespace: String = "t"
    ) async throws -> (RecordStore, RecordType<Package>, [Package]) {
        let type = try Samples.packages(indexes: RandomQuestions.indexes)
        let records = try await RecordStore.ofTests(store, [type], namespace: namespace)
        let packages = questions.packages(count)
        for package in packages { try await records.save(package, as: type) }
        return (records, type, packages)
    }

    @Test(arguments: Subject.ordered) func randomQueriesAreAnswered(_ subject: Subject) async throws {
        try await subject.run { store in
            let plans = try await QueryLanguageTests.answer(120, of: 60, in: store)
            #expect(plans.count == 4, "\(plans)")
        }
    }

    /// Holds the answers to so many random queries of so many packages against the model's; what kinds of plans there
    /// were.
    static func answer(_ count: Int, of packages: Int, in store: any KeyValueStore) async throws -> Set<String> {
        var questions = RandomQuestions(generator: SeededGenerator(seed: 11))
        let (records, type, packages) = try await fill(store, &questions, packages)
        // Another namespace whose partitions lie beside.
        _ = try await fill(store, &questions, 5, namespace: "s")
        var plans: Set<String> = []
        for _ in 0..<count {
            let query = questions.query(reversible: store.capabilities.reverseScan)
            let plan: String
            do throws(RecordError) {
                plan = try records.explain(query, as: type)
            } catch {
                // A column that has several values gives no order, and not every store reads backwards.
                let isBackward = error.code == .unsupported && !store.capabilities.reverseScan
                #expect(error.code == .notServed || isBackward, "\(error) \(query)")
                #expect(!query.order.isEmpty)
                continue
            }
            plans.formUnion(["in each", "then", "merged with", "intersection"].filter(plan.contains))
            try await expect(plan, query, records, type, packages)
        }
        return plans
    }

    private static func expect(
        _ plan: String,
        _ query: Query,
        _ records: RecordStore,
        _ type: RecordType<Package>,
        _ packages: [Package]
    ) async throws {
        var query = query
        let expected = NaiveModel.answer(query, packages)
        let total = try await records.count(query, as: type)
        if total.isExact || total.index == nil { #expect(total.value == Int64(expected.count), "\(query)") }
        var found: [Package] = []
        var selected: [SelectedFields] = []
        repeat {
            let page = try await records.find(query, as: type)
            #expect(page.records.count <= query.limit)
            #expect(page.isPartial == (page.cursor != nil && page.records.count < query.limit))
            found += page.records.map(\.message)
            // The same page by the same cursor, of some fields alone.
            selected += try await records.select(["downloads", "tags"], query, as: type).records.map(\.message)
            query.cursor = page.cursor
        } while query.cursor != nil
        #expect(found.map(\.name).sorted() == expected.map(\.name).sorted(), "\(plan) \(query)")
        for (before, after) in zip(found, found.dropFirst()) {
            #expect(!NaiveModel.precedes(after, before, query), "\(plan) \(query)")
        }
        #expect(selected.map { $0["downloads"] } == found.map { [.integer($0.downloads)] })
        #expect(selected.map { $0["tags"] } == found.map { $0.tags.map { .string($0) } })
    }

    /// Changes beside a query go on, and what nobody touches is on exactly one page of a union and of a walk.
    @Test(arguments: Subject.memory.filter { Subject.ordered.map(\.name).contains($0.name) })
    func unionsKeepWhatIsUntouched(_ subject: Subject) async throws {
        try await subject.run { store in
            var questions = RandomQuestions(generator: SeededGenerator(seed: 5))
            let (records, type, packages) = try await QueryLanguageTests.fill(store, &questions)
            let filter = Filter.or([.any("tags", .equal, "red"), .compare("downloads", .equal, 1), .exists("digest")])
            for partition in [nil, Tuple(["ann"])] {
                var query = Query(filter, in: partition, limit: 3)
                let expected = NaiveModel.answer(query, packages).map(\.name)
                var found: [String] = []
                var round = 0
                repeat {
                    let page = try await records.find(query, as: type)
                    found += page.records.map(\.message.name)
                    query.cursor = page.cursor
                    let other = Package.with {
                        $0.owner = RandomQuestions.owners[round % 3]
                        $0.name = "other\(round % 5)"
                        $0.tags = round % 2 == 0 ? ["red"] : []
                        $0.downloads = Int64(round % 2)
                    }
                    try await records.save(other, as: type)
                    round += 1
                } while query.cursor != nil
                let kept = found.filter { !$0.hasPrefix("other") }
                #expect(kept.sorted() == expected.sorted())
                for number in 0..<5 {
                    for owner in RandomQuestions.owners {
                        let gone = RecordAddress(
                            type: "package",
                            partition: [.string(owner)],
                            primaryKey: [.string("other\(number)")]
                        )
                        try await records.delete(gone, as: type)
                    }
                }
            }
        }
    }

    @Test func cursorsOfUnionsAndWalksAreSealed() async throws {
        var questions = RandomQuestions(generator: SeededGenerator(seed: 3))
        let (records, type, _) = try await QueryLanguageTests.fill(MemoryStore(), &questions)
        let union = Filter.or([.any("tags", .equal, "red"), .compare("downloads", .equal, 1)])
        let queries = [
            Query(union, in: ["ann"], limit: 2), Query(limit: 2), Query(union, limit: 2),
            Query(union, in: ["ann"], orderedBy: ["downloads"], limit: 2),
        ]
        let refused: (any Error) -> Bool = { ($0 as? RecordError)?.code == .invalidCursor }
        for (number, query) in queries.enumerated() {
            let cursor = try #require(try await records.find(query, as: type).cursor)
            for (other, var foreign) in queries.enumerated() where other != number {
                foreign.cursor = cursor
                await #expect(performing: { try await records.find(foreign, as: type) }, throws: refused)
            }
            for place in cursor.bytes.indices {
                var forged = query
                var bytes = cursor.bytes
                bytes[place] ^= 1
                forged.cursor = QueryCursor(bytes: bytes)
                await #expect(performing: { try await records.find(forged, as: type) }, throws: refused)
            }
            // The seal does not hold the size of a page.
            var next = query
            next.limit = 7
            next.cursor = cursor
            _ = try await records.find(next, as: type)
        }
    }

    @Test func explainsWhatItChooses() async throws {
        let type = try Samples.packages(indexes: RandomQuestions.indexes)
        let records = try await RecordStore.ofTests(MemoryStore(), [type])
        func explain(_ filter: Filter, _ order: [SortKey] = [], in partition: Tuple? = ["ann"]) throws -> String {
            try records.explain(Query(filter, in: partition, orderedBy: order), as: type)
        }
        let union = Filter.or([.any("tags", .equal, "red"), .compare("summary", .equal, "abc")])
        #expect(
            try explain(union, ["downloads"])
                == "scan of index by_tag_and_downloads merged with index by_summary_and_downloads: 1 fixed, 2 ranges"
        )
        #expect(
            try explain(union)
                == "scan of index by_tag: 1 fixed, 1 ranges, then scan of index by_summary_and_downloads: 1 fixed, 1 ranges"
        )
        #expect(
            try explain(.everything, [.descending("downloads"), "name"])
                == "bounded scan of index up_and_down: 0 fixed, 1 ranges"
        )
        #expect(
            try explain(.compare("downloads", .less, 2), [.descending("downloads"), .caseFolded("name")])
                == "scan of index down_and_folded: 0 fixed, bounded, 1 ranges"
        )
        #expect(
            try explain(.compare("owner", .equal, "bob"), in: nil) == "bounded scan of records: 0 fixed, 1 ranges"
        )
        #expect(
            try explain(.isIn("owner", ["bob", "ann"]), in: nil)
                == "in each of 2 partitions, bounded scan of records: 0 fixed, 1 ranges"
        )
        #expect(
            try explain(.compare("downloads", .equal, 2), in: nil)
                == "in each partition that there is, scan of index by_downloads: 1 fixed, 1 ranges"
        )
        let narrow = Filter.and([
            .compare("downloads", .greater, 0), .contains("summary", "bc"), .hasPrefix("name", "P"),
        ])
        #expect(
            try explain(narrow, ["downloads"])
                == """
                scan of index by_downloads_and_more: 0 fixed, bounded, 1 ranges, entries filtered by summary and name
                """
        )
        for order: [SortKey] in [["summary", .descending("downloads")], [.caseFolded("summary")], ["owner"]] {
            #expect { try explain(.everything, order) } throws: { ($0 as? RecordError)?.code == .notServed }
        }
        #expect { try explain(.everything, [.caseFolded("downloads")]) } throws: {
            ($0 as? RecordError)?.code == .wrongKind
        }
    }

    @Test(arguments: Subject.all) func countsComeFromIndexes(_ subject: Subject) async throws {
        try await subject.run { store in
            var questions = RandomQuestions(generator: SeededGenerator(seed: 4))
            let (records, type, packages) = try await QueryLanguageTests.fill(store, &questions)
            let cases: [(Query, String)] = [
                (Query(in: ["ann"]), "count"), (Query(.compare("owner", .equal, "ann")), "count"),
                (Query(.compare("downloads", .equal, 1), in: ["bob"]), "count_by_downloads"),
                (Query(.isIn("downloads", [1, 2, 9]), in: ["bob"]), "count_by_downloads"),
                (
                    Query(
                        .and([
                            .compare("owner", .equal, "cy"), .compare("downloads", .equal, 0),
                            .compare("summary", .equal, "abc"),
                        ])
                    ), "count_by_summary"
                ), (Query(.any("tags", .equal, "red"), in: ["ann"]), "count_by_tag"),
            ]
            for (query, index) in cases {
                // Where totals are not exact by themselves a sweep makes them so, if there is an order to go by.
                for owner in RandomQuestions.owners where store.capabilities.order >= .partition {
                    let address = RecordAddress(type: "package", partition: [.string(owner)], primaryKey: [])
                    _ = try await records.sweep(partitionOf: address)
                }
                let count = try await records.count(query, as: type)
                #expect(count.index == index && count.examined <= 3)
                // Who can't sweep has what is exact alone.
                guard count.isExact || store.capabilities.order >= .partition else { continue }
                #expect(count.value == Int64(NaiveModel.answer(query, packages).count), "\(query)")
            }
            guard store.capabilities.order >= .partition else { return }
            // No index counts these: they are counted one by one.
            for filter in [
                Filter.compare("downloads", .greater, 1), .any("tags", .greater, "green"),
                .and([.any("tags", .equal, "red"), .any("tags", .equal, "blue")]), .everything,
            ] {
                let query = Query(filter)
                let count = try await records.count(query, as: type)
                #expect(count.value == Int64(NaiveModel.answer(query, packages).count), "\(query)")
                #expect(count.index == nil)
            }
        }
    }

    @Test func descendingColumnsAreOfValueIndexesAlone() throws {
        let columns: [[KeyExpression]] = [
            [.descending(.each("tags"))], [.descending(.trigrams("summary"))],
            [.descending(.descending(.field("name")))], [.descending(.field("tags"))],
            [.descending(.caseFolded("downloads"))],
        ]
        for columns in columns {
            #expect { try Samples.packages(indexes: [Index("i", on: columns)]) } throws: {
                ($0 as? RecordError)?.code == .invalidDeclaration
            }
        }
        for kind in [Index.Kind.unique, .count, .sum(of: "downloads")] {
            #expect { try Samples.packages(indexes: [Index("i", kind, on: [.descending(.field("name"))])]) } throws: {
                ($0 as? RecordError)?.code == .invalidDeclaration
            }
        }
    }
}
