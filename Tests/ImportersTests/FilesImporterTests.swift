import Drivers
import Files
import Importers
import JSONFormat
import KeyValue
import LegacyService
import ObjectStorage
import Records
import Synchronization
import TestServers
import TestSupport
import Testing
import Tuples

/// Leaving the Redis of the replaced files service, checked by what the actions answer afterwards.
@Suite struct FilesImporterTests {
    private static let now = LegacyFiles.start + 100_000

    /// A target, and the service over it.
    private struct Subject {
        let uploads: UploadImport
        let service: FilesService
        let folder: TemporaryDirectory

        init() async throws {
            let store = MemoryStore(.reference)
            let environment = SimulatedTime(seed: 3).environment
            folder = try TemporaryDirectory()
            let clock: @Sendable () -> Timestamp = { Timestamp(milliseconds: FilesImporterTests.now) }
            let objects = try ObjectDirectory(
                folder.path + "/objects",
                bucket: "models",
                location: "https://example.com/objects",
                secret: Array(repeating: 9, count: 32),
                random: environment.random,
                seconds: { FilesImporterTests.now / 1_000 }
            )
            uploads = try await UploadImport.open(
                store,
                requiring: .exclusiveWrites,
                environment: environment,
                wallClock: clock
            )
            service = try await FilesService.open(
                store,
                providers: [objects],
                cursorKey: CursorKey(high: 1, low: 2),
                requiring: .exclusiveWrites,
                environment: environment,
                wallClock: clock
            )
        }

        @discardableResult
        func ask(_ action: FilesAction, _ parameters: String, by caller: Caller) async throws -> JSON {
            let answer = try await service.perform(action, body: Array(parameters.utf8), by: caller)
            return try #require(JSON(parsing: answer.body))
        }

        /// What its owner is told of an upload.
        func file(_ name: String, of owner: String) async throws -> JSON {
            try #require(try await ask(.info, #"{"filename":"\#(name)"}"#, by: .owner(owner))["file"])
        }

        func refusal(_ action: FilesAction, _ parameters: String, by caller: Caller) async throws -> FilesError.Code? {
            do {
                try await ask(action, parameters, by: caller)
                return nil
            } catch let error as FilesError {
                return error.code
            }
        }

        func listed(_ parameters: String, by caller: Caller) async throws -> [String] {
            let answer = try await ask(.list, parameters, by: caller)
            return (answer["files"]?.items ?? []).compactMap { $0["uploadId"]?.text }.sorted()
        }
    }

    /// An import of everything; what was found, each as its reason, its key behind the prefix, and what of it.
    private func bringOver(
        _ legacy: LegacyFiles,
        to subject: Subject,
        ifExists policy: UploadImport.ExistingUpload = .keep
    ) async throws -> (report: ImportReport, findings: Set<[String]>) {
        let source = try await StoreRegistry.bundled.open(legacy.url)
        var findings: Set<[String]> = []
        let importer = FilesImporter(from: source, to: subject.uploads, ifExists: policy, width: 4)
        let report = try await importer.run { finding in
            let key = String(decoding: finding.key.dropFirst(FilesImporter.prefix.utf8.count), as: UTF8.self)
            findings.insert([finding.reason.rawValue, key, finding.detail])
        }
        await source.close()
        return (report, findings)
    }

    @Test func whatWasKeptIsAnsweredAsBefore() async throws {
        let legacy = try await LegacyFiles()
        let subject = try await Subject()
        try legacy.make(
            1,
            "ann",
            isPublic: true,
            tags: ["red", "big"],
            alias: "pier-one",
            [
                "description": "By the sea", "website": "http://example.com", "playerSettings": #"{"ttc":2}"#,
                "cycle": "false", "c_note": "7", "width": "640", "uploadType": "simple", "preview": "p",
                "controlsData": "[1,2]", "packed": "1",
            ]
        )
        try legacy.make(2, "ann", tags: ["red"])
        try legacy.make(3, "bob", isPublic: true, alias: "pier-one", ["direct": "1"])
        try legacy.make(4, "bob", ["unlisted": "1"])
        try legacy.make(5, "bob", alias: "other", ["status": "5", "error": "broken", "error-count": "2", "model": "m"])
        // What the service kept for itself.
        try legacy.command("set", "version", "16")
        try legacy.command("set", "dlock!files", "x")
        try legacy.command("rpush", "files-index:ann:DESC:files-data:*:name", LegacyFiles.id(1))
        try legacy.command("zadd", "files-index::fsort_temp_keys", "1", "a")
        try legacy.command("sadd", "files-index-uat!DESC!2!1", LegacyFiles.id(1))
        try legacy.server.cli("set", "another", "service")

        let (report, findings) = try await bringOver(legacy, to: subject)
        #expect(findings.isEmpty && report.saved == 5 && report.aliases == 3 && report.lostUploads == 0)
        #expect(report.passingKeys == 5 && report.otherKeys == 1)

        let file = try await subject.file("pier-one", of: "ann")
        #expect(file["uploadId"]?.text == LegacyFiles.id(1) && file["alias"]?.text == "pier-one")
        #expect(file["status"]?.text == "3" && file["public"]?.text == "1" && file["uploadType"]?.text == "simple")
        #expect(file["startedAt"]?.integer == Int(LegacyFiles.start) + 1)
        #expect(file["uploadedAt"]?.integer == Int(LegacyFiles.start) + 60_000)
        #expect(file["contentLength"]?.integer == 10 && file["width"]?.integer == 640)
        #expect(file["tags"] == .array([.string("red"), .string("big")]))
        #expect(file["playerSettings"]?["ttc"]?.integer == 2 && file["cycle"]?.bool == false)
        #expect(file["c_note"]?.text == "7" && file["packed"]?.text == "1" && file["preview"]?.text == "p")
        #expect(file["description"]?.text == "By the sea" && file["name_n"] == nil)
        let part = try #require(file["files"]?.items?.first)
        #expect(part["filename"]?.text == LegacyFiles.part(1) && part["location"] == nil)
        #expect(part["md5Hash"]?.text == "ABEiM0RVZneImaq7zN3u/w==" && part["platforms"]?.items?.count == 1)

        try await checkListsAndOwners(subject)
    }

    private func checkListsAndOwners(_ subject: Subject) async throws {
        // Lists follow from the records, with the marks that each has.
        let ids = (0...5).map(LegacyFiles.id)
        #expect(try await subject.listed(#"{"owner":"ann"}"#, by: .owner("ann")) == [ids[1], ids[2]])
        #expect(try await subject.listed(#"{"owner":"ann","tags":["red"]}"#, by: .owner("ann")) == [ids[1], ids[2]])
        #expect(try await subject.listed(#"{"public":true}"#, by: .anonymous) == [ids[1]])
        #expect(try await subject.listed(#"{"owner":"bob"}"#, by: .owner("bob")) == [ids[3], ids[5]])
        #expect(try await subject.listed(#"{"owner":"ann","filter":{"name":"PIER 2"}}"#, by: .owner("ann")) == [ids[2]])

        // Owners are apart as they were.
        let foreign = #"{"filename":"\#(ids[2])"}"#
        #expect(try await subject.refusal(.info, foreign, by: .owner("bob")) == .signInNeeded)
        #expect(try await subject.refusal(.download, #"{"uploadId":"\#(ids[2])"}"#, by: .owner("bob")) == .forbidden)
        #expect(try await subject.file("pier-one", of: "bob")["uploadId"]?.text == ids[3])
        let head = try await subject.ask(.head, #"{"aliases":["pier-one","none"]}"#, by: .owner("ann"))
        #expect(head == .array([.string(ids[1]), .null]))

        // Bytes are fetched from where they are.
        let download = try await subject.ask(.download, #"{"uploadId":"\#(ids[1])"}"#, by: .anonymous)
        #expect(download["urls"] == .array([.string("https://example.com/objects/" + LegacyFiles.part(1))]))
        let mine = try await subject.ask(.download, #"{"uploadId":"\#(ids[2])"}"#, by: .owner("ann"))
        #expect(mine["urls"]?.items?.first?.text?.contains("signature=") == true)

        // It goes on from here.
        try await subject.ask(.update, #"{"uploadId":"\#(ids[2])","meta":{"alias":"two"}}"#, by: .owner("ann"))
        let taken = #"{"uploadId":"\#(ids[2])","meta":{"alias":"pier-one"}}"#
        #expect(try await subject.refusal(.update, taken, by: .owner("ann")) == .aliasTaken)
        let again = try await subject.ask(.process, #"{"uploadId":"\#(ids[5])"}"#, by: .owner("bob"))
        #expect(again["status"]?.text == "3" && again["error"] == nil)
        let report2 = try await subject.ask(.report, #"{"includeStorage":true}"#, by: .owner("ann"))
        #expect(report2["total"]?.integer == 2 && report2["totalContentLength"]?.integer == 20)
    }

    @Test func whatIsUnderWayGoesOn() async throws {
        let legacy = try await LegacyFiles()
        let subject = try await Subject()
        try legacy.begin(1, "ann", parts: 2)
        try legacy.arrive(1, 0)
        // The service ended before it could note that this was the last part.
        try legacy.begin(2, "ann")
        try legacy.arrive(2, 0)
        try legacy.begin(3, "ann")
        try legacy.arrive(3, 0)
        try legacy.finish(3, "ann")
        try legacy.command("set", "files-post:" + LegacyFiles.id(3), #"{"update":{"alias":"later"}}"#)
        try legacy.make(4, "ann", ["status": "4"])
        let (report, findings) = try await bringOver(legacy, to: subject)
        #expect(report.saved == 4)
        #expect(findings == [["processingUnknown", "files-data:" + LegacyFiles.id(4), "status 4"]])

        let first = try await subject.file(LegacyFiles.id(1), of: "ann")
        #expect(first["status"]?.text == "1" && first["uploaded"]?.integer == 1)
        #expect(try await subject.listed(#"{"temp":true}"#, by: .service) == [LegacyFiles.id(1)])
        let known = try await subject.ask(.finish, #"{"filename":"\#(LegacyFiles.part(1, 0))"}"#, by: .service)
        #expect(known["message"]?.text == "412: upload was already processed")
        let second = try await subject.file(LegacyFiles.id(2), of: "ann")
        #expect(second["status"]?.text == "2" && second["uploadedAt"]?.integer == Int(LegacyFiles.start) + 60_000)

        try await subject.ask(.process, #"{"uploadId":"\#(LegacyFiles.id(3))"}"#, by: .service)
        let named = try await subject.file("later", of: "ann")
        #expect(named["uploadId"]?.text == LegacyFiles.id(3))
        // Whoever was at it is gone.
        try await subject.ask(.process, #"{"uploadId":"\#(LegacyFiles.id(4))"}"#, by: .service)
    }

    @Test func whatExpiresStillDoes() async throws {
        let legacy = try await LegacyFiles()
        try legacy.begin(1, "ann")
        try legacy.make(2, "ann", ["temporary": "1"])
        try legacy.command("srem", "files-index", LegacyFiles.id(2))
        for number in [1, 2] {
            try legacy.command("pexpireat", "files-data:" + LegacyFiles.id(number), "4000000000000")
        }
        let source = try await StoreRegistry.bundled.open(legacy.url)
        let store = MemoryStore(.reference)
        let environment = SimulatedTime(seed: 3).environment
        let clock = Mutex<Int64>(3_999_999_999_999)
        let now: @Sendable () -> Timestamp = { Timestamp(milliseconds: clock.withLock { $0 }) }
        let uploads = try await UploadImport.open(
            store,
            requiring: .exclusiveWrites,
            environment: environment,
            wallClock: now
        )
        #expect(try await FilesImporter(from: source, to: uploads).run().saved == 2)
        let folder = try TemporaryDirectory()
        let objects = try ObjectDirectory(
            folder.path,
            bucket: "models",
            location: "https://example.com",
            secret: Array(repeating: 1, count: 32),
            random: environment.random,
            seconds: { 0 }
        )
        let service = try await FilesService.open(
            store,
            providers: [objects],
            cursorKey: CursorKey(high: 1, low: 2),
            requiring: .exclusiveWrites,
            environment: environment,
            wallClock: now
        )
        #expect(try await service.removeExpired() == 0)
        clock.withLock { $0 += 1 }
        #expect(try await service.removeExpired() == 2)
        await source.close()
    }

    @Test func whatCannotBeCarriedIsTold() async throws {
        let legacy = try await LegacyFiles()
        let subject = try await Subject()
        let data = { (number: Int) in "files-data:" + LegacyFiles.id(number) }
        try legacy.make(1, "ann", alias: "one", ["immutable": "1", "contentLength": "99", "tags": #"["a,b","ok"]"#])
        try legacy.begin(2, "ann", ["owner": ""])
        try legacy.begin(3, "ann", ["files": LegacyFiles.files(3, bucket: "elsewhere")])
        // A clone that shares the bytes of the first.
        try legacy.begin(4, "ann", ["files": LegacyFiles.files(1), "isClone": "1"])
        try legacy.begin(5, "ann", ["status": "9"])
        try legacy.command("set", data(6), "no hash")
        try legacy.begin(7, "ann", ["alias": "one", "name": "stale"])
        try legacy.command("hset", "files-ptr-user:ann", "second", LegacyFiles.id(1), "none", LegacyFiles.id(99))
        try legacy.command("hset", "files-ptr-user:ann", "a/b", LegacyFiles.id(1))
        try legacy.command("sadd", "files-index", LegacyFiles.id(98))
        try legacy.command("hset", "upload-data:" + LegacyFiles.part(97), "uploadId", LegacyFiles.id(97))
        try legacy.command("set", "files-post:" + LegacyFiles.id(96), "{}")
        try legacy.command("set", "something", "else")
        let (report, findings) = try await bringOver(legacy, to: subject)
        let expected: Set<[String]> = [
            ["withoutEffect", data(1), "immutable"], ["otherSize", data(1), "99 and not 10"],
            ["unsuitableTag", data(1), "a,b"], ["incomplete", data(2), "owner"],
            ["severalBuckets", data(3), "elsewhere models"],
            ["unsuitable", data(4), "a part belongs to another upload"],
            ["unreadable", data(5), "status"], ["wrongType", data(6), "string"], ["aliasTaken", data(7), "one"],
            ["secondAlias", "files-ptr-user:ann", "second"], ["aliasWithoutUpload", "files-ptr-user:ann", "none"],
            ["unsuitableAlias", "files-ptr-user:ann", "a/b"],
            ["entryWithoutUpload", "files-index", LegacyFiles.id(98)],
            ["partWithoutUpload", "upload-data:" + LegacyFiles.part(97), ""],
            ["postActionWithoutUpload", "files-post:" + LegacyFiles.id(96), ""], ["unknownKey", "something", ""],
        ]
        #expect(findings == expected)
        #expect(report.saved == 2 && report.lostUploads == 5)
        #expect(report.findings.values.reduce(0, +) == expected.count)
        // The alias leads where the owner's aliases say, whichever upload came first.
        let head = try await subject.ask(.head, #"{"aliases":["one"]}"#, by: .owner("ann"))
        #expect(head == .array([.string(LegacyFiles.id(1))]))
    }

    @Test func anImportThatWasStoppedIsEndedByTheNext() async throws {
        struct Stopped: Error {}
        let legacy = try await LegacyFiles()
        let subject = try await Subject()
        for number in 1...12 { try legacy.make(number, "ann", alias: number % 2 == 0 ? "a\(number)" : nil) }
        try legacy.command("set", "something", "else")
        let source = try await StoreRegistry.bundled.open(legacy.url)
        await #expect(throws: Stopped.self) {
            _ = try await FilesImporter(from: source, to: subject.uploads).run { _ in throw Stopped() }
        }
        await source.close()
        let (second, found) = try await bringOver(legacy, to: subject)
        #expect(second.saved + second.unchanged == 12 && second.aliases == 6 && found.count == 1)
        let (third, same) = try await bringOver(legacy, to: subject)
        #expect(third.unchanged == 12 && third.saved == 0 && third.aliases == 6 && same == found)

        // What was changed there since is told, or replaces what is here.
        try legacy.command("hset", "files-data:" + LegacyFiles.id(2), "name", "New")
        let (kept, differences) = try await bringOver(legacy, to: subject)
        #expect(kept.unchanged == 11 && differences.contains(["different", "files-data:" + LegacyFiles.id(2), ""]))
        let (replaced, _) = try await bringOver(legacy, to: subject, ifExists: .replace)
        #expect(replaced.unchanged == 11 && replaced.replaced == 1)
        let info = try await subject.ask(.info, #"{"filename":"a2"}"#, by: .owner("ann"))
        #expect(info["file"]?["name"]?.text == "New")
    }

    /// Two uploads whose records have each other's alias, as crashes between commands left them.
    @Test func aliasesLeadWhereTheyLed() async throws {
        let legacy = try await LegacyFiles()
        let subject = try await Subject()
        try legacy.make(1, "ann", ["alias": "b"])
        try legacy.make(2, "ann", ["alias": "a"])
        try legacy.command("hset", "files-ptr-user:ann", "a", LegacyFiles.id(1), "b", LegacyFiles.id(2))
        for _ in 0..<2 {
            let (report, _) = try await bringOver(legacy, to: subject)
            #expect(report.aliases == 2)
            let head = try await subject.ask(.head, #"{"aliases":["a","b"]}"#, by: .owner("ann"))
            #expect(head == .array([.string(LegacyFiles.id(1)), .string(LegacyFiles.id(2))]))
        }
    }

    @Test func aSourceThatIsNoRedisIsRefused() async throws {
        let subject = try await Subject()
        let source = MemoryStore(.reference)
        try await source.put(Array("x".utf8), at: Key("db0", "{ms-files}files-data:1"))
        do {
            _ = try await FilesImporter(from: source, to: subject.uploads).run()
            Issue.record("It was taken.")
        } catch let error as StoreError {
            #expect(error.code == .invalidArgument)
        }
    }
}
