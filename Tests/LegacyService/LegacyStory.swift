import TestSupport

/// Commands as the replaced files service sent them, of uploads that come, change and go, drawn from a seed.
package struct LegacyStory {
    private struct Upload {
        var owner: String
        var isFinished = false
        var alias: String?
    }

    private var generator: SeededGenerator
    private var uploads: [Int: Upload] = [:]
    /// Which upload an owner's alias leads to.
    private var aliases: [String: [String: Int]] = [:]

    package init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    private mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &generator) }

    private static func line(_ name: String, _ key: String, _ rest: String...) -> String {
        let words = [name, "{ms-files}" + key] + rest
        return words.map { "\"" + $0.replacing("\"", with: "\\\"") + "\"" }.joined(separator: " ")
    }

    /// The commands of the next step.
    package mutating func next() -> [String] {
        let number = 1 + below(40)
        let id = LegacyFiles.id(number)
        let data = "files-data:" + id
        let part = "upload-data:" + LegacyFiles.part(number)
        guard var upload = uploads[number] else {
            let owner = ["ann", "bob", "eve"][below(3)]
            uploads[number] = Upload(owner: owner)
            let fields = [
                "uploadId", id, "owner", owner, "name", "Pier \(number)", "status", "1", "startedAt",
                "\(LegacyFiles.start + Int64(number))", "bucket", "models", "contentLength", "10", "files",
                LegacyFiles.files(number),
            ]
            return fields.indices.filter { $0 % 2 == 0 }.map { Self.line("hset", data, fields[$0], fields[$0 + 1]) } + [
                Self.line("sadd", "files-index-temp", id), Self.line("expire", data, "80000"),
                Self.line("hset", part, "uploadId", id, "bucket", "models", "status", "1"),
            ]
        }
        guard upload.isFinished else {
            upload.isFinished = true
            uploads[number] = upload
            let time = "\(LegacyFiles.start + 60_000)"
            return [
                Self.line("hset", part, "status", "2", "uploadedAt", time), Self.line("persist", data),
                Self.line("hset", data, "status", "2", "uploadedAt", time),
                Self.line("srem", "files-index-temp", id), Self.line("sadd", "files-index", id),
                Self.line("hset", data, "status", "3"), Self.line("del", part),
            ]
        }
        let pointers = "files-ptr-user:" + upload.owner
        var commands: [String] = []
        switch below(9) {
        case 0, 1: return [Self.line("hset", data, "name", "Pier \(below(1_000))")]
        case 2: return [Self.line("hset", data, "tags", "[\"t\(below(5))\"]")]
        case 3: return [Self.line("hset", data, "public", "\(below(2))")]
        case 4: return [Self.line("hset", data, "status", below(3) == 0 ? "9" : "3")]
        case 5, 6:
            // Another alias that leads nowhere yet, or none any more.
            if let alias = upload.alias {
                aliases[upload.owner]?[alias] = nil
                commands += [Self.line("hdel", pointers, alias), Self.line("hdel", data, "alias")]
            }
            let alias = "a\(below(12))"
            let isFree = aliases[upload.owner, default: [:]][alias] == nil
            upload.alias = isFree ? alias : nil
            if isFree {
                aliases[upload.owner, default: [:]][alias] = number
                commands += [Self.line("hset", data, "alias", alias), Self.line("hset", pointers, alias, id)]
            }
            uploads[number] = upload
            return commands
        case 7: return [Self.line("set", "files-post:" + id, #"{"update":{"alias":"later"}}"#)]
        default:
            if let alias = upload.alias {
                aliases[upload.owner]?[alias] = nil
                commands.append(Self.line("hdel", pointers, alias))
            }
            uploads[number] = nil
            return commands + [Self.line("srem", "files-index", id), Self.line("del", data)]
        }
    }
}
