import Files
import Foundation
import KeyValue

/// Pages of 20 uploads whose names have a word, newest first, out of ten and a hundred thousand of one owner, and out
/// of a million where `uploads=` is as many: beside a script in a Redis that sorts and filters them all for each page.
func measureFileLists(_ bench: Workbench, _ results: inout Results) async throws {
    for count in [10_000, 100_000, 1_000_000] where count <= bench.uploadCount {
        var store = try await bench.openStore("files-\(count).db", isDurable: false)
        try await ServedUploads.fill(store, count)
        await store.close()
        store = try await bench.openStore("files-\(count).db", isDurable: false)
        let lists = FileLists(uploads: try await ServedUploads(store), count: count)
        let pages = try await interleave(
            [lists.page("after"), lists.page("first"), lists.page("counted")],
            repeats: bench.repeats
        )
        let name = "list of 20 out of \(count), filtered and sorted"
        results.grow("list of 20, filtered and sorted, after a page", stored: count, pages[0])
        results.figures += [
            Figure("\(name), after a page", pages[0], .timeAtMost(2e6)),
            Figure("\(name), the first", pages[1], .timeAtMost(2e6)),
            Figure("\(name), the first with its total", pages[2], .none),
        ]
        // A script that takes longer than five seconds stops all of that Redis, and a million take minutes.
        if count <= 100_000 {
            let server = try DirectRedis()
            defer { server.stop() }
            try lists.fill(server)
            let beside = try await interleave(
                [lists.script(server), lists.page("after")],
                repeats: min(bench.repeats, 5)
            )
            let target: Target = count == 100_000 ? .speedupAtLeast(100) : .none
            results.figures.append(Figure("\(name); bound a script in Redis", beside[1], against: beside[0], target))
        }
        let others = try await interleave(
            [try await lists.others("alone", lists: 0), try await lists.others("beside lists", lists: 1)],
            repeats: bench.repeats
        )
        results.figures.append(
            Figure("info, p99 beside such lists; bound alone", others[1], against: others[0], .ratioAtMost(2))
        )
        await store.close()
    }
}

private struct FileLists: Sendable {
    let uploads: ServedUploads
    let count: Int

    private static let pageSize = 20
    private static let pages = 50
    private static let asked = 2_000

    /// Lists, of which each is the first page, also with its total counted, or goes on after one of a single upload.
    func page(_ which: String) -> Body {
        Body(name: "files, \(which) page of \(count)", operations: FileLists.pages) { _ in
            var sum = 0
            let first = which == "after" ? try await list(limit: 1).next : nil
            for _ in 0..<FileLists.pages {
                sum += try await list(limit: FileLists.pageSize, after: first, skips: 1, counts: which == "counted").sum
            }
            return sum
        }
    }

    /// A page, as the sum of the numbers of its uploads, and the cursor behind it.
    private func list(
        limit: Int,
        after cursor: String? = nil,
        skips: Int = 0,
        counts: Bool = false
    ) async throws -> (sum: Int, next: String) {
        let place = cursor.map { #""after":"\#($0)""# } ?? #""offset":\#(skips)"#
        let parameters = """
            {"owner":"\(ServedUploads.owner)","filter":{"name":{"match":"LANTERN"}},"criteria":"startedAt",\
            "order":"DESC","limit":\(limit),"includeTotal":\(counts),\(place)}
            """
        let body = try await uploads.ask(.list, parameters, by: .owner(ServedUploads.owner))
        guard let answer = try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any],
            let files = answer["files"] as? [[String: Any]], files.count == limit, let next = answer["next"] as? String
        else { throw WrongAnswer(answer: String(decoding: body, as: UTF8.self)) }
        return (FileLists.sum(of: files.compactMap { $0["uploadId"] as? String }), next)
    }

    private static func sum(of ids: [String]) -> Int { ids.reduce(0) { $0 + (Int($1.suffix(12), radix: 16) ?? 0) } }

    /// What the slowest hundredth of another client's requests takes.
    func others(_ name: String, lists: Int) async throws -> Body {
        let slowest = Slowest()
        return Body(name: "info, \(name)", operations: 1) {
        } run: { _ in
            let busy = (0..<lists).map { _ in
                Task { while !Task.isCancelled { _ = try await list(limit: FileLists.pageSize) } }
            }
            var times: [Double] = []
            for number in 0..<FileLists.asked {
                let parameters = #"{"filename":"\#(ServedUploads.id(number % count))"}"#
                let began = Clock.wall()
                _ = try await uploads.ask(.info, parameters, by: .owner(ServedUploads.owner))
                times.append(Clock.wall() - began)
            }
            for task in busy { task.cancel() }
            for task in busy { _ = await task.result }
            slowest.nanoseconds = times.sorted()[times.count * 99 / 100]
            return FileLists.asked
        } ownTime: {
            slowest.nanoseconds
        }
    }

    private final class Slowest: @unchecked Sendable {
        // Written by a run, and read when it is over.
        var nanoseconds = 0.0
    }
}

// MARK: - In a Redis

extension FileLists {
    private static let index = "files-index:" + ServedUploads.owner
    private static let record = "files-data:"

    func fill(_ server: DirectRedis) throws {
        for start in stride(from: 0, to: count, by: 1_000) {
            let numbers = start..<min(start + 1_000, count)
            var commands: [[String]] = []
            for number in numbers {
                let id = ServedUploads.id(number)
                let time = ServedUploads.start + Int64(number)
                commands.append(["SADD", FileLists.index, id])
                commands.append([
                    "HSET", FileLists.record + id, "uploadId", id, "owner", ServedUploads.owner, "name",
                    ServedUploads.name(number), "status", "3", "startedAt", "\(time)", "uploadedAt", "\(time + 1_000)",
                    "contentLength", "\(InstantObjects.contentLength)", "parts", "1", "bucket", InstantObjects.name,
                ])
            }
            _ = try server.ask(commands)
        }
    }

    /// One page, as the scripts of the replaced service make it of a set whose order is not kept: a field of each is
    /// read to be sorted by, empty ones last, numbers as numbers and else without regard to case; then another of each
    /// to be looked into.
    func script(_ server: DirectRedis) -> Body {
        let source = """
            local ids, values = redis.call('SMEMBERS', KEYS[1]), {}
            for _, id in ipairs(ids) do values[id] = redis.call('HGET', KEYS[2] .. id, ARGV[1]) or '' end
            table.sort(ids, function(a, b)
              local x, y = values[b], values[a]
              if x == '' or y == '' then return y == '' and x ~= '' end
              local m, n = tonumber(x), tonumber(y)
              if m and n then return m < n end
              return string.lower(x) < string.lower(y)
            end)
            local found, page = {}, {}
            for _, id in ipairs(ids) do
              local value = redis.call('HGET', KEYS[2] .. id, ARGV[2])
              if value and string.find(string.lower(value), ARGV[3], 1, true) then found[#found + 1] = id end
            end
            for place = ARGV[4] + 1, math.min(ARGV[4] + ARGV[5], #found) do page[#page + 1] = found[place] end
            return page
            """
        let command = [
            "EVAL", source, "2", FileLists.index, FileLists.record, "startedAt", "name", "lantern", "1",
            "\(FileLists.pageSize)",
        ]
        return Body(name: "script, page of \(count)", operations: 1) { _ in
            FileLists.sum(of: try server.ask([command]).first ?? [])
        }
    }
}
