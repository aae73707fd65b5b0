import Crypto
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import ObjectStorage

/// Objects in a directory, as clients of its server see them.
@Suite struct ObjectDirectoryTests {
    private final class Place: Sendable {
        let folder: TemporaryDirectory
        let objects: ObjectDirectory
        let clock = Clock()

        init() throws {
            folder = try TemporaryDirectory()
            let random = Mutex(SeededGenerator(seed: 5))
            objects = try ObjectDirectory(
                "\(folder.path)/objects",
                bucket: "local",
                location: "http://localhost/objects",
                secret: Array(repeating: 7, count: 32),
                random: { random.withLock { $0.next() } },
                seconds: { [clock] in clock.now }
            )
        }

        final class Clock: Sendable {
            private let seconds = Mutex<Int64>(1_000)
            var now: Int64 { seconds.withLock { $0 } }
            func advance(_ count: Int64) { seconds.withLock { $0 += count } }
        }
    }

    private static let bytes = Array("0123456789".utf8)

    private func object(_ name: String = "a/b/c.bin.gz", isPublic: Bool = false) -> NewObject {
        NewObject(
            name: name,
            contentType: "image/svg+xml",
            contentLength: 10,
            md5: Array(Insecure.MD5.hash(data: ObjectDirectoryTests.bytes)),
            contentEncoding: "gzip",
            isPublic: isPublic
        )
    }

    /// The request that a location and its headers make.
    private func request(
        _ method: String,
        _ location: String,
        _ headers: [String: String] = [:]
    ) throws -> ObjectRequest {
        let parts = try #require(URLComponents(string: location))
        let query = (parts.queryItems ?? []).map { ($0.name, $0.value ?? "") }
        return ObjectRequest(
            method: method,
            name: String(parts.path.dropFirst("/objects/".count)),
            query: Dictionary(query) { _, last in last },
            headers: headers
        )
    }

    private func send(_ place: Place, _ request: ObjectRequest, _ bytes: [UInt8]) async throws {
        let receiver = try await place.objects.receive(request)
        do {
            for piece in [bytes.prefix(4), bytes.dropFirst(4)] { try await receiver.append(Array(piece)) }
            try await receiver.finish()
        } catch {
            await receiver.cancel()
            throw error
        }
    }

    private func refusal(_ body: () async throws -> Void) async -> ObjectRefusal.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? ObjectRefusal)?.code
        }
    }

    @Test func anObjectIsSentFetchedAndRemoved() async throws {
        let place = try Place()
        let upload = try await place.objects.uploadLocation(of: object(), for: .seconds(60))
        let put = try request("PUT", upload.location, upload.headers)
        #expect(try await place.objects.facts(of: "a/b/c.bin.gz") == nil)
        try await send(place, put, ObjectDirectoryTests.bytes)
        #expect(try await place.objects.facts(of: "a/b/c.bin.gz") == ObjectFacts(contentLength: 10))
        let location = try await place.objects.downloadLocation(
            of: "a/b/c.bin.gz",
            for: .holder(.seconds(10)),
            savedAs: "Ein \"Ä\".txt"
        )
        let get = try request("GET", location)
        let reader = try await place.objects.give(get)
        #expect(reader.headers["content-type"] == "image/svg+xml" && reader.headers["content-encoding"] == "gzip")
        #expect(
            reader.headers["content-disposition"]
                == "attachment; filename=\"Ein ___.txt\"; filename*=UTF-8''Ein%20%22%C3%84%22.txt"
        )
        #expect(try await reader.read(at: 3, count: 100) == Array("3456789".utf8))
        let ranges: [(String?, Range<Int64>)] = [
            (nil, 0..<10), ("bytes=2-4", 2..<5), ("bytes=8-", 8..<10), ("bytes=-3", 7..<10), ("bytes=-99", 0..<10),
            ("bytes=0-99", 0..<10), ("bytes=1-2,4-5", 0..<10), ("lines=1-2", 0..<10), ("bytes=5-2", 0..<10),
        ]
        for (header, range) in ranges { #expect(try reader.range(header) == range) }
        for header in ["bytes=10-", "bytes=-0"] {
            #expect(throws: ObjectRefusal.self) { try reader.range(header) }
        }
        let plain = ObjectRequest(method: "GET", name: "a/b/c.bin.gz")
        #expect(await refusal { _ = try await place.objects.give(plain) } == .notAllowed)
        try await place.objects.setPublic(true, of: "a/b/c.bin.gz")
        _ = try await place.objects.give(plain)
        try await place.objects.setPublic(false, of: "a/b/c.bin.gz")
        #expect(await refusal { _ = try await place.objects.give(plain) } == .notAllowed)
        place.clock.advance(10)
        #expect(await refusal { _ = try await place.objects.give(get) } == .notAllowed)
        try await place.objects.remove("a/b/c.bin.gz")
        try await place.objects.remove("a/b/c.bin.gz")
        #expect(try await place.objects.facts(of: "a/b/c.bin.gz") == nil)
    }

    @Test func aSignatureIsForOneRequestAlone() async throws {
        let place = try Place()
        let upload = try await place.objects.uploadLocation(of: object(isPublic: true), for: .seconds(60))
        let good = try request("PUT", upload.location, upload.headers)
        var bad: [ObjectRequest] = []
        for name in good.query.keys.sorted() {
            var request = good
            request.query[name] = nil
            bad.append(request)
            request.query[name] = name == "expires" ? "99999999" : "1" + (good.query[name] ?? "")
            bad.append(request)
        }
        for name in ["a/b/d", "a/b/c.bin.gz/d", "a/b"] {
            var request = good
            request.name = name
            bad.append(request)
        }
        var more = good
        more.query["x"] = "y"
        bad.append(more)
        more = good
        more.method = "GET"
        bad.append(more)
        for request in bad {
            #expect(await refusal { _ = try await place.objects.receive(request) } == .notAllowed, "\(request)")
            #expect(await refusal { _ = try await place.objects.give(request) } != nil)
        }
        for name in ["content-type", "content-length", "content-encoding"] {
            var request = good
            request.headers[name] = "11"
            #expect(await refusal { _ = try await place.objects.receive(request) } == .otherBytes)
        }
        let long = ObjectDirectoryTests.bytes + [0]
        for bytes in [[], Array(long.dropLast(2)), long, Array(repeating: 1, count: 10)] {
            #expect(await refusal { try await send(place, good, bytes) } == .otherBytes)
        }
        #expect(try await place.objects.facts(of: "a/b/c.bin.gz") == nil)
        let arriving = try FileManager.default.contentsOfDirectory(atPath: "\(place.folder.path)/objects/arriving")
        #expect(arriving.isEmpty)
        try await send(place, good, ObjectDirectoryTests.bytes)
        _ = try await place.objects.give(ObjectRequest(method: "GET", name: "a/b/c.bin.gz"))
    }

    @Test func whatAKilledProgramLeavesIsRemovedAfterADay() async throws {
        let place = try Place()
        let upload = try await place.objects.uploadLocation(of: object(), for: .seconds(60))
        let put = try request("PUT", upload.location, upload.headers)
        let receiver = try await place.objects.receive(put)
        try await receiver.append(Array(ObjectDirectoryTests.bytes.prefix(4)))
        let arriving = "\(place.folder.path)/objects/arriving"
        let name = try #require(FileManager.default.contentsOfDirectory(atPath: arriving).first)
        func rest(_ seconds: Int64) throws {
            let moment = Date(timeIntervalSince1970: TimeInterval(place.clock.now - seconds))
            try FileManager.default.setAttributes([.modificationDate: moment], ofItemAtPath: "\(arriving)/\(name)")
        }
        place.clock.advance(1_000_000)
        try rest(86_400)
        try await place.objects.removeLeftovers()
        #expect(try FileManager.default.contentsOfDirectory(atPath: arriving) == [name])
        try rest(86_401)
        try await place.objects.removeLeftovers()
        #expect(try FileManager.default.contentsOfDirectory(atPath: arriving).isEmpty)
        // Nothing else is touched.
        await receiver.cancel()
        let again = try await place.objects.uploadLocation(of: object(), for: .seconds(60))
        try await send(place, try request("PUT", again.location, again.headers), ObjectDirectoryTests.bytes)
        place.clock.advance(1_000_000_000)
        try await place.objects.removeLeftovers()
        #expect(try await place.objects.facts(of: "a/b/c.bin.gz") == ObjectFacts(contentLength: 10))
    }

    @Test(arguments: [
        "", "/", "..", "a/../b", "a//b", "/a", "a/", ".a", "a/.b", "a\u{0}b", "a%2e", "a\\b", "é", "a b", "a\nb",
        String(repeating: "a", count: 129), "a/b/c/d/e/f/g/h/i",
    ])
    func namesThatLeadElsewhereAreRefused(_ name: String) async throws {
        let place = try Place()
        #expect(
            await refusal { _ = try await place.objects.uploadLocation(of: object(name), for: .seconds(1)) }
                == .invalidName
        )
        #expect(await refusal { _ = try await place.objects.facts(of: name) } == .invalidName)
        #expect(await refusal { try await place.objects.remove(name) } == .invalidName)
        #expect(
            await refusal { _ = try await place.objects.give(ObjectRequest(method: "GET", name: name)) } == .invalidName
        )
        #expect(
            await refusal { _ = try await place.objects.receive(ObjectRequest(method: "PUT", name: name)) }
                == .invalidName
        )
    }
}
