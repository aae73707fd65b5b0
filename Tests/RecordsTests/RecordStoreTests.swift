import Foundation
import KeyValue
import SwiftProtobuf
import TestSupport
import Testing
import Tuples

@testable import Records

/// Records by key, and totals, on each kind of store.
@Suite struct RecordStoreTests {
    private func open(_ profile: MemoryProfile, _ types: [any RecordTypeDeclaration]) async throws -> RecordStore {
        try await RecordStore.open(
            MemoryStore(profile),
            namespace: "t",
            types: types,
            cursorKey: CursorKey(high: 1, low: 2)
        ) { Timestamp(milliseconds: 50_000) }
    }

    private static let profiles = [
        MemoryProfile.reference, .partitionScope, .oneKeyScope, .noConditionalDelete, .unordered, .smallLimits,
    ]

    private func code(_ body: () async throws -> Void) async -> RecordError.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? RecordError)?.code
        }
    }

    @Test(arguments: profiles) func conditions(_ profile: MemoryProfile) async throws {
        let type = try Samples.packages()
        let records = try await open(profile, [type])
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
        #expect(try await records.get(address, as: type)?.message.downloads == 5)
        #expect(await code { try await records.update(address, as: type) { $0.name = "zap" } } == .invalidDeclaration)
        var other = package
        other.name = "zap"
        #expect(await code { try await records.save(other, as: type) } == .notUnique)
        #expect(try await records.delete(address, as: type).existed)
        #expect(try await !records.delete(address, as: type).existed)
        try await records.save(other, as: type)
        #expect(try await records.get(address, as: type) == nil)
    }

    @Test(arguments: profiles) func totals(_ profile: MemoryProfile) async throws {
        guard profile.capabilities.order >= .partition else { return }
        let type = try Samples.packages()
        let records = try await open(profile, [type])
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
        let isNarrow = profile.capabilities.batchScope == .key
        if isNarrow { #expect(try await records.sweep(partitionOf: address) == 0) }
        let sum = try await records.total("downloads", in: ["ann"], as: type)
        #expect(sum == RecordStore.Total(value: 4, isExact: !isNarrow))
        let count = try await records.total("count_by_downloads", of: [1], in: ["ann"], as: type)
        #expect(count == RecordStore.Total(value: 4, isExact: !isNarrow))
        let name = await code { _ = try await records.total("by_tag", in: ["ann"], as: type) }
        #expect(name == .invalidDeclaration)
    }

    @Test func expiredRecordsAreGoneAndFreeTheirValues() async throws {
        let type = try Samples.uploads()
        let records = try await open(.oneKeyScope, [type])
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

    @Test func scrubbingRemovesWhatBelongsToNoRecord() async throws {
        let type = try Samples.uploads()
        let store = MemoryStore(.oneKeyScope)
        let records = try await RecordStore.open(
            store,
            namespace: "t",
            types: [type],
            cursorKey: CursorKey(high: 1, low: 2)
        ) { Timestamp(milliseconds: 0) }
        let upload = Upload.with { $0.space = "s" }
        let address = try type.address(of: upload)
        try await records.save(upload, as: type)
        let whole = try await store.count(.all())
        // What a writer leaves whose entries arrive after it has been given up.
        let body: [UInt8] = try Upload.with { $0.space = "lost" }.serializedBytes()
        let values = try type.shape.extract(body)
        let lost = try Projection(
            of: values,
            at: try type.shape.address(of: values),
            type.shape,
            RecordLayout(namespace: "t")
        )
        for entry in lost.entries { try await store.put([], at: entry) }
        #expect(try await records.scrub(partitionOf: address) == 0)
        #expect(try await records.scrubGlobalIndexes(of: "upload") == 2)
        #expect(try await records.scrubGlobalIndexes(of: "upload") == 0)
        #expect(try await store.count(.all()) == whole)
        #expect(try await records.get(address, as: type)?.message == upload)
    }

    @Test func storesThatCannotExcludeAreRefused() async throws {
        let type = try Samples.packages()
        #expect(await code { _ = try await open(.eventual, [type]) } == .unsupported)
    }
}
