#if S3
import AWSClient
import Crypto
import KeyValue
import StoreHTTP
import TestServers
import Testing

@testable import ObjectStorage

/// Objects of a bucket, before a real server that checks signatures.
@Suite struct RemoteBucketTests {
    private static let bytes = Array("0123456789".utf8)
    private static let name = "00ff/a-b/c.bin.gz"

    private let transport: any HTTPTransport

    init() throws { transport = try AsyncTransport(HTTPConfiguration(), environment: .live) }

    /// What a client gets for a request to a location.
    private func send(
        _ method: String,
        _ location: String,
        _ headers: [String: String] = [:],
        _ body: [UInt8] = []
    ) async throws -> StoreReply {
        let start = try #require(location.dropFirst("http://".count).firstIndex(of: "/"))
        let request = StoreRequest(
            method,
            at: try HTTPEndpoint(String(location[..<start])),
            String(location[start...]),
            headers: headers.filter { $0.key != "content-length" }.map { ($0.key, $0.value) },
            body: body
        )
        // The gateway may refuse a request before it has read its body, and close the connection on who still sends.
        for _ in 0..<20 {
            do throws(HTTPFailure) {
                return try await transport.send(request, deadline: StoreEnvironment.live.now() + .seconds(120))
            } catch {
                continue
            }
        }
        return try await transport.send(request, deadline: StoreEnvironment.live.now() + .seconds(120))
    }

    private func object(_ name: String = name, isPublic: Bool = false) -> NewObject {
        NewObject(
            name: name,
            contentType: "text/plain",
            contentLength: 10,
            md5: Array(Insecure.MD5.hash(data: RemoteBucketTests.bytes)),
            contentEncoding: "gzip",
            isPublic: isPublic
        )
    }

    private func url(_ gateway: CephGateway, _ options: String = "") -> String {
        let user = "\(CephGateway.accessKeyID):\(CephGateway.secretAccessKey)"
        return "s3://\(user)@objects?region=us-east-1&endpoint=http://127.0.0.1:\(gateway.port)\(options)"
    }

    /// Makes the bucket, which needs a signed request.
    private func makeBucket(_ url: String) async throws {
        let address = try BucketAddress(try StoreLocation(url), in: .live)
        let caller = try address.caller(
            HTTPCaller(transport, environment: .live, timeout: .seconds(120)),
            in: .live
        )
        let request = AWSCaller.Request("PUT", path: address.path, changes: true)
        try await caller.call(request) { (reply) throws(StoreError) in reply.isSuccess ? () : nil }
    }

    @Test func aRealServerTakesWhatIsSignedAlone() async throws {
        let gateway = try await CephGateway.start()
        try await makeBucket(url(gateway))
        let bucket = try RemoteBucket.open(url(gateway))
        #expect(bucket.bucket == "objects")
        let place = try await bucket.uploadLocation(of: object(), for: .seconds(900))
        #expect(Set(place.headers.keys) == ["content-type", "content-length", "content-md5", "content-encoding"])
        #expect(try await bucket.facts(of: RemoteBucketTests.name) == nil)

        // The size, the type, the encoding and the method are bound by the signature, the bytes by their MD5.
        let longer = RemoteBucketTests.bytes + [0]
        #expect(try await send("PUT", place.location, place.headers, longer).status == 403)
        for (name, value) in [("content-type", "text/html"), ("content-encoding", "br"), ("content-md5", "AAAA")] {
            let headers = place.headers.merging([name: value]) { $1 }
            #expect(try await send("PUT", place.location, headers, RemoteBucketTests.bytes).status == 403)
        }
        #expect(try await send("GET", place.location, place.headers).status == 403)
        let others = Array(RemoteBucketTests.bytes.reversed())
        #expect(try await send("PUT", place.location, place.headers, others).status == 400)
        #expect(try await bucket.facts(of: RemoteBucketTests.name) == nil)
        #expect(try await send("PUT", place.location, place.headers, RemoteBucketTests.bytes).status == 200)
        #expect(try await bucket.facts(of: RemoteBucketTests.name) == ObjectFacts(contentLength: 10))

        let fetched = try await bucket.downloadLocation(
            of: RemoteBucketTests.name,
            for: .holder(.seconds(60)),
            savedAs: "Größe \"1\".txt"
        )
        let reply = try await send("GET", fetched)
        #expect(reply.status == 200 && reply.body == RemoteBucketTests.bytes)
        #expect(reply["content-type"] == "text/plain" && reply["content-encoding"] == "gzip")
        #expect(reply["content-disposition"]?.contains("filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%221%22.txt") == true)
        #expect(try await send("GET", fetched + "0").status == 403)

        // Nothing of the bucket is public, and everybody gets a location that is signed.
        try await bucket.setPublic(true, of: RemoteBucketTests.name)
        let open = try await bucket.downloadLocation(of: RemoteBucketTests.name, for: .everybody, savedAs: nil)
        #expect(open.contains("X-Amz-Expires=604800"))
        #expect(try await send("GET", open).status == 200)
        #expect(try await send("GET", String(open.prefix { $0 != "?" })).status == 403)

        try await checkLists(gateway)
        try await bucket.remove(RemoteBucketTests.name)
        try await bucket.remove(RemoteBucketTests.name)
        #expect(try await bucket.facts(of: RemoteBucketTests.name) == nil)
        for name in ["../a", "a//b", "", "a/.b", "ä"] {
            await #expect(throws: ObjectRefusal.self) { _ = try await bucket.facts(of: name) }
        }
        await bucket.close()
        await transport.close()
        gateway.kill()
    }

    /// Objects whose access control lists say who may fetch them.
    private func checkLists(_ gateway: CephGateway) async throws {
        let bucket = try RemoteBucket.open(url(gateway, "&public=acl"))
        let open = object("open/one", isPublic: true)
        let place = try await bucket.uploadLocation(of: open, for: .seconds(900))
        #expect(place.headers["x-amz-acl"] == "public-read")
        let asPrivate = place.headers.merging(["x-amz-acl": "public-read-write"]) { $1 }
        #expect(try await send("PUT", place.location, asPrivate, RemoteBucketTests.bytes).status == 403)
        #expect(try await send("PUT", place.location, place.headers, RemoteBucketTests.bytes).status == 200)
        let plain = try await bucket.downloadLocation(of: "open/one", for: .everybody, savedAs: nil)
        #expect(!plain.contains("?"))
        #expect(try await send("GET", plain).status == 200)
        try await bucket.setPublic(false, of: "open/one")
        #expect(try await send("GET", plain).status == 403)
        try await bucket.setPublic(true, of: "open/one")
        #expect(try await send("GET", plain).status == 200)
        await bucket.close()
    }

    @Test func urlsThatNameNoBucketAreRefused() throws {
        for url in [
            "s3://k:s@objects/prefix?region=a", "s3://k:s@objects?region=a&public=maybe", "http://k:s@localhost",
            "s3://k:s@objects?region=a&layout=raw", "s3://k:s@NO?region=a",
        ] {
            #expect(throws: StoreError.self) { _ = try RemoteBucket.open(url) }
        }
    }
}
#endif
