import Drivers
import Files
import Foundation
import KeyValue
import ObjectStorage
import Records
import Testing
import Tuples

/// What a service could not process, decided upon from the command line.
@Suite struct DeadLetterCommandTests {
    private let tool: Tool

    init() throws { tool = try Tool() }

    /// Uploads of a service that could process none of them, tried twice each; their identifiers in their order.
    private func fail(_ count: Int) async throws -> [String] {
        let store = try await StoreRegistry.bundled.open("sqlite:\(tool.directory.path)/a.db")
        var configuration = FilesConfiguration()
        configuration.processingAttemptsMax = 2
        let service = try await FilesService.open(
            store,
            providers: [EmptyObjects()],
            cursorKey: CursorKey(high: 1, low: 2),
            configuration: configuration,
            hooks: FilesHooks(process: { _ in throw Broken() }),
            wallClock: { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000)) }
        )
        var ids: [String] = []
        for _ in 0..<count {
            let begun = try await service.perform(.upload, body: Array(EmptyObjects.upload.utf8), by: .owner("ann"))
            let answer = try #require(try JSONSerialization.jsonObject(with: Data(begun.body)) as? [String: Any])
            let id = try #require(answer["uploadId"] as? String)
            let part = try #require((answer["files"] as? [[String: Any]])?.first?["filename"] as? String)
            _ = try await service.perform(.finish, body: Array(#"{"filename":"\#(part)"}"#.utf8), by: .owner("ann"))
            for _ in 0..<2 {
                let process = Array(#"{"uploadId":"\#(id)"}"#.utf8)
                await #expect(throws: FilesError.self) {
                    try await service.perform(.process, body: process, by: .service)
                }
            }
            ids.append(id)
        }
        await store.close()
        return ids
    }

    @Test func uploadsAreListedTriedAgainAndGivenUp() async throws {
        let ids = try await fail(4)
        let list = ["files", "dead-letters", "list", "sqlite:a.db"]
        #expect(try await tool.run(list) == Tool.Outcome(status: 0, output: "", error: ""))
        let listed = try await tool.run(list + ["--attempts", "2"]).output.split(separator: "\n").map(String.init)
        #expect(Set(listed) == Set(ids.map { "\($0)\tann\t2\tBroken()" }))
        let first = try await tool.run(list + ["--attempts", "2", "--json"]).output.split(separator: "\n")[0]
        let letter = try JSONSerialization.jsonObject(with: Data(first.utf8)) as? [String: Any]
        #expect(letter?.keys.sorted() == ["failure", "failures", "owner", "upload"])

        let one = ["sqlite:a.db", "--attempts", "2", ids[1]]
        #expect(try await tool.run(["files", "dead-letters", "retry"] + one).output == "1 upload to try again.\n")
        #expect(try await tool.run(["files", "dead-letters", "drop"] + one).output == "1 upload given up.\n")
        let twice = try await tool.run(["files", "dead-letters", "drop"] + one)
        #expect(twice.status == 1 && twice.error.contains(ids[1]), "\(twice)")
        let all = ["sqlite:a.db", "--attempts", "2", "--all", "--json"]
        #expect(try await tool.run(["files", "dead-letters", "retry"] + all).output == "{\"retried\":3}\n")
        #expect(try await tool.run(["files", "dead-letters", "drop"] + all).output == "{\"dropped\":0}\n")
    }

    @Test func wrongUsageIsTold() async throws {
        for wrong in [
            ["retry", "sqlite:a.db"], ["drop", "sqlite:a.db", "x", "--all"],
            ["list", "sqlite:a.db", "--attempts", "0"],
        ] {
            #expect(try await tool.run(["files", "dead-letters"] + wrong).status == 2)
        }
    }
}

private struct Broken: Error {}

/// A place that has every object as it was announced.
private struct EmptyObjects: ObjectProvider {
    static let upload = """
        {"meta":{"name":"a"},"files":[{"type":"arbitrary","contentType":"text/plain","contentLength":10,\
        "md5Hash":"00112233445566778899aabbccddeeff"}]}
        """
    let bucket = "empty"

    func uploadLocation(of object: NewObject, for lifetime: Duration) async throws -> UploadLocation {
        UploadLocation(location: "https://example.com/" + object.name, headers: [:])
    }

    func downloadLocation(
        of name: String,
        for audience: DownloadAudience,
        savedAs fileName: String?
    ) async throws -> String { "https://example.com/" + name }

    func facts(of name: String) async throws -> ObjectFacts? { ObjectFacts(contentLength: 10) }

    func remove(_ name: String) async throws {}

    func setPublic(_ isPublic: Bool, of name: String) async throws {}
}
