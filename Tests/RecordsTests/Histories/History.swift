import Foundation
import KeyValue
import SwiftProtobuf
import TestSupport
import Testing
import Tuples

@testable import Records

/// A random history of calls on the records of any store, each held against a naive model: a dictionary.
struct History {
    let store: any KeyValueStore
    var generator: SeededGenerator
    private let type: RecordType<Package>
    private let records: RecordStore
    private var model: [RecordAddress: (package: Package, version: RecordVersion)] = [:]

    init(_ store: any KeyValueStore, seed: UInt64) async throws {
        self.store = store
        generator = SeededGenerator(seed: seed)
        type = try Samples.packages()
        records = try await RecordStore.ofTests(store, [type], namespace: "h\(seed)")
    }

    /// Makes this many calls, and then looks at everything.
    mutating func run(_ calls: Int) async throws {
        for _ in 0..<calls { try await call() }
        // What reads records in their order is refused by a store that has none.
        if store.capabilities.order >= .partition { try await compare() }
    }

    private mutating func package() -> Package {
        Package.with {
            $0.owner = ["ann", "bob"].randomElement(using: &generator) ?? ""
            $0.name = ["a", "b\0", "b", "ü", "C"].randomElement(using: &generator) ?? ""
            $0.downloads = Int64.random(in: -2...2, using: &generator)
            $0.tags = ["x", "y", "z"].filter { _ in Bool.random(using: &generator) }
            if Bool.random(using: &generator) { $0.digest = "d\(Int.random(in: 0..<4, using: &generator))" }
            if Bool.random(using: &generator) { $0.summary = "Some \($0.downloads) words" }
        }
    }

    private mutating func call() async throws {
        let package = package()
        let address = try type.address(of: package)
        let known = model[address]
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: try await save(package, at: address, .none, nil)
        case 1: try await save(package, at: address, .absent, known == nil ? nil : .alreadyExists)
        case 2: try await save(package, at: address, .present, known == nil ? .notFound : nil)
        case 3:
            let other = RecordVersion(high: 0, low: 0)
            let version = Bool.random(using: &generator) ? known?.version ?? other : other
            let isRight = known?.version == version
            let expected: RecordError.Code? = known == nil ? .notFound : isRight ? nil : .versionMismatch
            try await save(package, at: address, .version(version), expected)
        case 4:
            let receipt = try await records.delete(address, as: type)
            #expect(receipt.existed == (known != nil))
            model[address] = nil
        default:
            guard var changed = known?.package else { return }
            changed.downloads += 1
            let receipt = try await records.update(address, as: type) { $0.downloads += 1 }
            model[address] = (changed, try #require(receipt.version))
        }
        let read = try await records.get(address, as: type)
        #expect(read?.message == model[address]?.package)
        #expect(read?.version == model[address]?.version)
    }

    private mutating func save(
        _ package: Package,
        at address: RecordAddress,
        _ condition: RecordStore.Condition,
        _ expected: RecordError.Code?
    ) async throws {
        let isTaken = model.contains { other in
            package.hasDigest && other.key != address && other.value.package.owner == package.owner
                && other.value.package.hasDigest && other.value.package.digest == package.digest
        }
        let refusal = expected ?? (isTaken ? .notUnique : nil)
        do {
            let receipt = try await records.save(package, as: type, if: condition)
            #expect(refusal == nil)
            model[address] = (package, try #require(receipt.version))
        } catch let error as RecordError {
            #expect(error.code == refusal)
        }
    }

    private mutating func compare() async throws {
        for owner in ["ann", "bob"] {
            let own = model.values.map(\.package).filter { $0.owner == owner }
            let filters: [(Filter, (Package) -> Bool)] = [
                (.everything, { _ in true }), (.any("tags", .equal, "x"), { $0.tags.contains("x") }),
                (.contains("summary", "E 1"), { $0.summary.contains("e 1") }),
                (.compare("digest", .equal, "d1"), { $0.hasDigest && $0.digest == "d1" }),
                (.compare("downloads", .greater, 0), { $0.downloads > 0 }),
            ]
            for (filter, isWanted) in filters {
                var query = Query(filter, in: [.string(owner)], limit: 3)
                var found: [String] = []
                repeat {
                    let page = try await records.find(query, as: type)
                    found += page.records.map(\.message.name)
                    query.cursor = page.cursor
                } while query.cursor != nil
                #expect(found.sorted() == own.filter(isWanted).map(\.name).sorted(), "\(filter)")
            }
            let partition: Tuple = [.string(owner)]
            let address = RecordAddress(type: type.name, partition: partition, primaryKey: [])
            #expect(try await records.sweep(partitionOf: address) == 0)
            #expect(try await records.scrub(partitionOf: address).mended == 0)
            let sum = try await records.total("downloads", in: partition, as: type).value
            #expect(sum == own.reduce(0) { $0 + $1.downloads })
            let count = try await records.total("count_by_downloads", of: [1], in: partition, as: type).value
            #expect(count == Int64(own.count { $0.downloads == 1 }))
        }
    }
}
