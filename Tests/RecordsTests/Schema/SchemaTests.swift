import Foundation
import KeyValue
import SwiftProtobuf
import TestSupport
import Testing
import Tuples

@testable import Records

/// What a store keeps of the declarations, and which changes of them it lets pass.
@Suite struct SchemaTests {
    private static let fields: [Field<Package>] = [
        .one("owner", .string) { .string($0.owner) }, .one("name", .string) { .string($0.name) },
        .one("downloads", .integer) { .integer($0.downloads) }, .many("tags", .string) { $0.tags.map { .string($0) } },
        .one("moment", .timestamp) { _ in .missing },
    ]

    private static func type(
        fields: [Field<Package>] = fields,
        partitionedBy partitionKey: PartitionKey = .fields(["owner"], group: "owner"),
        primaryKey: [String] = ["name"],
        indexes: [Index] = [],
        expiry: String? = nil
    ) throws -> RecordType<Package> {
        try RecordType(
            "package",
            fields: fields,
            partitionedBy: partitionKey,
            primaryKey: primaryKey,
            indexes: indexes,
            expiry: expiry
        )
    }

    private static let index = Index("by_downloads", on: [.field("downloads")])

    private func open(_ store: any KeyValueStore, _ types: [any RecordTypeDeclaration]) async throws -> RecordStore {
        // Leases are waited for in simulated time.
        try await RecordStore.open(
            store,
            namespace: "t",
            types: types,
            cursorKey: CursorKey(high: 1, low: 2),
            environment: SimulatedTime(seed: 1).environment
        ) { Timestamp(milliseconds: 0) }
    }

    private func refusal(_ body: () async throws -> Void) async -> RecordError? {
        do {
            try await body()
            return nil
        } catch {
            return error as? RecordError
        }
    }

    @Test func keepsWhatIsDeclared() async throws {
        let store = MemoryStore()
        let first = try await open(store, [try Samples.packages(), try Samples.uploads()]).describeSchema()
        #expect(first.epoch == 1 && first.types.map(\.name) == ["package", "upload"])
        let package = try #require(first[type: "package"])
        #expect(package.primaryKey == ["name"] && package.partitionedBy == ["owner"] && package.shards == nil)
        #expect(package.indexes.allSatisfy { $0.state == .readable })
        #expect(package[index: "by_folded_name"]?.columns == ["folded:name"])
        #expect(package[index: "downloads"]?.kind == "sum:downloads")
        #expect(first[type: "upload"]?.shards == 16 && first[type: "upload"]?[index: "root"]?.shards == 4)
        let again = try await open(store, [try Samples.packages()]).describeSchema()
        #expect(again == first)
    }

    /// The format, as it lies in stores.
    @Test func rowIsAsDocumented() throws {
        let shape = try SchemaTests.type(fields: Array(SchemaTests.fields.prefix(3)), indexes: [SchemaTests.index])
            .shape
        let description = try SchemaEvolution.merging(
            [shape],
            into: SchemaDescription(epoch: 0, leaseMilliseconds: 30_000, types: [])
        )
        let bytes = try SchemaRow(description).encoded()
        let text = """
            {"epoch":1,"leaseMilliseconds":30000,"types":[{"fields":[{"isMultiValued":false,"kind":"integer","name":\
            "downloads"},{"isMultiValued":false,"kind":"string","name":"name"},{"isMultiValued":false,"kind":"string",\
            "name":"owner"}],"group":"owner","indexes":[{"columns":["field:downloads"],"generation":0,"kind":"value",\
            "name":"by_downloads","state":"readable"}],"name":"package","partitionedBy":["owner"],"primaryKey":["name"],\
            "schemaVersion":1}]}
            """
        #expect(String(decoding: bytes.dropFirst(), as: UTF8.self) == text)
        #expect(bytes[0] == 1)
        #expect(try SchemaRow(bytes).description == description)
    }

    @Test func damagedRowsAreRefused() throws {
        var generator = SeededGenerator(seed: 1)
        let shape = try SchemaTests.type(indexes: [SchemaTests.index]).shape
        let good = try SchemaRow(
            try SchemaEvolution.merging([shape], into: SchemaDescription(epoch: 0, leaseMilliseconds: 1, types: []))
        ).encoded()
        #expect(throws: RecordError.self) { try SchemaRow([]) }
        #expect(throws: RecordError.self) { try SchemaRow([9] + good.dropFirst()) }
        var refused = 0
        for _ in 0..<500 {
            var bytes = good
            bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            do { _ = try SchemaRow(bytes) } catch { refused += 1 }
        }
        #expect(refused > 100)
    }

    struct Forbidden: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var name: String
        var type: @Sendable () throws -> RecordType<Package>
    }

    static let forbidden = [
        Forbidden(testDescription: "kind of a field", name: "field") {
            try type(fields: Array(fields.dropLast()) + [.one("moment", .integer) { _ in .missing }])
        },
        Forbidden(testDescription: "field of many values", name: "field") {
            try type(fields: Array(fields.dropLast()) + [.many("moment", .timestamp) { _ in [] }])
        },
        Forbidden(testDescription: "primary key", name: "type") { try type(primaryKey: ["owner", "name"]) },
        Forbidden(testDescription: "partition key", name: "type") {
            try type(partitionedBy: .shards(4, of: ["owner"], group: "owner"))
        },
        Forbidden(testDescription: "group", name: "type") {
            try type(partitionedBy: .fields(["owner"], group: "other"))
        },
        Forbidden(testDescription: "expiry", name: "type") { try type(expiry: "moment") },
        Forbidden(testDescription: "columns of an index", name: "index") {
            try type(indexes: [Index("by_downloads", on: [.field("name")])])
        },
        Forbidden(testDescription: "kind of an index", name: "index") {
            try type(indexes: [Index("by_downloads", .unique, on: [.field("downloads")])])
        },
        Forbidden(testDescription: "scope of an index", name: "index") {
            try type(indexes: [Index("by_downloads", on: [.field("downloads")], scope: .global(shards: 2))])
        },
    ]

    @Test(arguments: forbidden) func refuses(_ forbidden: Forbidden) async throws {
        let store = MemoryStore()
        let before = try await open(store, [try SchemaTests.type(indexes: [SchemaTests.index])]).describeSchema()
        let error = await refusal { _ = try await open(store, [try forbidden.type()]) }
        #expect(error?.code == .forbiddenChange)
        #expect(error?.metadata[forbidden.name] != nil)
        let after = try await open(store, [try SchemaTests.type(indexes: [SchemaTests.index])]).describeSchema()
        #expect(after == before)
    }

    @Test func fieldThatWasLeftOutKeepsItsKind() async throws {
        let store = MemoryStore()
        _ = try await open(store, [try SchemaTests.type()])
        _ = try await open(store, [try SchemaTests.type(fields: Array(SchemaTests.fields.dropLast()))])
        let error = await refusal {
            let changed: Field<Package> = .one("moment", .string) { _ in .missing }
            _ = try await open(store, [try SchemaTests.type(fields: SchemaTests.fields.dropLast() + [changed])])
        }
        #expect(error?.code == .forbiddenChange)
    }

    private static func numbered(
        _ other: Field<Package>? = nil,
        indexes: [Index] = []
    ) throws -> RecordType<Package> {
        var fields: [Field<Package>] = [.one("owner", .string, number: 1), .one("name", .string, number: 2)]
        if let other { fields.append(other) }
        return try type(fields: fields, indexes: indexes)
    }

    /// A field that is retired is in no index, and neither its name nor its number is used again; old values are read.
    @Test func retiredFieldStaysOutOfUse() async throws {
        let downloads = Field<Package>.one("downloads", .integer, number: 5)
        let index = Index("by_downloads", on: [.field("downloads")])
        let store = MemoryStore()
        let live = try SchemaTests.numbered(downloads, indexes: [index])
        let before = try await open(store, [live])
        let package = Package.with {
            $0.owner = "ann"
            $0.name = "zip"
            $0.downloads = 7
        }
        try await before.save(package, as: live)
        // Not while an index takes it.
        let early = await refusal { _ = try await open(store, [try SchemaTests.numbered(downloads.retired())]) }
        #expect(early?.code == .forbiddenChange && early?.metadata["index"] == "by_downloads")
        try await before.dropIndex("by_downloads", of: "package", pace: IndexWorkPace())
        _ = try await open(store, [try SchemaTests.numbered()])
        let retired = try SchemaTests.numbered(downloads.retired())
        let records = try await open(store, [retired])
        let described = try await records.describeSchema()
        #expect(described[type: "package"]?.fields.first { $0.name == "downloads" }?.isRetired == true)
        // Old values are there, by the message, by the field's name, and in a filter.
        let query = Query(.compare("downloads", .equal, 7), in: ["ann"])
        #expect(try await records.find(query, as: retired).records.map(\.message) == [package])
        let selected = try await records.select(["downloads"], query, as: retired).records.first?.message
        #expect(selected?["downloads"] == [7])
        let refused: [(Field<Package>, String)] = [
            (downloads, "downloads"), (.one("downloads", .integer, number: 9), "downloads"),
            (.one("count", .integer, number: 5), "count"), (.one("count", .string, number: 5), "count"),
        ]
        for (field, name) in refused {
            let error = await refusal { _ = try await open(store, [try SchemaTests.numbered(field)]) }
            #expect(error?.code == .forbiddenChange && error?.metadata["field"] == name, "\(name): \(error as Any)")
        }
        // Also for releases that leave it out, and for programs without the generated code.
        _ = try await open(store, [try SchemaTests.numbered()])
        #expect(try await records.describeSchema() == described)
        let catalog = try await RecordCatalog(store).open("t", cursorKey: CursorKey(high: 1, low: 2)) {
            Timestamp(milliseconds: 0)
        }
        let stored = try #require(catalog.types["package"])
        #expect(try await catalog.records.find(query, as: stored).records.count == 1)
        #expect(try await records.describeSchema() == described)
        // What has taken another's number may be retired along with it, but not alone.
        let renamed = Field<Package>.one("old_name", .string, number: 2).retired()
        let shared = await refusal { _ = try await open(MemoryStore(), [try SchemaTests.numbered(renamed)]) }
        #expect(shared?.code == .invalidDeclaration && shared?.metadata["name"] == "name")
    }

    @Test func keysAndIndexesTakeNoRetiredField() throws {
        let name = Field<Package>.one("name", .string, number: 2).retired()
        let owner = Field<Package>.one("owner", .string, number: 1)
        let size = Field<Package>.one("size", .integer, number: 5).retired()
        let part = Field<Package>.one("part", .string, number: 3)
        let indexes: [Index] = [
            Index("i", on: [.field("size")]), Index("i", on: [.descending(.field("size"))]),
            Index("i", .sum(of: "size"), on: []), Index("i", .count, on: [.field("size")]),
        ]
        for index in indexes {
            #expect {
                try SchemaTests.type(fields: [owner, part, size], primaryKey: ["part"], indexes: [index])
            } throws: {
                ($0 as? RecordError)?.code == .invalidDeclaration && ($0 as? RecordError)?.metadata["name"] == "size"
            }
        }
        #expect { try SchemaTests.type(fields: [owner, name]) } throws: {
            ($0 as? RecordError)?.code == .invalidDeclaration && ($0 as? RecordError)?.metadata["name"] == "name"
        }
    }

    @Test func addedIndexIsNotUsed() async throws {
        let store = MemoryStore()
        let old = try SchemaTests.type()
        let first = try await open(store, [old])
        try await first.save(
            Package.with {
                $0.owner = "ann"
                $0.name = "zip"
            },
            as: old
        )
        let count = Index("count", .count, on: [])
        let new = try SchemaTests.type(indexes: [SchemaTests.index, count])
        let second = try await open(store, [new])
        #expect(try await second.describeSchema()[type: "package"]?.indexes.map(\.state) == [.disabled, .disabled])
        let query = Query(.compare("downloads", .equal, 0), in: ["ann"])
        #expect(try second.explain(query, as: new).hasPrefix("bounded scan of records"))
        #expect(try await second.find(query, as: new).records.count == 1)
        #expect(await refusal { _ = try await second.total("count", in: ["ann"], as: new) }?.code == .indexNotReady)
        // The old program may go on, and be started again.
        try await first.save(
            Package.with {
                $0.owner = "ann"
                $0.name = "zap"
            },
            as: old
        )
        _ = try await open(store, [old])
    }

    @Test func programThatDoesNotKnowAnIndexIsRefused() async throws {
        let store = MemoryStore()
        _ = try await open(store, [try SchemaTests.type(indexes: [SchemaTests.index])])
        let error = await refusal { _ = try await open(store, [try SchemaTests.type()]) }
        #expect(error?.code == .outdatedSchema)
        #expect(error?.metadata["index"] == "by_downloads")
    }
}
