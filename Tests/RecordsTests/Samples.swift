import SwiftProtobuf
import Tuples

@testable import Records

typealias Package = Wherehouse_Samples_Package
typealias Upload = Wherehouse_Samples_Upload

/// The record types of the tests.
enum Samples {
    /// Packages, a partition an owner: every kind of index, all of them local. Their fields are read by their numbers.
    static func packages(
        indexes: [Index] = localIndexes,
        queriesInTransactions: Bool = false
    ) throws -> RecordType<Package> {
        try RecordType(
            "package",
            fields: [
                .one("owner", .string, number: 1),
                .one("name", .string, number: 2),
                .one("summary", .string, number: 3, isOptional: true),
                .many("tags", .string, number: 4),
                .one("downloads", .integer, number: 5),
                .one("digest", .string, number: 6, isOptional: true),
            ],
            partitionedBy: .fields(["owner"], group: "owner"),
            primaryKey: ["name"],
            indexes: indexes,
            queriesInTransactions: queriesInTransactions
        )
    }

    static let localIndexes = [
        Index("by_downloads", on: [.field("downloads")]),
        Index("by_tag", on: [.each("tags")]),
        Index("by_folded_name", on: [.caseFolded("name")]),
        Index("by_part", on: [.trigrams("summary")]),
        Index("digest", .unique, on: [.field("digest")]),
        Index("count_by_downloads", .count, on: [.field("downloads")]),
        Index("downloads", .sum(of: "downloads"), on: []),
    ]

    /// Uploads, spread over 16 partitions, with global indexes and an expiry. Their fields are computed.
    static func uploads(
        shardedBy shard: [String] = ["space", "root"],
        indexes: [Index] = []
    ) throws -> RecordType<Upload> {
        try RecordType(
            "upload",
            fields: [
                .one("space", .string) { .string($0.space) },
                .one("root", .bytes) { .bytes(Array($0.root)) },
                .one("size", .integer) { .integer($0.size) },
                .one("inserted_at", .timestamp) { .timestamp(Timestamp(microseconds: $0.insertedAtMicroseconds)) },
                .one("expires_at", .timestamp) { upload in
                    guard upload.hasExpiresAtSeconds else { return .missing }
                    return Timestamp(seconds: upload.expiresAtSeconds).map { .timestamp($0) } ?? .missing
                },
                .one("pinned", .bool) { .bool($0.pinned) },
            ],
            partitionedBy: .shards(16, of: shard, group: "upload"),
            primaryKey: ["space", "root"],
            indexes: [
                Index("by_time", on: [.field("space"), .field("inserted_at")], scope: .global(shards: 2)),
                Index("root", .unique, on: [.field("root")], scope: .global(shards: 4)),
            ] + indexes,
            expiry: "expires_at"
        )
    }
}

/// Bytes as hexadecimal digits.
func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
