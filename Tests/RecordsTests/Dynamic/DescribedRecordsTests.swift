import KeyValue
import SwiftProtobuf
import TestSupport
import Testing
import Tuples

@testable import Records

/// Records that are read by what the store's schema says of them.
@Suite struct DescribedRecordsTests {
    private static let packages = (0..<40).map { number in
        Package.with {
            $0.owner = number % 2 == 0 ? "ann" : "bob"
            $0.name = "p\(number)"
            if number % 3 == 0 { $0.summary = "Number \(number)" }
            $0.tags = number % 5 == 0 ? ["five", "odd"] : []
            $0.downloads = Int64(number % 7) - 3
        }
    }

    private func open(_ store: any KeyValueStore) async throws -> DescribedRecords {
        try await RecordCatalog(store).open("t", cursorKey: CursorKey(high: 1, low: 2)) {
            Timestamp(milliseconds: 50_000)
        }
    }

    @Test(arguments: Subject.ordered) func queriesFindWhatDeclaredTypesFind(_ subject: Subject) async throws {
        try await subject.run { store in
            let type = try Samples.packages()
            let records = try await RecordStore.ofTests(store, [type])
            for package in DescribedRecordsTests.packages { try await records.save(package, as: type) }
            let before = try await records.describeSchema()
            let described = try await open(store)
            let stored = try #require(described.types["package"])
            for query in [
                Query(in: ["ann"]), Query(.compare("downloads", .greater, 0), in: ["ann"], orderedBy: ["downloads"]),
                Query(.any("tags", .equal, "five"), in: ["bob"]), Query(.exists("summary"), in: ["ann"], limit: 3),
                Query(.contains("summary", "UMB"), in: ["ann"], isDescending: true),
            ] {
                let wanted = try await records.find(query, as: type)
                let found = try await described.records.find(query, as: stored)
                #expect(
                    try found.records.map { try Package(serializedBytes: $0.message.bytes) }
                        == wanted.records.map(\.message)
                )
                #expect(found.cursor == wanted.cursor)
                #expect(found.records.map(\.version) == wanted.records.map(\.version))
            }
            let total = try await described.records.total("downloads", in: ["ann"], as: stored)
            #expect(try await records.total("downloads", in: ["ann"], as: type) == total)
            #expect(try await records.describeSchema() == before)
        }
    }

    @Test func writingByTheSchemaKeepsIndexes() async throws {
        let type = try Samples.packages()
        let store = MemoryStore(.reference)
        let records = try await RecordStore.ofTests(store, [type])
        for package in DescribedRecordsTests.packages { try await records.save(package, as: type) }
        let described = try await open(store)
        let stored = try #require(described.types["package"])
        var package = DescribedRecordsTests.packages[4]
        package.downloads = 1_000
        try await described.records.save(StoredMessage(bytes: try package.serializedBytes()), as: stored)
        let query = Query(.compare("downloads", .equal, 1_000), in: ["ann"])
        #expect(try await records.find(query, as: type).records.map(\.message) == [package])
        let address = try type.address(of: package)
        #expect(try await described.records.scrub(partitionOf: address).mended == 0)
    }

    @Test func valuesAreNamed() async throws {
        let type = try Samples.packages()
        let store = MemoryStore(.reference)
        _ = try await RecordStore.ofTests(store, [type])
        let stored = try #require(try await open(store).types["package"])
        let message = StoredMessage(bytes: try DescribedRecordsTests.packages[15].serializedBytes())
        let values = try stored.values(of: message)
        #expect(values.map(\.name) == ["digest", "downloads", "name", "owner", "summary", "tags"])
        #expect(values.map(\.isMultiValued) == [false, false, false, false, false, true])
        #expect(values.map(\.values) == [[.missing], [-2], ["p15"], ["bob"], ["Number 15"], ["five", "odd"]])
    }

    @Test func fieldsOfTheServicesOwnCodeAreNamedWhereTheyAreNeeded() async throws {
        let store = MemoryStore(.reference)
        _ = try await RecordStore.ofTests(store, [try Samples.uploads()])
        await #expect { _ = try await open(store) } throws: { error in
            let error = error as? RecordError
            return error?.code == .unsupported && error?.metadata["field"] != nil
        }
        await #expect {
            _ = try await RecordCatalog(store).open("t", types: ["none"], cursorKey: CursorKey(high: 1, low: 2)) {
                Timestamp(milliseconds: 0)
            }
        } throws: { ($0 as? RecordError)?.metadata["type"] == "none" }
    }

    /// A release that computes a field and one that reads it by its number may run together; two numbers may not.
    @Test func numbersOfFieldsStay() async throws {
        func type(_ field: Field<Package>) throws -> RecordType<Package> {
            try RecordType(
                "package",
                fields: [field],
                partitionedBy: .fields(["name"], group: "name"),
                primaryKey: ["name"]
            )
        }
        let store = MemoryStore(.reference)
        let computed = try type(.one("name", .string) { .string($0.name) })
        for declared in [computed, try type(.one("name", .string, number: 2)), computed] {
            _ = try await RecordStore.ofTests(store, [declared])
        }
        #expect(try await RecordCatalog(store).describeSchema(of: "t")[type: "package"]?.fields.first?.number == 2)
        await #expect {
            _ = try await RecordStore.ofTests(store, [try type(.one("name", .string, number: 1))])
        } throws: {
            ($0 as? RecordError)?.code == .forbiddenChange
        }
        #expect { _ = try type(.one("name", .string, number: 0)) } throws: {
            ($0 as? RecordError)?.code == .invalidDeclaration
        }
        #expect { _ = try type(.one("name", .string, number: 2, as: .zigzag)) } throws: {
            ($0 as? RecordError)?.code == .invalidDeclaration
        }
    }
}
