import Foundation
package import TestServers

/// A Redis that holds what the replaced files service would have written: what each of its steps leaves behind.
package final class LegacyFiles: Sendable {
    package let server: RedisServer
    /// When everything began, in milliseconds since 1970.
    package static let start: Int64 = 1_600_000_000_000

    package init(_ arguments: [String] = []) async throws { server = try await RedisServer.start(arguments) }

    package var url: String { server.url + "?layout=raw" }

    /// One that can be followed, by a user of its own.
    package static func followed() async throws -> LegacyFiles {
        try await LegacyFiles([
            "--repl-diskless-sync-delay", "0", "--notify-keyspace-events", "KA",
            "--user", "wherehouse", "on", ">tool", "~*", "&*", "+@all",
        ])
    }

    /// With what it changes, by its stream or its events.
    package func url(capturing way: String = "stream") -> String {
        "redis://wherehouse:tool@127.0.0.1:\(server.port)?layout=raw&capture=\(way)"
    }

    package func command(_ name: String, _ key: String, _ rest: String...) throws {
        try server.cli([name, "{ms-files}" + key] + rest)
    }

    /// An identifier that a number stands for.
    package static func id(_ number: Int) -> String { "00000000-0000-4000-8000-" + digits(number, 12) }

    package static func digits(_ number: Int, _ count: Int) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: count - text.count) + text
    }

    package static func part(_ number: Int, _ index: Int = 0) -> String {
        "\(digits(7, 32))/\(id(number))/10000000-0000-4000-8000-\(digits(index, 12)).jpeg"
    }

    /// The field `files`: parts of 10 bytes, and one more each.
    package static func files(_ number: Int, count: Int = 1, bucket: String = "models") -> String {
        let parts = (0..<count).map { index in
            """
            {"type":"c-preview","filename":"\(part(number, index))","contentType":"image/jpeg",\
            "contentLength":\(10 + index),"md5Hash":"ABEiM0RVZneImaq7zN3u/w==","bucket":"\(bucket)",\
            "platforms":["web"],"location":"https://example.com/session"}
            """
        }
        return "[\(parts.joined(separator: ","))]"
    }

    /// What beginning an upload leaves: the record, its parts, and its place in the list of those that are not finished.
    package func begin(
        _ number: Int,
        _ owner: String,
        parts: Int = 1,
        expires: Bool = true,
        _ fields: [String: String] = [:]
    ) throws {
        let id = LegacyFiles.id(number)
        var record = [
            "uploadId": id, "owner": owner, "name": "Pier \(number)", "name_n": "pier \(number)", "status": "1",
            "startedAt": "\(LegacyFiles.start + Int64(number))", "parts": "\(parts)", "bucket": "models",
            "contentLength": "\((0..<parts).reduce(0) { $0 + 10 + $1 })",
            "files": LegacyFiles.files(number, count: parts),
        ]
        record.merge(fields) { $1 }
        try server.cli(["hset", "{ms-files}files-data:\(id)"] + record.flatMap { [$0.key, $0.value] })
        try command("sadd", "files-index-temp", id)
        if expires { try command("expire", "files-data:\(id)", "80000") }
        for index in 0..<parts {
            let name = "upload-data:" + LegacyFiles.part(number, index)
            try command("hset", name, "uploadId", id, "bucket", "models", "status", "1")
            try command("expire", name, "80000")
        }
    }

    /// What the coming of a part leaves.
    package func arrive(_ number: Int, _ index: Int) throws {
        let time = "\(LegacyFiles.start + 60_000 + Int64(index))"
        try command("hset", "upload-data:" + LegacyFiles.part(number, index), "status", "2", "uploadedAt", time)
        try command("hincrby", "files-data:" + LegacyFiles.id(number), "uploaded", "1")
    }

    /// What finishing an upload leaves: it is in the lists of its owner, of all, and of its tags.
    package func finish(_ number: Int, _ owner: String, isPublic: Bool = false, tags: [String] = []) throws {
        let id = LegacyFiles.id(number)
        let time = "\(LegacyFiles.start + 60_000)"
        try command("persist", "files-data:\(id)")
        try command("hset", "files-data:\(id)", "status", "2", "uploadedAt", time)
        try command("srem", "files-index-temp", id)
        for end in isPublic ? ["", ":pub"] : [""] {
            let all = end.isEmpty ? "" : "-pub"
            try command("sadd", "files-index\(all)", id)
            try command("sadd", "files-index:\(owner)\(end)", id)
            try command("zadd", "files-index-uat\(all)", time, id)
            try command("zadd", "files-index-uat:\(owner)\(end)", time, id)
        }
        for tag in tags { try command("sadd", "files-index-tags:\(tag)", id) }
    }

    /// An upload that has gone all the way.
    package func make(
        _ number: Int,
        _ owner: String,
        isPublic: Bool = false,
        tags: [String] = [],
        alias: String? = nil,
        _ fields: [String: String] = [:]
    ) throws {
        var record = fields
        if isPublic { record["public"] = "1" }
        if !tags.isEmpty { record["tags"] = "[\(tags.map { "\"\($0)\"" }.joined(separator: ","))]" }
        if let alias { record["alias"] = alias }
        try begin(number, owner, record)
        try arrive(number, 0)
        try finish(number, owner, isPublic: isPublic, tags: tags)
        try command("hset", "files-data:" + LegacyFiles.id(number), "status", fields["status"] ?? "3")
        try command("del", "upload-data:" + LegacyFiles.part(number))
        if let alias { try command("hset", "files-ptr-user:\(owner)", alias, LegacyFiles.id(number)) }
    }
}
