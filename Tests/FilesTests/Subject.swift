import Files
import JSONFormat
import KeyValue
import ObjectStorage
import Records
import Synchronization
import TestSupport
import Testing
import Tuples

/// The service over a store in memory, with a clock that a test moves and objects that it makes come.
final class Subject: Sendable {
    let service: FilesService
    let objects: ScriptedObjects
    let clock: Clock

    final class Clock: Sendable {
        private let milliseconds = Mutex<Int64>(1_700_000_000_000)
        var now: Int64 { milliseconds.withLock { $0 } }
        func advance(by duration: Duration) { milliseconds.withLock { $0 += Int64(duration / .milliseconds(1)) } }
    }

    init(
        _ profile: MemoryProfile = .reference,
        hooks: FilesHooks = FilesHooks(),
        environment: StoreEnvironment = SimulatedTime(seed: 7).environment,
        configure: (inout FilesConfiguration) -> Void = { _ in },
        over wrap: (any KeyValueStore) -> any KeyValueStore = { $0 }
    ) async throws {
        let objects = ScriptedObjects()
        let clock = Clock()
        var configuration = FilesConfiguration()
        configuration.backgroundOrigins = ["https://example.org"]
        configure(&configuration)
        service = try await FilesService.open(
            wrap(MemoryStore(profile)),
            providers: [objects],
            cursorKey: CursorKey(high: 1, low: 2),
            configuration: configuration,
            hooks: hooks,
            requiring: .exclusiveWrites,
            environment: environment,
            wallClock: { Timestamp(milliseconds: clock.now) }
        )
        self.objects = objects
        self.clock = clock
    }

    /// What an action answers to JSON, which has to be as it is described.
    @discardableResult
    func ask(
        _ action: FilesAction,
        _ parameters: String,
        by caller: Caller = .service,
        if version: String? = nil
    ) async throws -> Answer {
        let answer: Answer
        do {
            answer = try await service.perform(action, body: Array(parameters.utf8), by: caller, if: version)
        } catch let error as FilesError {
            #expect(action.refusals.contains(error.code), "\(action): \(error)")
            throw error
        }
        let differences = action.differences(of: answer.content)
        #expect(differences.isEmpty, "\(action): \(differences)")
        return answer
    }

    /// Why an action is refused.
    func refusal(
        _ action: FilesAction,
        _ parameters: String,
        by caller: Caller = .service,
        if version: String? = nil
    ) async throws -> FilesError.Code? {
        do {
            try await ask(action, parameters, by: caller, if: version)
            return nil
        } catch let error as FilesError {
            return error.code
        }
    }

    static func part(_ type: String = "c-preview", _ length: Int = 10) -> String {
        """
        {"type":"\(type)","contentType":"image/png","contentLength":\(length),\
        "md5Hash":"00112233445566778899aabbccddeeff"}
        """
    }

    /// An upload that is begun, with the names of its parts.
    func begin(
        _ owner: String,
        name: String = "A name",
        meta: String = "",
        more: String = "",
        parts: [String] = [part()]
    ) async throws -> (id: String, parts: [String]) {
        let answer = try await ask(
            .upload,
            """
            {"username":"\(owner)","meta":{"name":"\(name)"\(meta)},"files":[\(parts.joined(separator: ","))]\(more)}
            """
        )
        let names = (answer.content["files"]?.items ?? []).compactMap { $0["filename"]?.text }
        return (try #require(answer.content["uploadId"]?.text), names)
    }

    /// An upload that has come to its end.
    func make(_ owner: String, name: String = "A name", meta: String = "", more: String = "") async throws -> String {
        let (id, parts) = try await begin(owner, name: name, meta: meta, more: more)
        for part in parts {
            objects.come(part, 10)
            try await ask(.finish, #"{"filename":"\#(part)","await":true}"#)
        }
        return id
    }

    func status(of id: String) async throws -> String? {
        try await ask(.data, #"{"uploadId":"\#(id)","fields":["status"]}"#).content["file"]?["status"]?.text
    }
}

/// Objects that are there when a test says so.
final class ScriptedObjects: ObjectProvider {
    private struct State {
        var lengths: [String: Int64] = [:]
        var open: Set<String> = []
    }

    private let state = Mutex(State())
    let bucket = "scripted"

    var names: Set<String> { state.withLock { Set($0.lengths.keys) } }
    var open: Set<String> { state.withLock { $0.open } }

    func come(_ name: String, _ length: Int64) { state.withLock { $0.lengths[name] = length } }

    func uploadLocation(of object: NewObject, for lifetime: Duration) async throws -> UploadLocation {
        UploadLocation(location: "https://example.com/\(object.name)", headers: ["content-type": "a/b"])
    }

    func downloadLocation(
        of name: String,
        for audience: DownloadAudience,
        savedAs fileName: String?
    ) async throws -> String {
        let signature = audience == .everybody ? "" : "?signed"
        return "https://example.com/\(name)\(signature)" + (fileName.map { "&as=\($0)" } ?? "")
    }

    func facts(of name: String) async throws -> ObjectFacts? {
        state.withLock { $0.lengths[name] }.map { ObjectFacts(contentLength: $0) }
    }

    func remove(_ name: String) async throws { state.withLock { _ = $0.lengths.removeValue(forKey: name) } }

    func setPublic(_ isPublic: Bool, of name: String) async throws {
        state.withLock { if isPublic { $0.open.insert(name) } else { $0.open.remove(name) } }
    }
}
