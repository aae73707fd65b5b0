import Foundation
import KeyValue
import Records
import SwiftProtobuf
import Tuples

/// The records that everything about records is measured on: uploads of owners who have 200 each, however many there
/// are in all, in one partition.
enum UploadRecords {
    static let uploadsAnOwner = 200
    static let pageSize = 50
    /// Half of all uploads are larger.
    static let middleSize: Int64 = 1 << 29
    static let partition: Tuple = [0]
    static let wallClock: @Sendable () -> Timestamp = { Timestamp(milliseconds: 1_793_283_600_000) }

    /// The type with these indexes.
    static func type(_ indexes: [Index]) throws -> RecordType<UploadMessage> {
        try RecordType(
            "upload",
            fields: [
                .one("name", .string, number: 1),
                .one("owner", .string, number: 3),
                .one("created", .integer, number: 5),
                .one("size", .integer, number: 4, as: .unsigned),
            ],
            partitionedBy: .shards(1, of: ["name"], group: "upload"),
            primaryKey: ["name"],
            indexes: indexes
        )
    }

    static let byOwner = Index("by_owner", on: [.field("owner"), .field("created")])
    static let byCreated = Index("by_created", on: [.field("created")])
    static let bySize = Index("by_size", on: [.field("size")])
    static let total = Index("total", .count, on: [])

    /// An upload as it is after so many changes: each gives it another time and size.
    static func message(_ number: Int, change: Int = 0) -> UploadMessage {
        var random = SplitMix(state: UInt64(number * 1_000 + change))
        var message = small
        message.name = name(number)
        message.owner = owner(number / uploadsAnOwner)
        message.created = 1_793_283_600 - Int64(random.next() % 100_000_000)
        message.size = random.next() % UInt64(2 * middleSize)
        return message
    }

    /// Without parts and labels: about 230 bytes.
    static let small: UploadMessage = {
        var message = Upload.sample.message
        message.parts = []
        message.labels = [:]
        return message
    }()

    static func name(_ number: Int) -> String { "harbour/2026/" + digits(number, 10) + ".jpg" }

    static func owner(_ number: Int) -> String { "did:key:" + digits(number, 8) }

    static func address(_ number: Int) -> RecordAddress {
        RecordAddress(type: "upload", partition: partition, primaryKey: [.string(name(number))])
    }

    /// What a body sums up of a message that it read.
    static func digest(_ message: UploadMessage) -> Int { Int(message.created & 0x3FF) + 1 }

    static func open(_ store: any KeyValueStore, _ indexes: [Index]) async throws -> RecordStore {
        try await RecordStore.open(
            store,
            namespace: "bench",
            types: [try type(indexes)],
            cursorKey: CursorKey(high: 1, low: 2),
            wallClock: wallClock
        )
    }

    /// Saves the first `count` uploads into an empty store.
    static func fill(_ store: any KeyValueStore, _ count: Int, _ indexes: [Index]) async throws {
        _ = try await open(store, indexes)
        let gathering = GatheringStore(store)
        let records = try await open(gathering, indexes)
        let type = try type(indexes)
        for number in 0..<count { try await records.save(message(number), as: type) }
        try await gathering.flush()
    }
}
