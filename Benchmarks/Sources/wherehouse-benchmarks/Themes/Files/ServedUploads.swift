import Files
import Foundation
import KeyValue
import ObjectStorage
import Records
import Tuples

/// The files service over a store, with a place for bytes that has every object at once.
struct ServedUploads: Sendable {
    static let owner = "ann"
    static let start: Int64 = 1_700_000_000_000
    let service: FilesService

    init(_ store: any KeyValueStore) async throws {
        service = try await FilesService.open(
            store,
            providers: [InstantObjects()],
            cursorKey: CursorKey(high: 1, low: 2),
            wallClock: ServedUploads.wallClock
        )
    }

    static let wallClock: @Sendable () -> Timestamp = { Timestamp(milliseconds: start + 100_000_000) }

    static func id(_ number: Int) -> String { "00000000-0000-4000-8000-" + digits(number, 12, radix: 16) }

    /// The name of an upload. Of ten of them one has the word that lists look for.
    static func name(_ number: Int) -> String { "Pier \(number % 10 == 7 ? "lantern" : "plank") \(number)" }

    /// Fills a store with so many uploads of one owner, as an import does.
    static func fill(_ store: any KeyValueStore, _ count: Int) async throws {
        let uploads = try await UploadImport.open(store, wallClock: wallClock)
        _ = try await inTasks(64) { task in
            for number in stride(from: task, to: count, by: 64) { _ = try await uploads.save(upload(number)) }
            return 0
        }
    }

    private static func upload(_ number: Int) -> ImportedUpload {
        let id = id(number)
        var upload = ImportedUpload(
            id: id,
            owner: owner,
            bucket: InstantObjects.name,
            status: .processed,
            startedAt: start + Int64(number)
        )
        upload.uploadedAt = start + Int64(number) + 1_000
        upload.processedAt = upload.uploadedAt
        upload.name = name(number)
        let part = "\(digits(7, 32, radix: 16))/\(id)/10000000-0000-4000-8000-000000000000.bin"
        upload.parts = [ImportedUpload.Part(name: part, type: "arbitrary")]
        upload.parts[0].contentLength = InstantObjects.contentLength
        upload.parts[0].uploadedAt = upload.uploadedAt
        return upload
    }

    /// Begins an upload, finishes it and has it processed.
    func make(by owner: String) async throws {
        let begun = try await ask(
            .upload,
            """
            {"meta":{"name":"\(owner)"},"files":[{"type":"arbitrary","contentType":"text/plain",\
            "contentLength":\(InstantObjects.contentLength),"md5Hash":"00112233445566778899aabbccddeeff"}]}
            """,
            by: .owner(owner)
        )
        guard let answer = try JSONSerialization.jsonObject(with: Data(begun)) as? [String: Any],
            let id = answer["uploadId"] as? String,
            let part = (answer["files"] as? [[String: Any]])?.first?["filename"] as? String
        else { throw WrongAnswer(answer: String(decoding: begun, as: UTF8.self)) }
        _ = try await ask(.finish, #"{"filename":"\#(part)"}"#, by: .owner(owner))
        _ = try await ask(.process, #"{"uploadId":"\#(id)"}"#, by: .owner(owner))
    }

    func ask(_ action: FilesAction, _ parameters: String, by caller: Caller) async throws -> [UInt8] {
        try await service.perform(action, body: Array(parameters.utf8), by: caller).body
    }
}

/// A place that takes no time, and has every object as it was announced.
struct InstantObjects: ObjectProvider {
    static let name = "instant"
    static let contentLength: Int64 = 1_000

    var bucket: String { InstantObjects.name }

    func uploadLocation(of object: NewObject, for lifetime: Duration) async throws -> UploadLocation {
        UploadLocation(location: "https://example.com/" + object.name, headers: [:])
    }

    func downloadLocation(
        of name: String,
        for audience: DownloadAudience,
        savedAs fileName: String?
    ) async throws -> String { "https://example.com/" + name }

    func facts(of name: String) async throws -> ObjectFacts? {
        ObjectFacts(contentLength: InstantObjects.contentLength)
    }

    func remove(_ name: String) async throws {}

    func setPublic(_ isPublic: Bool, of name: String) async throws {}
}
