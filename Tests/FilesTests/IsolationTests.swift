import Files
import JSONFormat
import Testing

/// No owner sees or touches what is another's, whatever they name.
@Suite struct IsolationTests {
    /// What a stranger asks with an upload's identifier, its part's name, its alias and its tag.
    private static func requests(_ action: FilesAction, _ id: String, _ part: String) -> [String] {
        switch action {
        case .upload:
            [#"{"username":"ann","meta":{"name":"n"},"files":[\#(Subject.part())]}"#]
        case .finish: [#"{"filename":"\#(part)"}"#]
        case .process, .addTags, .access, .update, .data, .download:
            ["", #","username":"ann""#].map { name in
                #"{"uploadId":"\#(id)","tags":["x"],"setPublic":true,"meta":{"name":"mine"},"fields":["name"]\#(name)}"#
            }
        case .remove, .info:
            ["", #","username":"ann""#].flatMap { name in
                [#"{"filename":"\#(id)"\#(name)}"#, #"{"filename":"secret"\#(name)}"#]
            }
        case .head: [#"{"aliases":["secret"]}"#, #"{"aliases":["secret"],"username":"ann"}"#]
        case .report, .count: [#"{"username":"ann"}"#]
        case .sync: ["{}"]
        case .list: []
        }
    }

    @Test(arguments: FilesAction.allCases, [Caller.owner("eve"), .anonymous])
    func strangersGetNothing(_ action: FilesAction, _ stranger: Caller) async throws {
        let subject = try await Subject()
        let (id, parts) = try await subject.begin("ann", name: "private thing")
        let part = try #require(parts.first)
        subject.objects.come(part, 10)
        if action == .data && stranger == .owner("eve") {
            // `data` refuses members that it does not know: it is asked plainly.
            let plain = #"{"uploadId":"\#(id)","fields":["name"]}"#
            #expect(try await subject.refusal(.data, plain, by: stranger) == .forbidden)
        }
        for isFinished in [false, true] {
            if isFinished {
                try await subject.ask(.finish, #"{"filename":"\#(part)","await":true}"#)
                try await subject.ask(
                    .update,
                    #"{"uploadId":"\#(id)","username":"ann","meta":{"alias":"secret","tags":["hidden"]}}"#
                )
            }
            let before = try await subject.ask(.info, #"{"filename":"\#(id)","username":"ann"}"#)
            for request in IsolationTests.requests(action, id, part) {
                do {
                    let answer = try await subject.ask(action, request, by: stranger)
                    #expect(action == .finish && answer.message == "404: could not find upload", "\(request)")
                } catch let error as FilesError {
                    let usual: Set<FilesError.Code> = [
                        .forbidden, .signInNeeded, .notFound, .unexpectedParameters, .invalidParameters,
                    ]
                    #expect(usual.contains(error.code), "\(request)")
                    #expect(!"\(error)".contains("private thing"))
                }
            }
            let after = try await subject.ask(.info, #"{"filename":"\#(id)","username":"ann"}"#)
            #expect(after == before)
        }
    }

    @Test func listsAndCursorsOfOthersShowWhatIsPublicAlone() async throws {
        let subject = try await Subject()
        let meta = #","tags":["t"]"#
        let hidden = try await subject.make("ann", meta: meta)
        _ = try await subject.begin("ann", meta: meta)
        var open: Set<String> = []
        for _ in 0..<3 {
            open.insert(try await subject.make("ann", meta: meta, more: #","access":{"setPublic":true}"#))
        }
        let lists = [
            "{}", #"{"owner":"ann"}"#, #"{"owner":"ann","tags":["t"]}"#, #"{"tags":["t"],"criteria":"name"}"#,
            #"{"owner":"ann","filter":{"owner":{"eq":"ann"}}}"#, #"{"owner":"ann","temp":true}"#,
        ]
        for list in lists {
            for stranger in [Caller.owner("eve"), .anonymous] {
                let answer = try await subject.ask(.list, list, by: stranger)
                #expect(Set(answer.identifiers) == open, "\(list)")
                #expect(answer.content["total"]?.integer == 3)
            }
        }
        #expect(try await subject.ask(.list, #"{"temp":true}"#, by: .owner("eve")).identifiers.isEmpty)
        #expect(try await subject.refusal(.list, #"{"temp":true}"#, by: .anonymous) == .signInNeeded)
        #expect(try await subject.ask(.list, #"{"temp":true}"#, by: .owner("ann")).identifiers.count == 1)
        let own = try await subject.ask(.list, #"{"owner":"ann","limit":1}"#, by: .owner("ann"))
        let cursor = try #require(own.content["next"]?.text)
        let going = #"{"owner":"ann","limit":1,"after":"\#(cursor)"}"#
        #expect(try await subject.ask(.list, going, by: .owner("ann")).identifiers.count == 1)
        for stranger in [Caller.owner("eve"), .anonymous] {
            #expect(try await subject.refusal(.list, going, by: stranger) == .invalidParameters)
        }
        let mine = going.replacing("ann", with: "eve")
        #expect(try await subject.refusal(.list, mine, by: .owner("eve")) == .invalidParameters)
        #expect(try await subject.ask(.list, #"{"owner":"ann"}"#, by: .owner("ann")).identifiers.contains(hidden))
    }
}
