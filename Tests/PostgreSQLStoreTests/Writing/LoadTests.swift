#if PostgreSQL
import KeyValue
import TestServers
import Testing

@testable import PostgreSQLStore

/// Many batches of one put each, which go by `COPY` as long as nothing is in their way.
@Suite struct LoadTests {
    private func open() async throws -> (store: any KeyValueStore, count: () throws -> String) {
        let server = try await PostgreSQLServer.shared()
        let name = try server.makeNamedDatabase()
        let store = try await PostgreSQLDriver().open(StoreLocation(server.url(of: name)), environment: .live)
        return (store, { try server.psql("SELECT count(*) FROM wherehouse.entries", database: name) })
    }

    private func batches(_ numbers: Range<Int>, epoch: UInt64? = nil) -> [WriteBatch] {
        numbers.map { number in
            let value = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: number % 300)
            let space = number % 7 == 0 ? KeySpace.reservedData : .records
            let key = Key(partition: [0, UInt8(number % 3)], bytes: Array("\(number)".utf8), space: space)
            return WriteBatch([.init(.put(value), at: key, if: .vacant)], epoch: epoch)
        }
    }

    private func codes(_ results: [Result<WriteReceipt, StoreError>]) -> [StoreError.Code?] {
        results.map { result in
            if case .failure(let error) = result { error.code } else { nil }
        }
    }

    @Test func everyRowArrivesAsItWas() async throws {
        let (store, count) = try await open()
        let batches = batches(0..<3_000)
        let results = await store.write(each: batches)
        #expect(codes(results).allSatisfy { $0 == nil })
        #expect(try count() == "3000\n")
        for start in stride(from: 0, to: 3_000, by: 1_000) {
            let part = start..<start + 1_000
            let entries = try await store.get(batches[part].map { $0.operations[0].key })
            for ((batch, result), entry) in zip(zip(batches[part], results[part]), entries) {
                guard case .put(let value) = batch.operations[0].action else { continue }
                #expect(entry?.value == value)
                let revision = try result.get().outcomes[0].revision
                #expect(entry?.revision == revision)
            }
        }
        await store.close()
    }

    @Test func whatIsThereFailsItselfAlone() async throws {
        let (store, count) = try await open()
        let batches = batches(0..<1_000)
        let taken = batches[500].operations[0].key
        try await store.put([9], at: taken)
        for _ in 0..<2 {
            let results = await store.write(each: batches)
            let failed = codes(results).indices.filter { codes(results)[$0] == .preconditionFailed }
            #expect(failed.contains(500))
        }
        let entry = try await store.get(taken)
        #expect(entry?.value == [9])
        #expect(try count() == "1000\n")
        await store.close()
    }

    @Test func theFenceBindsAll() async throws {
        let (store, count) = try await open()
        let bin = try #require(try await store.bins().first)
        let open = try await store.fence(of: bin)
        try await store.setFence(of: bin, to: Fence(epoch: 7, admission: .epochOnly), expecting: open)
        let refused = await store.write(each: batches(0..<500))
        #expect(codes(refused).allSatisfy { $0 == .staleMode })
        #expect(try count() == "0\n")
        let other = await store.write(each: batches(0..<500, epoch: 6))
        #expect(codes(other).allSatisfy { $0 == .staleMode })
        let admitted = await store.write(each: batches(0..<500, epoch: 7))
        #expect(codes(admitted).allSatisfy { $0 == nil })
        #expect(try count() == "500\n")
        // The connection is as good as before.
        _ = try await store.write(WriteBatch([.init(.put([1]), at: Key("p", "k"))], epoch: 7))
        await store.close()
    }

    /// Loads and single puts share connections, and readers see either.
    @Test func loadsGoBesidePuts() async throws {
        let (store, count) = try await open()
        await withTaskGroup { group in
            for part in 0..<8 {
                group.addTask {
                    let results = await store.write(each: batches(part * 500..<part * 500 + 500))
                    #expect(codes(results).allSatisfy { $0 == nil })
                }
                group.addTask {
                    for number in 0..<50 {
                        await #expect(throws: Never.self) { try await store.put([1], at: Key("\(part)", "\(number)")) }
                    }
                }
            }
        }
        #expect(try count() == "4400\n")
        await store.close()
    }

    @Test func failedTriesAreMadeLessOften() {
        let trust = CopyTrust()
        #expect(trust.mayTry())
        trust.note(wasTaken: false)
        for _ in 0..<4 { #expect(!trust.mayTry()) }
        #expect(trust.mayTry())
        trust.note(wasTaken: false)
        for _ in 0..<8 { #expect(!trust.mayTry()) }
        #expect(trust.mayTry())
        trust.note(wasTaken: true)
        #expect(trust.mayTry())
    }

    @Test(arguments: [(1, 100), (10, 3_000), (5_000, 100), (300_000, 40), (6_000_000, 3)])
    func pagesOfAnyValuesAreWhole(_ size: Int, _ count: Int) async throws {
        let (store, _) = try await open()
        _ = try await store.write(
            WriteBatch((0..<20).map { .init(.put([UInt8($0)]), at: Key("a", "\($0)")) })
        )
        let value = [UInt8](repeating: 7, count: size)
        let results = await store.write(
            each: (0..<count).map { WriteBatch([.init(.put(value), at: Key("b", "\($0)"), if: .vacant)]) }
        )
        #expect(codes(results).allSatisfy { $0 == nil })
        for reverse in [false, true] {
            var cursor: Cursor?
            var rows = 0
            repeat {
                let options = ScanOptions(limit: 4_096, bytesMax: 1 << 20, reverse: reverse)
                let page = try await store.scan(.all(), options, after: cursor)
                #expect(!page.isEmpty || page.cursor == nil)
                for row in page where row.partition.elementsEqual([0x62]) { #expect(row.value.count == size) }
                rows += page.count
                cursor = page.cursor
            } while cursor != nil
            #expect(rows == count + 20)
        }
        await store.close()
    }
}
#endif
