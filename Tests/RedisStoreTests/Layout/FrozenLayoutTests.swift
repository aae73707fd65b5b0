#if Redis
import KeyValue
import TestServers
import Testing

@testable import RedisStore

/// The bytes that a store leaves in a server, key by key.
///
/// Other releases read them. A change here is a change of the format: it takes a new version of ``RedisLayout/format``
/// and the means to read the old one.
@Suite(.timeLimit(.minutes(2))) struct FrozenLayoutTests {
    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    @Test func everyKeyHasItsBytes() async throws {
        let server = try await RedisServer.start()
        let location = try StoreLocation(server.url + "?prefix=wh:")
        let store = try #require(try await RedisDriver().open(location, environment: .live) as? RedisStore)
        let partition: [UInt8] = [0x70, 0x00, 0x7B]
        func key(_ byte: UInt8, _ space: KeySpace = .records) -> Key {
            Key(partition: partition, bytes: [0x6B, byte], space: space)
        }
        let id = WriteID(nonce: 0x0102_0304_0506_0708)
        _ = try await store.write(
            WriteBatch(
                [
                    .init(.put([0xAA, 0xBB]), at: key(1)), .init(.bury, at: key(2)), .init(.add(-2), at: key(3)),
                    .init(.put([0xCC]), at: key(4, .reservedData)), .init(.put([]), at: key(5, .reservedLocal)),
                ],
                mark: MarkID(high: 0x1112_1314_1516_1718, low: 0x2122_2324_2526_2728),
                id: id
            )
        )
        let bin = Bucket(of: partition).bin
        try await store.setFence(of: bin, to: Fence(epoch: 3, admission: .epochOnly), expecting: .open)
        var found: [String: [String]] = [:]
        for name in try await store.client.send(RedisCommand("KEYS", "*")).elements ?? [] {
            let name = try #require(name.bytes)
            let type = try await store.client.send(RedisCommand("TYPE", [name])).text
            if type == "string" {
                let value = try await store.client.send(RedisCommand("GET", [name])).bytes
                found[hex(name)] = [hex(try #require(value))]
            } else {
                let range = ["0", "-1"].map { Array($0.utf8) }
                let members = try await store.client.send(RedisCommand("ZRANGE", [name] + range)).elements ?? []
                found[hex(name)] = try members.map { hex(try #require($0.bytes)) }
            }
        }
        #expect(found == FrozenLayoutTests.keys)
        await store.close()
    }

    /// By name, in hexadecimal; `77683a7b…7d` is `wh:{…}`.
    private static let keys: [String: [String]] = [
        "77683a666f726d6174": ["31"],
        "77683a7b3135317d66": ["01000000000000000301"],
        "77683a7b3135317d693070007b": ["6b01", "6b02", "6b03"],
        "77683a7b3135317d693170007b": ["6b04"],
        "77683a7b3135317d693270007b": ["6b05"],
        "77683a7b3135317d6d": [
            "11121314151617182122232425262728000000000370007b000000026b01000000000370007b000000026b0200000000"
                + "0370007b000000026b03010000000370007b000000026b04020000000370007b000000026b05"
        ],
        "77683a7b3135317d7030": ["70007b"],
        "77683a7b3135317d7031": ["70007b"],
        "77683a7b3135317d7032": ["70007b"],
        "77683a7b3135317d7230333a70007b6b01": ["01000000000000000102030405060708aabb"],
        "77683a7b3135317d7230333a70007b6b02": ["01010000000000000102030405060708"],
        "77683a7b3135317d7230333a70007b6b03": ["01000000000000000102030405060708fffffffffffffffe"],
        "77683a7b3135317d7231333a70007b6b04": ["01000000000000000102030405060708cc"],
        "77683a7b3135317d7232333a70007b6b05": ["01000000000000000102030405060708"],
        "77683a7b3135317d743070007b": ["6b02"],
    ]

    @Test func bucketsHaveTheirTags() {
        let partitions: [[UInt8]] = [[0x70], Array("tenant".utf8), Array(repeating: 0xFF, count: 1_024)]
        #expect(partitions.map { Bucket(of: $0).number } == [188, 211, 37])
        #expect([0, 1, 7, 128, 255].map { Bucket.all[$0].tag } == ["460", "14", "18", "16", "430"])
        #expect(Set(Bucket.all.map(\.tag)).count == 256)
        #expect(Bucket.all.allSatisfy { Int($0.slot) / 64 == $0.number })
    }
}
#endif
