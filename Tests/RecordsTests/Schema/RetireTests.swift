import KeyValue
import SwiftProtobuf
import TestSupport
import Testing
import Tuples

@testable import Records

/// Types that are removed with all that they have.
@Suite struct RetireTests {
    private func open(
        _ store: any KeyValueStore,
        _ types: [any RecordTypeDeclaration],
        _ time: SimulatedTime
    ) async throws -> RecordStore {
        try await RecordStore.open(
            store,
            namespace: "t",
            types: types,
            cursorKey: CursorKey(high: 1, low: 2),
            environment: time.environment
        ) { Timestamp(milliseconds: 50_000) }
    }

    private func package(_ number: Int) -> Package {
        Package.with {
            $0.owner = "o\(number % 3)"
            $0.name = "p\(number)"
            $0.summary = "number \(number)"
            $0.tags = ["a", "b"]
            $0.digest = "d\(number)"
        }
    }

    @Test(arguments: [MemoryProfile.reference, .oneKeyScope, .partitionScope])
    func nothingIsLeftButTheOthers(_ profile: MemoryProfile) async throws {
        let store = MemoryStore(profile)
        let time = SimulatedTime(seed: 1)
        let indexes =
            Samples.localIndexes + [
                Index("everywhere", on: [.field("downloads")], scope: .global(shards: 2)),
                Index("all", .count, on: [], scope: .global(shards: 2)),
            ]
        let packages = try Samples.packages(indexes: indexes)
        let uploads = try Samples.uploads()
        let records = try await open(store, [packages, uploads], time)
        for number in 0..<20 { try await records.save(package(number), as: packages) }
        try await records.save(Upload.with { $0.space = "s" }, as: uploads)
        // It is killed on the way, at each of some steps, and called again.
        var calls = 0
        var removed: Int?
        while removed == nil {
            calls += 7
            do {
                let mortal = MortalStore(base: store, writes: calls)
                removed = try await RecordCatalog(mortal, environment: time.environment).retireType("package", in: "t")
            } catch {
                #expect(calls < 1_000)
            }
            // Who declares the type is refused, whether it runs already or begins now.
            guard removed == nil, try await records.describeSchema()[type: "package"]?.isRetired == true else {
                continue
            }
            time.advance(by: .seconds(60))
            await #expect { try await records.save(package(50), as: packages) } throws: {
                ($0 as? RecordError)?.code == .outdatedSchema
            }
            await #expect { _ = try await open(store, [packages], time) } throws: {
                ($0 as? RecordError)?.code == .forbiddenChange
            }
        }
        for space in [KeySpace.records, .reservedData] {
            for row in try await store.scan(.all(in: space), ScanOptions(limit: 1_000), after: nil) {
                let name = RecordLayout.decode(row.key)?.name ?? ""
                #expect(!name.hasPrefix("package"), "\(row.key)")
            }
        }
        // The other type is as it was, and the name can be used anew.
        let others = try await open(store, [uploads], time)
        #expect(try await others.count(Query(), as: uploads).value == 1)
        let anew = try await open(store, [packages, uploads], time)
        #expect(try await anew.count(Query(), as: packages).value == 0)
        try await anew.save(package(0), as: packages)
        #expect(try await anew.find(Query(.any("tags", .equal, "a"), in: ["o0"]), as: packages).records.count == 1)
    }
}
