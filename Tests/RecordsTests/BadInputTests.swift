import KeyValue
import SwiftProtobuf
import TestSupport
import Testing
import Tuples

@testable import Records

/// What can't be kept is refused with an error that names it, and leaves nothing.
@Suite struct BadInputTests {
    private static let profiles = [MemoryProfile.reference, .oneKeyScope, .partitionScope]

    /// A store whose keys and values are short.
    private struct NarrowStore: StoreDecorator {
        let base: any KeyValueStore

        var capabilities: Capabilities {
            var capabilities = base.capabilities
            capabilities.limits.keyBytesMax = 300
            capabilities.limits.partitionBytesMax = 200
            capabilities.limits.valueBytesMax = 4_000
            return capabilities
        }

        func around<Result: Sendable>(
            _ call: StoreCall,
            _ body: () async throws(StoreError) -> Result
        ) async throws(StoreError) -> Result {
            try await body()
        }
    }

    private func package(_ change: (inout Package) -> Void) -> Package {
        var package = Package()
        package.owner = "ann"
        package.name = "zip"
        change(&package)
        return package
    }

    @Test(arguments: profiles) func whatIsTooLongLeavesNothing(_ profile: MemoryProfile) async throws {
        let base = MemoryStore(profile)
        let type = try Samples.packages()
        let records = try await RecordStore.ofTests(NarrowStore(base: base), [type])
        let long = String(repeating: "x", count: 400)
        let varied = (0..<700).map { String(UnicodeScalar(0x4E00 + $0) ?? "?") }.joined()
        let cases: [(Package, String?)] = [
            (package { $0.name = long }, "package"), (package { $0.owner = long }, "package"),
            (package { $0.digest = long }, "package/digest"), (package { $0.tags = ["a", long] }, "package/by_tag"),
            (package { $0.tags = (0..<600).map { "t\($0)" } }, nil), (package { $0.summary = varied }, nil),
            (package { $0.summary = String(repeating: "word ", count: 1_000) }, nil),
        ]
        for (package, row) in cases {
            await #expect {
                try await records.save(package, as: type)
            } throws: { error in
                let error = error as? RecordError
                return error?.code == .tooLarge && (row == nil || error?.metadata["row"] == row)
            }
        }
        for space in [KeySpace.records, .reservedData] {
            let rows = try await base.scan(.all(in: space), ScanOptions(limit: 1_000), after: nil)
            // The schema alone.
            #expect(rows.count == (space == .records ? 0 : 1))
        }
        // A record that is there stays as it is.
        let small = package { $0.digest = "d" }
        try await records.save(small, as: type)
        let address = try type.address(of: small)
        await #expect {
            try await records.update(address, as: type) { $0.digest = long }
        } throws: { ($0 as? RecordError)?.code == .tooLarge }
        #expect(try await records.get(address, as: type)?.message == small)
        let far = RecordAddress(type: "package", partition: ["ann"], primaryKey: [.string(long)])
        await #expect { try await records.get(far, as: type) } throws: { ($0 as? RecordError)?.code == .tooLarge }
        await #expect { try await records.delete(far, as: type) } throws: { ($0 as? RecordError)?.code == .tooLarge }
        #expect(try await records.scrub(partitionOf: address).mended == 0)
    }

    /// A record is in as many groups of a count by its tags as it has tags, all of which its batch takes along.
    @Test(arguments: [MemoryProfile.smallLimits, .oneKeyScope]) func tooManyGroupsLeaveNothing(
        _ profile: MemoryProfile
    ) async throws {
        let store = MemoryStore(profile)
        let type = try Samples.packages(indexes: [Index("tags", .count, on: [.each("tags")])])
        let records = try await RecordStore.ofTests(store, [type])
        let many = package { $0.tags = (0..<500).map { "t\($0)" } }
        if profile.capabilities.batchScope >= .partition {
            await #expect { try await records.save(many, as: type) } throws: { error in
                let error = error as? RecordError
                return error?.code == .tooLarge && error?.metadata["additions"] == "500"
            }
            #expect(try await store.scan(.all(in: .records), ScanOptions(), after: nil).isEmpty)
        } else {
            try await records.save(many, as: type)
            try await records.sweepAll()
            #expect(try await records.count(Query(.any("tags", .equal, "t499"), in: ["ann"]), as: type).value == 1)
        }
    }

    @Test func keysHaveValues() async throws {
        let type = try RecordType<Package>(
            "package",
            fields: [.one("name", .string) { $0.name.isEmpty ? .missing : .string($0.name) }],
            partitionedBy: .fields(["name"], group: "name"),
            primaryKey: ["name"]
        )
        let records = try await RecordStore.ofTests(MemoryStore(), [type])
        await #expect { try await records.save(Package(), as: type) } throws: { error in
            let error = error as? RecordError
            return error?.code == .invalidDeclaration && error?.metadata["field"] == "name"
        }
    }

    @Test func fieldsThatAreNotDeclaredAreNamed() async throws {
        let declared = try Samples.packages()
        let store = MemoryStore()
        let records = try await RecordStore.ofTests(store, [declared])
        let described = try await RecordCatalog(store).open(
            "t",
            types: ["package"],
            cursorKey: CursorKey(high: 1, low: 2)
        ) { Timestamp(milliseconds: 0) }
        let type = try #require(described.types["package"])
        let whole: [String: [TupleElement]] = ["owner": ["ann"], "name": ["zip"]]
        for (field, values, code) in [
            ("colour", ["red"], RecordError.Code.unknownField), ("downloads", ["7"], .wrongKind),
            ("downloads", [1, 2], .wrongKind),
        ] as [(String, [TupleElement], RecordError.Code)] {
            #expect {
                try type.message(of: whole.merging([field: values]) { $1 })
            } throws: { error in
                let error = error as? RecordError
                return error?.code == code && error?.metadata["field"] == field
            }
        }
        await #expect { try await records.select(["name", "colour"], Query(), as: declared) } throws: { error in
            let error = error as? RecordError
            return error?.code == .unknownField && error?.metadata["field"] == "colour"
        }
        await #expect { try await records.find(Query(orderedBy: ["colour"]), as: declared) } throws: { error in
            (error as? RecordError)?.metadata["field"] == "colour"
        }
    }

    /// What a newer release has written into a message goes through an older one.
    @Test func fieldsOfNewerMessagesSurvive() async throws {
        let type = try Samples.packages()
        let records = try await RecordStore.ofTests(MemoryStore(), [type])
        let newer: [UInt8] = try package { $0.downloads = 1 }.serializedBytes() + [0x98, 0x06, 0x07]
        let message = try Package(serializedBytes: newer)
        try await records.save(message, as: type)
        let address = try type.address(of: message)
        try await records.update(address, as: type) { $0.downloads = 2 }
        let kept = try #require(try await records.get(address, as: type)).message
        #expect(kept.downloads == 2)
        #expect(Array(kept.unknownFields.data) == [0x98, 0x06, 0x07])
    }

    /// Building, sweeping and asking say which record it is that can't be read.
    @Test func damageIsNamedByItsKey() async throws {
        let store = MemoryStore()
        let before = try Samples.packages(indexes: [])
        let records = try await RecordStore.ofTests(store, [before])
        for number in 0..<5 { try await records.save(package { $0.name = "p\(number)" }, as: before) }
        let address = RecordAddress(type: "package", partition: ["ann"], primaryKey: ["p3"])
        let key = try records.writer.layout.key(of: address, before.shape)
        var row = try #require(try await store.get(key)).value
        row[row.count - 7] ^= 1
        try await store.put(row, at: key)
        let type = try Samples.packages(indexes: [Index("by_downloads", on: [.field("downloads")])])
        let again = try await RecordStore.open(
            store,
            namespace: "t",
            types: [type],
            cursorKey: CursorKey(high: 1, low: 2),
            environment: SimulatedTime(seed: 1).environment
        ) { Timestamp(milliseconds: 50_000) }
        let named: (any Error) -> Bool = { error in
            let error = error as? RecordError
            return error?.code == .corrupted && error?.metadata["key"] == "\(key)"
        }
        await #expect(
            performing: { try await again.buildIndex("by_downloads", of: "package") },
            throws: named
        )
        await #expect(performing: { try await again.find(Query(in: ["ann"]), as: type) }, throws: named)
        await #expect(performing: { try await again.get(address, as: type) }, throws: named)
    }
}
