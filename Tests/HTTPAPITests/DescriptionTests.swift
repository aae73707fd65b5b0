#if HTTP
import Files
import HTTPAPI
import Hummingbird
import JSONFormat
import Testing

/// That what is described is what is served.
@Suite struct DescriptionTests {
    private func described(_ files: ServedFiles) async throws -> JSON {
        let reply = try await files.server.send("GET", "/openapi.json", token: nil)
        #expect(reply.status == 200 && reply.headers["content-type"] == "application/json")
        return try #require(JSON(parsing: Array(reply.body.utf8)))
    }

    /// The statuses that are described of an operation.
    private func statuses(_ document: JSON, _ path: String, _ method: String = "post") throws -> Set<Int> {
        let responses = try #require(document["paths"]?[path]?[method]?["responses"]?.members)
        return Set(responses.compactMap { Int($0.name) })
    }

    @Test func everyRouteIsDescribedAndEveryPathServed() async throws {
        try await ServedFiles.run { files in
            let document = try await described(files)
            #expect(document["openapi"]?.text == "3.1.0")
            var routes: Set<String> = ["get /healthz", "get /readyz", "get /metrics"]
            for service in files.services {
                let router = Router(context: ServiceContext.self)
                service.addRoutes(to: router.group(RouterPath(service.path)))
                for route in router.routes {
                    let method = route.method.rawValue.lowercased()
                    let path = "\(route.path)".replacing("**", with: "{name}")
                    guard path.contains("{action}") || path.contains(":action") else {
                        routes.insert("\(method) \(path)")
                        continue
                    }
                    for action in FilesAction.allCases { routes.insert("\(method) /files/\(action.rawValue)") }
                }
            }
            var operations: Set<String> = []
            for path in document["paths"]?.members ?? [] {
                for member in path.value.members ?? [] where member.name != "parameters" {
                    operations.insert("\(member.name) \(path.name)")
                }
            }
            #expect(operations == routes)
            for path in ["/healthz", "/readyz", "/metrics"] {
                let reply = try await files.server.send("GET", path, token: ServedFiles.other)
                #expect(try statuses(document, path, "get").contains(Int(reply.status)))
            }
        }
    }

    /// Parameters that an action takes.
    private func parameters(_ action: FilesAction, _ id: String, _ part: String, _ more: String = "") -> String {
        switch action {
        case .upload: #"{"meta":{"name":"n"},"files":[\#(ServedFiles.part())]\#(more)}"#
        case .finish: #"{"filename":"\#(part)"\#(more)}"#
        case .update: #"{"uploadId":"\#(id)","meta":{"name":"m"}\#(more)}"#
        case .addTags: #"{"uploadId":"\#(id)","tags":["a"]\#(more)}"#
        case .access: #"{"uploadId":"\#(id)","setPublic":false\#(more)}"#
        case .remove, .info: #"{"filename":"\#(id)"\#(more)}"#
        case .head: #"{"aliases":["nowhere"]\#(more)}"#
        case .process, .download, .data: #"{"uploadId":"\#(id)"\#(more)}"#
        case .sync, .list, .report, .count: "{\(more.dropFirst())}"
        }
    }

    /// Parameters that have one more member than the action knows, and nothing else wrong.
    private func unexpected(_ action: FilesAction, _ id: String) -> String? {
        switch action {
        case .upload: #"{"meta":{"name":"n","x":1},"files":[\#(ServedFiles.part())]}"#
        case .update: #"{"uploadId":"\#(id)","meta":{"x":1}}"#
        case .process: #"{"uploadId":"\#(id)","export":{"format":"stl","compression":"zip","x":1}}"#
        case .list: #"{"filter":{"x":"y"}}"#
        case .data, .report: parameters(action, id, "", #","x":1"#)
        default: nil
        }
    }

    private func code(_ reply: RunningServer.Reply) throws -> String { try reply.field("code") ?? "" }

    @Test(arguments: FilesAction.allCases)
    func everyRefusalIsDescribedAndComes(_ action: FilesAction) async throws {
        try await ServedFiles.run { files in
            let described = try statuses(try await described(files), "/files/\(action.rawValue)")
            var met: Set<String> = []
            func ask(
                _ parameters: String,
                token: String? = ServedFiles.ann,
                headers: [(String, String)] = []
            ) async throws {
                let reply = try await files.ask(action.rawValue, parameters, token: token, headers: headers)
                #expect(described.contains(Int(reply.status)), "\(reply.status) \(reply.body)")
                if reply.status >= 400 { met.insert(try code(reply)) }
            }
            let nowhere = "00000000-0000-4000-8000-000000000000"
            let pending = try await files.begin()
            let made = try await files.make()
            let unlisted = try await files.make(more: #","unlisted":true"#)
            try await ask("[]")
            if let unexpected = unexpected(action, made.id) { try await ask(unexpected) }
            try await ask("{}", token: nil)
            try await ask("{}", token: ServedFiles.other)
            try await ask(#"{"temp":true}"#, token: ServedFiles.nobody)
            try await ask(String(repeating: " ", count: (1 << 20) + 1))
            for token in [ServedFiles.nobody, ServedFiles.eve] {
                for name in ["", #","username":"ann""#] {
                    // `data` knows no name.
                    if action == .data, !name.isEmpty { continue }
                    try await ask(parameters(action, made.id, pending.part, name), token: token)
                }
            }
            if action != .finish { try await ask(parameters(action, nowhere, pending.part)) }
            try await ask(parameters(action, pending.id, pending.part), headers: [("if-match", "x")])
            if action.takesVersion {
                let other = ("if-match", "\"00112233445566778899aabbccddeeff\"")
                try await ask(parameters(action, made.id, made.part), headers: [other])
            }
            if action == .upload {
                try await ask(
                    #"{"meta":{"name":"n","backgroundImage":"https://example.org/a"},"files":[\#(ServedFiles.part())]}"#
                )
                try await ask(parameters(.upload, "", "", #","uploadType":"simple""#))
            }
            if action == .update {
                let alias = #"{"uploadId":"\#(made.id)","meta":{"alias":"a"}}"#
                for _ in 0..<2 { try await ask(alias) }
            }
            if action != .remove { try await ask(parameters(action, pending.id, pending.part)) }
            try await ask(parameters(action, unlisted.id, unlisted.part))
            try await ask(parameters(action, made.id, made.part))
            // These need another at the same moment, or processing that fails.
            let rare: Set<FilesError.Code> = [.contended, .beingProcessed, .processingFailed, .exportExists]
            var expected = Set(action.refusals.subtracting(rare).map(\.rawValue))
            // `finish` answers these with success, and refuses only what changes at the same moment.
            if action == .finish { expected.subtract(["notFound", "wrongStatus"]) }
            #expect(met.isSuperset(of: expected), "\(expected.subtracting(met))")
            #expect(met.isSuperset(of: ["unauthorized", "forbidden", "bodyTooLarge"]))
        }
    }
}
#endif
