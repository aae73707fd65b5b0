import Files
import JSONFormat
import KeyValue
import Testing

/// Uploads from their beginning to their end, on stores of every batch scope.
@Suite struct ActionTests {
    @Test(arguments: MemoryProfile.all.filter { $0.capabilities.conditionalWrite && $0.capabilities.reverseScan })
    func anUploadGoesItsWay(_ profile: MemoryProfile) async throws {
        let subject = try await Subject(profile)
        let (id, parts) = try await subject.begin("ann", parts: [Subject.part(), Subject.part("c-simple", 20)])
        #expect(parts.count == 2 && parts.allSatisfy { $0.contains("/\(id)/") })
        #expect(try await subject.ask(.finish, #"{"filename":"\#(parts[0])"}"#).message == "404: could not find upload")
        subject.objects.come(parts[0], 11)
        let other = try await subject.ask(.finish, #"{"filename":"\#(parts[0])"}"#)
        #expect(other.status == 200 && other.message?.hasPrefix("412: the object") == true)
        subject.objects.come(parts[0], 10)
        let first = try await subject.ask(.finish, #"{"filename":"\#(parts[0])"}"#)
        #expect(first.status == 202 && first.message == "1/2 uploaded")
        let again = try await subject.ask(.finish, #"{"filename":"\#(parts[0])"}"#)
        #expect(again.status == 200 && again.message == "412: upload was already processed")
        #expect(try await subject.refusal(.process, #"{"uploadId":"\#(id)"}"#) == .wrongStatus)
        #expect(
            try await subject.refusal(.update, #"{"uploadId":"\#(id)","username":"ann","meta":{}}"#) == .wrongStatus
        )
        subject.objects.come(parts[1], 20)
        let last = try await subject.ask(.finish, #"{"filename":"\#(parts[1])","skipProcessing":true}"#)
        #expect(last.message == "upload completed, processing skipped")
        #expect(try await subject.status(of: id) == "2")
        subject.clock.advance(by: .seconds(3_600))
        #expect(try await subject.service.processWaiting() == 0)
        #expect(try await subject.ask(.process, #"{"uploadId":"\#(id)"}"#).content["status"]?.text == "3")
        #expect(try await subject.refusal(.process, #"{"uploadId":"\#(id)"}"#) == .wrongStatus)
        subject.clock.advance(by: .seconds(200_000))
        #expect(try await subject.service.removeExpired() == 0)
        let info = try await subject.ask(.info, #"{"filename":"\#(id)","username":"ann"}"#)
        #expect(info.content["file"]?["contentLength"]?.integer == 30)
        try await subject.ask(.remove, #"{"filename":"\#(id)"}"#)
        #expect(try await subject.refusal(.remove, #"{"filename":"\#(id)"}"#) == .notFound)
        #expect(subject.objects.names.isEmpty)
    }

    @Test func whatIsNotFinishedExpiresWithItsBytes() async throws {
        let subject = try await Subject()
        let (id, parts) = try await subject.begin("ann", parts: [Subject.part(), Subject.part()])
        subject.objects.come(parts[0], 10)
        try await subject.ask(.finish, #"{"filename":"\#(parts[0])"}"#)
        let temporary = try await subject.make("ann", more: #","temp":true"#)
        let kept = try await subject.make("ann")
        subject.clock.advance(by: .seconds(86_399))
        #expect(try await subject.status(of: temporary) == "3")
        subject.clock.advance(by: .seconds(1))
        for gone in [id, temporary] {
            #expect(try await subject.refusal(.data, #"{"uploadId":"\#(gone)"}"#) == .notFound)
        }
        #expect(try await subject.service.removeExpired() == 2)
        #expect(try await subject.status(of: kept) == "3")
        #expect(subject.objects.names.count == 1)
    }

    @Test func aliasesAreEachOwnersOwn() async throws {
        let subject = try await Subject()
        let first = try await subject.make("ann")
        let second = try await subject.make("ann")
        let foreign = try await subject.make("bob")
        func name(_ id: String, _ owner: String, _ alias: String) async throws -> FilesError.Code? {
            try await subject.refusal(
                .update,
                #"{"uploadId":"\#(id)","username":"\#(owner)","meta":{"alias":"\#(alias)"}}"#
            )
        }
        #expect(try await name(first, "ann", " a b ") == nil)
        #expect(try await name(first, "ann", "a b") == .aliasTaken)
        #expect(try await name(second, "ann", "a b") == .aliasTaken)
        #expect(try await name(foreign, "bob", "a b") == nil)
        #expect(try await name(second, "ann", "  ") == .invalidParameters)
        let head = try await subject.ask(.head, #"{"username":"ann","aliases":["a b","c"]}"#)
        #expect(head.content == .array([.string(first), .null]))
        #expect(try await subject.refusal(.head, #"{"username":"cid","aliases":["a b"]}"#) == .notFound)
        #expect(try await name(first, "ann", "") == nil)
        #expect(try await name(second, "ann", "a b") == nil)
        let info = try await subject.ask(.info, #"{"filename":"a b","username":"ann"}"#)
        #expect(info.content["file"]?["uploadId"]?.text == second)
    }

    @Test func updatesKeepToVersionsAndLoseNothing() async throws {
        let subject = try await Subject()
        let id = try await subject.make("ann", meta: #","tags":["Red"]"#)
        let info = try await subject.ask(.info, #"{"filename":"\#(id)","username":"ann"}"#)
        #expect(info.content["file"]?["tags"] == .array([.string("red")]))
        let update = #"{"uploadId":"\#(id)","username":"ann","meta":{"playerSettings":{"reverse":false}}}"#
        try await subject.ask(.update, update, if: info.version)
        #expect(try await subject.refusal(.update, update, if: info.version) == .versionMismatch)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask {
                    let meta = #"{"c_\#(["a", "b", "c", "d", "e", "f", "g", "h"][number])":\#(number)}"#
                    try await subject.ask(.update, #"{"uploadId":"\#(id)","username":"ann","meta":\#(meta)}"#)
                }
            }
            try await group.waitForAll()
        }
        try await subject.ask(.addTags, #"{"uploadId":"\#(id)","username":"ann","tags":["RED","blue"]}"#)
        let file = try await subject.ask(.info, #"{"filename":"\#(id)","username":"ann"}"#).content["file"]
        #expect(["a", "b", "c", "d", "e", "f", "g", "h"].compactMap { file?["c_\($0)"]?.integer } == Array(0..<8))
        #expect(file?["playerSettings"]?["reverse"]?.bool == false)
        #expect(file?["tags"] == .array([.string("red"), .string("blue")]))
        let background =
            #"{"uploadId":"\#(id)","username":"ann","meta":{"backgroundImage":"https://example.com/a.png"}}"#
        #expect(try await subject.refusal(.update, background) == .wrongStatus)
    }

    @Test func publicAndPrivateBytesAndReports() async throws {
        let subject = try await Subject()
        let id = try await subject.make("ann")
        _ = try await subject.make("ann", more: #","unlisted":true"#)
        let direct = try await subject.make("ann", more: #","directOnly":true,"access":{"setPublic":true}"#)
        let report = #"{"username":"ann","includeStorage":true}"#
        #expect(try await subject.ask(.report, report).numbers == [2, 0, 20, 0])
        #expect(try await subject.refusal(.download, #"{"uploadId":"\#(id)"}"#, by: .anonymous) == .signInNeeded)
        try await subject.ask(.access, #"{"uploadId":"\#(id)","setPublic":true}"#)
        #expect(subject.objects.open.count == 1)
        #expect(try await subject.ask(.report, report).numbers == [2, 1, 20, 10])
        let urls = try await subject.ask(.download, #"{"uploadId":"\#(id)"}"#, by: .anonymous).content["urls"]?.items
        #expect(urls?.first?.text?.contains("signed") == false)
        let renamed = try await subject.ask(.download, #"{"uploadId":"\#(id)","rename":true}"#, by: .anonymous)
        #expect(renamed.content["urls"]?.items?.first?.text?.hasSuffix("?signed&as=A name_1.png") == true)
        #expect(try await subject.ask(.list, "{}", by: .anonymous).identifiers == [id])
        try await subject.ask(.update, #"{"uploadId":"\#(direct)","username":"ann","directOnly":false}"#)
        #expect(try await subject.ask(.count, #"{"username":"ann"}"#).numbers == [2, 2])
        try await subject.ask(.access, #"{"uploadId":"\#(id)","setPublic":false}"#)
        #expect(try await subject.ask(.list, "{}", by: .anonymous).identifiers == [direct])
        #expect(subject.objects.open.isEmpty)
    }

    @Test func processingIsTriedAgainAndGivenUp() async throws {
        let failing = Failing()
        let subject = try await Subject(hooks: failing.hooks) { $0.processingAttemptsMax = 2 }
        let (id, parts) = try await subject.begin(
            "ann",
            more: #","postAction":{"update":{"alias":"later"}}"#
        )
        subject.objects.come(parts[0], 10)
        let finish = #"{"filename":"\#(parts[0])","await":true}"#
        #expect(try await subject.refusal(.finish, finish) == .processingFailed)
        #expect(try await subject.status(of: id) == "5")
        #expect(try await subject.refusal(.process, #"{"uploadId":"\#(id)"}"#) == .processingFailed)
        failing.isMended.store(true)
        #expect(try await subject.refusal(.process, #"{"uploadId":"\#(id)"}"#) == .processingFailed)
        #expect(failing.calls == 2)
        let other = try await subject.make("ann", more: #","postAction":{"update":{"alias":"later"}}"#)
        let found = try await subject.ask(.head, #"{"username":"ann","aliases":["later"]}"#)
        #expect(found.content == .array([.string(other)]))
        let export = #"{"uploadId":"\#(other)","export":{"format":"obj","compression":"gz"}}"#
        #expect(try await subject.ask(.process, export).content["obj"]?.text == "exported")
        #expect(try await subject.refusal(.process, export) == .exportExists)
    }

    @Test func partsWithoutNoticeAreFoundAndProcessed() async throws {
        let subject = try await Subject()
        let (id, parts) = try await subject.begin("ann")
        subject.objects.come(parts[0], 10)
        #expect(try await subject.ask(.sync, "").content["noticed"]?.integer == 1)
        #expect(try await subject.status(of: id) == "2")
        #expect(try await subject.service.processWaiting() == 0)
        subject.clock.advance(by: .seconds(60))
        #expect(try await subject.service.processWaiting() == 1)
        #expect(try await subject.status(of: id) == "3")
    }
}
