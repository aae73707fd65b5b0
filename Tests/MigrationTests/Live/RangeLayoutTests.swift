import KeyValue
import TestSupport
import Testing

@testable import Migration

/// A store that draws every tenth key.
private struct SampledMemory: StoreDecorator, SamplingStore {
    let base: any KeyValueStore

    func around<Result: Sendable>(
        _ call: StoreCall,
        _ body: () async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result { try await body() }

    func sample(of partition: [UInt8]) async throws(StoreError) -> [[UInt8]] {
        let options = ScanOptions(limit: 4_096, bytesMax: 1 << 20, keysOnly: true)
        var keys: [[UInt8]] = []
        var cursor: Cursor?
        repeat {
            let page = try await base.scan(.partition(partition), options, after: cursor)
            keys += page.map(\.key.bytes)
            cursor = page.cursor
        } while cursor != nil
        return stride(from: 0, to: keys.count, by: 10).map { keys[$0] }.reversed()
    }
}

/// How a source is split into the ranges that workers share.
@Suite struct RangeLayoutTests {
    private func rows(_ store: any KeyValueStore, _ layout: RangeLayout) async throws -> [[Key]] {
        var parts: [[Key]] = []
        for range in layout.ranges {
            var keys: [Key] = []
            var cursor: Cursor?
            repeat {
                let page = try await store.scan(range, ScanOptions(limit: 10_000, bytesMax: 1 << 20), after: cursor)
                keys += page.map(\.key)
                cursor = page.cursor
            } while cursor != nil
            parts.append(keys)
        }
        return parts
    }

    private func fill(_ store: any KeyValueStore, _ partition: String, _ keys: some Sequence<String>) async {
        _ = await store.write(each: keys.map { WriteBatch([.init(.put([1]), at: Key(partition, $0))]) })
    }

    private static func decimal(_ number: Int) -> String { String("\(1_000_000 + number)".dropFirst()) }

    @Test func aSourceIsSplitBetweenItsPartitions() async throws {
        let store = MemoryStore()
        for number in 0..<256 { try await store.put([1], at: Key("p\(number)", "k")) }
        let layout = try await RangeLayout(of: store, ranges: 4)
        #expect(layout.extents.count == 4 && layout.ranges.count == 5)
        #expect(try RangeLayout(encoded: layout.encoded) == layout)
        let found = try await rows(store, layout).flatMap(\.self)
        #expect(found.count == 256 && Set(found).count == 256)
        let few = MemoryStore()
        try await few.put([1], at: Key("p", "k"))
        #expect(try await RangeLayout(of: few).extents == [.all])
        let damaged: [[UInt8]] = [[2, 0, 0, 0, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 0, 0, 0, 0], [3], [1]]
        for bytes in damaged { #expect(throws: StoreError.self) { _ = try RangeLayout(encoded: bytes) } }
    }

    @Test(arguments: [MemoryProfile.reference, .partitionScope])
    func aLargePartitionIsSplitBetweenItsKeys(profile: MemoryProfile) async throws {
        let store = MemoryStore(profile)
        await fill(store, "large", (0..<20_000).map { "user/long-common-part/\(RangeLayoutTests.decimal($0 * 7))" })
        await fill(store, "other", (0..<5_000).map { "\($0 % 2 == 0 ? "a" : "zz")\(RangeLayoutTests.decimal($0))" })
        await fill(store, "small", (0..<100).map { "\($0)" })
        let layout = try await RangeLayout(of: store)
        #expect(try RangeLayout(encoded: layout.encoded) == layout)
        #expect(layout.ranges.count <= RangeLayout.rangesMax)
        let parts = try await rows(store, layout)
        #expect(parts.reduce(0) { $0 + $1.count } == 25_100)
        #expect(Set(parts.flatMap(\.self)).count == 25_100)
        #expect(parts.allSatisfy { $0.count <= 6_000 }, "\(parts.map(\.count))")
        #expect(parts.count { $0.count > 1_000 } > 4)
    }

    @Test func aPartitionIsSplitByASampleWhereTheStoreDrawsOne() async throws {
        // Nearly all keys begin alike, as those of numbers that are counted up do.
        let keys = (0..<10_000).map { $0 < 300 ? "\($0 % 256)/\($0)" : "large/\(RangeLayoutTests.decimal($0))" }
        let store = MemoryStore()
        await fill(store, "p", keys)
        let sampling = SampledMemory(base: store)
        let layout = try await RangeLayout(of: sampling)
        let counts = try await rows(sampling, layout).map(\.count)
        #expect(counts.reduce(0, +) == 10_000)
        #expect(counts.count { $0 > 0 } > 8 && counts.allSatisfy { $0 < 1_500 }, "\(counts)")
    }

    @Test func partitionsThatAreReadInNoOrderAreSharedWhole() async throws {
        let pieces = ["a", "b", "c"].map { RangeLayout.Piece(Array($0.utf8)) }
        #expect(RangeLayout(of: pieces, .none, ranges: 16).extents.count == 3)
        #expect(RangeLayout(of: pieces, .none, ranges: 2).extents == [.all])
        #expect(RangeLayout(of: Array(pieces.prefix(1)), .none, ranges: 16).extents == [.all])
        #expect(RangeLayout(of: [], .none, ranges: 16).extents == [.all])
    }

    @Test func everyKeyLiesInOneRange() {
        var random = SeededGenerator(seed: 5)
        for _ in 0..<200 {
            let names = Set((0..<Int.random(in: 1...80, using: &random)).map { _ in bytes(1...3, &random) })
            let pieces = names.sorted(by: ByteOrder.precedes).map { name in
                let isLarge = Bool.random(using: &random)
                let cuts = Set((0..<Int.random(in: 0...70, using: &random)).map { _ in bytes(1...2, &random) })
                return RangeLayout.Piece(name, cuts: isLarge ? cuts.sorted(by: ByteOrder.precedes) : nil)
            }
            let layout = RangeLayout(of: pieces, .store, ranges: Int.random(in: 1...20, using: &random))
            #expect(layout.ranges.count <= RangeLayout.rangesMax + 1)
            for _ in 0..<200 {
                let partition = Bool.random(using: &random) ? bytes(1...4, &random) : names.first ?? [1]
                let key = Key(partition: partition, bytes: bytes(1...3, &random))
                #expect(layout.ranges.count { $0.contains(key) } == 1)
            }
        }
    }

    private func bytes(_ count: ClosedRange<Int>, _ random: inout SeededGenerator) -> [UInt8] {
        (0..<Int.random(in: count, using: &random)).map { _ in [0, 1, 97, 98, 255].randomElement(using: &random) ?? 0 }
    }

    @Test func severalWorkersShareOneLargePartition() async throws {
        let migration = try await LiveMigration.planned { store in
            await fill(store, "large", (0..<9_000).map(RangeLayoutTests.decimal))
        }
        try await migration.controller.step(to: .weakened)
        try await migration.controller.step(to: .captured)
        var copiers: [LiveCopier] = []
        for _ in 0..<4 { copiers.append(try LiveCopier(migration.stores, environment: migration.time.environment)) }
        for index in copiers.indices { #expect(try await copiers[index].step() == .copied) }
        let ranges = try await migration.stores.control.ranges()
        #expect(ranges.count { $0.range.rows > 0 } > 1, "\(ranges.map(\.range.rows))")
        // One that is gone has left what it had begun to the others.
        copiers.removeLast()
        try await migration.copy()
        #expect(try await LiveMigration.rows(of: migration.stores.target).count == 9_000)
        let status = try await migration.stores.control.status(milliseconds: 0)
        #expect(status.isCopied && status.proof.isComplete && status.proof.records == 9_000)
        // A proof is shared as well, and what was proven for an earlier one counts for nothing.
        try await migration.controller.proveAgain()
        for index in copiers.indices { #expect(try await copiers[index].step() == .copied) }
        #expect(try await !migration.controller.proof().isComplete)
        let present = try #require(try await migration.stores.control.readProof()).proof.number
        let begun = try await migration.stores.control.proofRanges().values.filter { $0.range.proof == present }
        #expect(begun.count > 1)
        try await migration.copy()
        #expect(try await migration.controller.proof().isComplete)
    }
}
