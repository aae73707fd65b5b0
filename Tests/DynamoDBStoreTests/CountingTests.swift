#if DynamoDB
import DynamoDBStore
import Foundation
import KeyValue
import TestServers
import Testing

/// Counts, which the service makes without sending rows.
@Suite struct CountingTests {
    @Test func spacesAndTombstonesAreKeptApart() async throws {
        let url = try await MotoServer.shared().url(ofTable: "counting-\(UUID().uuidString)")
        let store = try await DynamoDBDriver().open(StoreLocation(url), environment: .live)
        for (number, space) in KeySpace.allCases.enumerated() {
            for index in 0...number * 2 {
                try await store.put([1], at: Key("p\(index % 3)", "\(index)", space: space))
            }
            _ = try await store.write(WriteBatch([.init(.bury, at: Key("p0", "gone", space: space))]))
            let range = KeyRange.all(in: space)
            let live = try await store.count(range, ReadOptions())
            #expect(live == Measurement(number * 2 + 1, .exact))
            let all = try await store.count(range, ReadOptions(includesTombstones: true))
            #expect(all == Measurement(number * 2 + 2, .exact))
            let part = try await store.count(.partition(Array("p0".utf8), in: space), ReadOptions())
            #expect(part.value == (number * 2) / 3 + 1)
        }
        await store.close()
    }
}
#endif
