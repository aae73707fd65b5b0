import Foundation
import KeyValue
import SwiftProtobuf
import TestSupport
import Testing
import Tuples

@testable import Records

/// Records by key, and totals, on each kind of store.
@Suite struct RecordStoreTests {
    @Test(arguments: Subject.all) func conditions(_ subject: Subject) async throws {
        try await subject.run(holdToConditions)
    }

    private func holdToConditions(_ store: any KeyValueStore) async throws {
        let type = try Samples.packages()
        let records = try await RecordStore.ofTests(store, [type])
        let package = Package.with {
            $0.owner = "ann"
            $0.name = "zip"
            $0.digest = "d"
            $0.summary = "It packs and unpacks archives of many kinds, from streams too."
        }
        let address = try type.address(of: package)
        #expect(await code { try await records.save(package, as: type, if: .present) } == .notFound)
        let receipt = try await records.save(package, as: type, if: .absent)
        #expect(!receipt.existed && !receipt.indexesPending)
        #expect(await code { try await records.save(package, as: type, if: .absent) } == .alreadyExists)
        let first = try #require(receipt.version)
        let second = try #require(try await records.save(package, as: type, if: .version(first)).version)
        #expect(first != second)
        #expect(await code { try await records.save(package, as: type, if: .version(first)) } == .versionMismatch)
        try await records.update(address, as: type) { $0.downloads += 5 }
        let read = try #require(try await records.get(address, as: type))
        #expect(read.message.downloads == 5)
        // What was read is changed without reading it again, and what others made of it meanwhile is not lost.
        for _ in 0..<2 { try await records.update(read, as: type) { $0.downloads += 1 } }
        #expect(throws: RecordError.self) { try type.address(primaryKey: ["zip"]) }
        #expect(try await records.get(address, as: type)?.message.downloads == 7)
        let late = await code {
            try await records.update(read, as: type, if: .version(read.version)) { $0.downloads = 0 }
        }
        #expect(late == .versionMismatch)
        #expect(await code { try await records.update(address, as: type) { $0.name = "zap" } } == .invalidDeclaration)
        var other = package
        other.name = "zap"
        #expect(await code { try await records.save(other, as: type) } == .notUnique)
        #expect(try await records.delete(address, as: type).existed)
        #expect(try await !records.delete(address, as: type).existed)
        try await records.save(other, as: type)
        #expect(try await records.get(address, as: type) == nil)
    }

    @Test(arguments: Subject.all) func totals(_ subject: Subject) async throws { try await subject.run(holdToTotals) }

    private func holdToTotals(_ store: any KeyValueStore) async throws {
        let type = try Samples.packages()
        let records = try await RecordStore.ofTests(store, [type])
        for number in 0..<10 {
            let package = Package.with {
                $0.owner = "ann"
                $0.name = "p\(number)"
                $0.downloads = Int64(number % 2)
            }
            try await records.save(package, as: type)
        }
        let address = RecordAddress(type: "package", partition: ["ann"], primaryKey: ["p1"])
        try await records.delete(address, as: type)
        let isNarrow = store.capabilities.batchScope == .key
        let isExact = !isNarrow && store.capabilities.consistency == .linearizable
        if isNarrow { #expect(try await records.sweep(partitionOf: address) == 0) }
        let sum = try await records.total("downloads", in: ["ann"], as: type)
        #expect(sum == RecordStore.Total(value: 4, isExact: isExact))
        let count = try await records.total("count_by_downloads", of: [1], in: ["ann"], as: type)
        #expect(count == RecordStore.Total(value: 4, isExact: isExact))
        let name = await code { _ = try await records.total("by_tag", in: ["ann"], as: type) }
        #expect(name == .invalidDeclaration)
    }

    @Test(arguments: Subject.all) func expiredRecordsAreGoneAndFreeTheirValues(_ subject: Subject) async throws {
        try await subject.run(holdToExpiry)
    }

    private func holdToExpiry(_ store: any KeyValueStore) async throws {
        let type = try Samples.uploads()
        let records = try await RecordStore.ofTests(store, [type])
        var upload = Upload.with {
            $0.space = "s"
            $0.root = Data([1])
            $0.expiresAtSeconds = 50
        }
        try await records.save(upload, as: type)
        #expect(try await records.get(try type.address(of: upload), as: type) == nil)
        upload.space = "other"
        upload.clearExpiresAtSeconds()
        try await records.save(upload, as: type)
        #expect(try await records.get(try type.address(of: upload), as: type)?.message == upload)
        upload.space = "third"
        #expect(await code { try await records.save(upload, as: type) } == .notUnique)
    }

    @Test(arguments: Subject.all) func recordsAreFoundByUniqueValues(_ subject: Subject) async throws {
        try await subject.run(holdToUniqueValues)
    }

    private func holdToUniqueValues(_ store: any KeyValueStore) async throws {
        let type = try Samples.uploads()
        let records = try await RecordStore.ofTests(store, [type])
        func holder(of root: UInt8) async throws -> Upload? {
            try await records.get(holding: [.bytes([root])], of: "root", as: type)?.message
        }
        var upload = Upload.with {
            $0.space = "s"
            $0.root = Data([1])
        }
        #expect(try await holder(of: 1) == nil)
        try await records.save(upload, as: type)
        let first = upload
        #expect(try await holder(of: 1) == first)
        try await records.delete(try type.address(of: upload), as: type)
        #expect(try await holder(of: 1) == nil)
        upload.space = "other"
        try await records.save(upload, as: type)
        #expect(try await holder(of: 1) == upload)
        // A claim that was left over from another value of its record.
        let layout = RecordLayout(namespace: "t")
        let columns = try RecordLayout.encode([.bytes([9])])
        let index = try #require(type.shape.indexes.firstIndex { $0.name == "root" })
        let name = type.shape.encodedNames[index]
        let place = Projection.place(of: type.shape.indexes[index], name, spreadBy: columns, [], layout)
        let claim = try layout.key(.claim, ofIndex: name, columns, in: place)
        let key = try layout.key(of: try type.address(of: upload), type.shape)
        try await store.put(ClaimRow(holder: key).encoded, at: claim)
        #expect(try await holder(of: 9) == nil)
        upload.expiresAtSeconds = 50
        try await records.save(upload, as: type)
        #expect(try await holder(of: 1) == nil)
        for (values, name) in [([1, 2], "root"), ([1], "by_time"), ([1], "none")] as [(Tuple, String)] {
            let refused = await code { _ = try await records.get(holding: values, of: name, as: type) }
            #expect(refused == .notServed)
        }
    }

    @Test func scrubbingRemovesWhatBelongsToNoRecord() async throws {
        let type = try Samples.uploads()
        let store = MemoryStore(.oneKeyScope)
        let records = try await RecordStore.ofTests(store, [type])
        let upload = Upload.with { $0.space = "s" }
        let address = try type.address(of: upload)
        try await records.save(upload, as: type)
        let whole = try await store.count(.all())
        // What a writer leaves whose entries arrive after it has been given up.
        let body: [UInt8] = try Upload.with { $0.space = "lost" }.serializedBytes()
        let values = try type.shape.extract(body[...])
        let lost = try Projection(
            of: values,
            at: try type.shape.address(of: values),
            type.shape,
            RecordLayout(namespace: "t")
        )
        for entry in lost.entries { try await store.put([], at: entry) }
        #expect(try await records.scrub(partitionOf: address).mended == 0)
        #expect(try await records.scrubGlobalIndexes(of: "upload").mended == 2)
        #expect(try await records.scrubGlobalIndexes(of: "upload").mended == 0)
        #expect(try await store.count(.all()) == whole)
        #expect(try await records.get(address, as: type)?.message == upload)
    }

    @Test func storesThatPromiseTooLittleAreRefused() async throws {
        let type = try Samples.packages()
        var failover = MemoryProfile.partitionScope
        failover.capabilities.consistency = .exclusiveWrites
        #expect(await code { _ = try await RecordStore.ofTests(MemoryStore(.eventual), [type]) } == .unsupported)
        #expect(await code { _ = try await RecordStore.ofTests(MemoryStore(failover), [type]) } == nil)
        #expect(
            await code {
                _ = try await RecordStore.open(
                    MemoryStore(failover),
                    namespace: "t",
                    types: [type],
                    cursorKey: CursorKey(high: 1, low: 2)
                ) { Timestamp(milliseconds: 0) }
            } == .unsupported
        )
    }
}
