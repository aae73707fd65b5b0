import KeyValue
import TestSupport
import Testing

@testable import Migration

@Suite struct RestoreTests {
    private func restore(
        _ bytes: [UInt8],
        into target: any KeyValueStore,
        _ options: CopyOptions = CopyOptions()
    ) async throws -> CopyReport {
        let directory = try TemporaryDirectory()
        var reader = try await DumpReader(ArrayBytes(bytes))
        return try await Copier(to: target, options: options).restore(&reader, temporaryDirectory: directory.path)
    }

    @Test(arguments: MemoryProfile.all)
    func everythingThatTravelsComesBack(_ profile: MemoryProfile) async throws {
        let source = MemoryStore(profile)
        let rows = randomRows(3_000, seed: 2)
        try await fill(source, with: rows)
        try await fill(source, with: [Row(key: Key(partition: [1], bytes: [1], space: .reservedLocal), value: [1])])
        let bytes = try await dumped(source)
        let found = try await MigrationTests.rows(ofDump: bytes)
        #expect(sorted(found) == sorted(rows))
        let target = MemoryStore()
        let report = try await restore(bytes, into: target)
        #expect(report.written == rows.count)
        #expect(try await contents(target) == sorted(rows))
    }

    @Test func tombstonesAreLeftOut() async throws {
        let source = MemoryStore()
        let rows = randomRows(200, seed: 3)
        try await fill(source, with: rows)
        let found = try await MigrationTests.rows(ofDump: try await dumped(source, tombstones: false))
        #expect(sorted(found) == sorted(rows.filter { !$0.isTombstone }))
    }

    @Test(arguments: [1, 7, 1 << 20])
    func largeRowsAreBlocksByThemselves(_ pieceBytes: Int) async throws {
        var generator = SeededGenerator(seed: 4)
        let large = [3_000_000, 10, 600_000, 0].enumerated().map { index, count in
            Row(key: Key("p", "\(index)"), value: generator.bytes(pieceBytes == 1 ? count / 100 : count))
        }
        let bytes = try dumped(blocks: [large]).bytes
        #expect(try await rows(ofDump: bytes, pieceBytes: pieceBytes) == large)
    }

    @Test func existingRowsMeanWhatTheySay() async throws {
        let source = MemoryStore()
        try await fill(source, with: (0..<3).map { Row(key: Key("p", "\($0)"), value: [1]) })
        let bytes = try await dumped(source)
        func target() async throws -> MemoryStore {
            let target = MemoryStore()
            try await target.put([2], at: Key("p", "1"))
            return target
        }
        let kept = try await target()
        #expect(try await restore(bytes, into: kept).kept == 1)
        #expect(try await contents(kept).map(\.value) == [[1], [2], [1]])
        let replaced = try await target()
        #expect(try await restore(bytes, into: replaced, CopyOptions(onExisting: .replace)).written == 3)
        #expect(try await contents(replaced).map(\.value) == [[1], [1], [1]])
        let failing = try await target()
        let error = await #expect(throws: StoreError.self) {
            _ = try await restore(bytes, into: failing, CopyOptions(onExisting: .fail))
        }
        #expect(error?.code == .preconditionFailed)
    }

    @Test func nothingOfADamagedBlockIsWritten() async throws {
        let rows = (0..<6).map { Row(key: Key("p", "\($0)"), value: [1]) }
        let (bytes, parts) = try dumped(blocks: [Array(rows[..<2]), Array(rows[2..<4]), Array(rows[4...])])
        var damaged = bytes
        damaged[parts[2].startIndex + 30] ^= 1
        let target = MemoryStore()
        let error = await #expect(throws: StoreError.self) { _ = try await restore(damaged, into: target) }
        #expect(error?.code == .corrupted)
        #expect(error?.metadata["block"] == "1")
        let found = try await contents(target)
        #expect(found.allSatisfy { rows[..<2].contains($0) })
    }

    /// Writers change two keys at once all the time, and no dump shows one without the other.
    @Test func snapshotsAreOfOneMoment() async throws {
        let store = MemoryStore()
        try await fill(store, with: (0..<5_000).map { Row(key: Key("m", "\($0)"), value: [0]) })
        let first = Key("a", "k")
        let last = Key("z", "k")
        @Sendable func write(_ value: [UInt8]) async throws {
            _ = try await store.write(WriteBatch([.init(.put(value), at: first), .init(.put(value), at: last)]))
        }
        try await write([0])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                var round: UInt8 = 0
                while !Task.isCancelled {
                    round &+= 1
                    try await write([round])
                    await Task.yield()
                }
            }
            for _ in 0..<20 {
                let bytes = try await dumped(store)
                let reader = try await DumpReader(ArrayBytes(bytes))
                #expect(reader.header.isSnapshot)
                let found = try await collect(reader)
                #expect(found.first?.key == first)
                #expect(found.last?.key == last)
                #expect(found.first?.value == found.last?.value)
            }
            group.cancelAll()
            // The writer ends by its own cancellation.
            do { try await group.waitForAll() } catch let error as StoreError { #expect(error.code == .cancelled) }
        }
    }
}
