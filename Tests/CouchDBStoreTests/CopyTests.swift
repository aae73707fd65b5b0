#if CouchDB
import CouchDBStore
import KeyValue
import Migration
import TestServers
import TestSupport
import Testing

/// Moving in and out by what moves any store.
@Suite struct CopyTests {
    private struct Bytes: ByteSink, ByteSource {
        var bytes: [UInt8] = []
        private var place = 0

        mutating func write(_ bytes: [UInt8]) async throws(StoreError) { self.bytes += bytes }

        mutating func read(_ count: Int) async throws(StoreError) -> [UInt8] {
            let piece = Array(bytes[place...].prefix(count))
            place += piece.count
            return piece
        }
    }

    private func filled() async throws -> MemoryStore {
        let store = MemoryStore()
        for number in 0..<700 {
            let key = Key(partition: [UInt8(number % 3), 0x5F], bytes: Array("\(number)\u{FF}".utf8))
            try await store.put(Array(repeating: UInt8(number % 251), count: number), at: key)
        }
        var batch = WriteBatch()
        batch.bury(Key("gone", "a"))
        batch.put([1], at: Key("p", "entry", space: .reservedData))
        batch.put([2], at: Key("p", "lease", space: .reservedLocal))
        _ = try await store.write(batch)
        return store
    }

    @Test func recordsMoveInAndOut() async throws {
        let server = try ScriptedCouchDB.start(copies: 3)
        let directory = try TemporaryDirectory()
        func database(_ name: String) async throws -> any KeyValueStore {
            let location = try StoreLocation("couchdb://127.0.0.1:\(server.port)/\(name)")
            return try await CouchDBDriver().open(location, environment: .live)
        }
        let source = try await filled()
        let couch = try await database("first")
        let copied = try await Copier(to: couch).copy(from: source, temporaryDirectory: directory.path)
        #expect(copied.written == 702 && copied.failed == 0)
        let again = try await Copier(to: couch).copy(from: source, temporaryDirectory: directory.path)
        #expect(again.written == 0 && again.kept == 702)
        let verifier = Verifier(temporaryDirectory: directory.path)
        #expect(try await verifier.verify(source, against: couch).isEqual)

        var dump = Bytes()
        _ = try await Dumper(couch, options: DumpOptions(createdSeconds: 1)).write(to: &dump)
        var reader = try await DumpReader(dump)
        let restored = try await database("second")
        _ = try await Copier(to: restored).restore(&reader, temporaryDirectory: directory.path)
        #expect(try await verifier.verify(couch, against: restored).isEqual)
        let target = MemoryStore()
        _ = try await Copier(to: target).copy(from: restored, temporaryDirectory: directory.path)
        #expect(try await verifier.verify(source, against: target).isEqual)
        #expect(try await target.get([Key("gone", "a")], ReadOptions(includesTombstones: true))[0]?.isTombstone == true)
        #expect(try await target.get(Key("p", "lease", space: .reservedLocal)) == nil)

        try await restored.put([9], at: Key("q", "more"))
        #expect(try await !verifier.verify(source, against: restored).isEqual)
        await couch.close()
        await restored.close()
        server.stop()
    }
}
#endif
