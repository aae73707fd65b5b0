#if S3
import AWSClient
import KeyValue
import StoreHTTP
import TestServers
import Testing

@testable import BucketStore

/// Signatures before a real server, which checks them.
@Suite struct GatewayTests {
    @Test func aRealServerTakesOurSignaturesAlone() async throws {
        let server = try await BucketServer.ceph()
        try await server.make("signed")
        let client = try server.client("signed")
        // Everything that has to be encoded, and what must not be made simpler.
        for text in ["plain", "with space", "plus+", "a/b//c/../d", "percent%2F", "ä Ω 🙂", "~-._!*'()", "?&=#"] {
            let name = Array(text.utf8)
            let etag = try await client.put(name, name, if: .none)
            #expect(etag != nil)
            let found = try await client.get(name)
            #expect(found?.body == name)
            try await presigned(name, client)
            let isDeleted = try await client.delete(name, if: .none)
            #expect(isDeleted)
        }
        try await wrongKeys(server)
        try await wrongTime(server)
        try await wrongRegionAndBucket(server)
        try await ObjectsTests.check(server, bucket: "signed")
        try await ObjectsTests.checkURLs(server, bucket: "signed")
        // It takes a tag that holds for one that does not, so it is no store of compare-and-set.
        let powers = try await client.powers(BucketLayout(prefix: ""))
        #expect(powers == ServerPowers(conditionalWrite: false, conditionalDelete: false))
        await client.close()
        server.stop()
    }

    /// URLs that are signed beforehand: whole, late, and for something else.
    private func presigned(_ name: [UInt8], _ client: BucketClient) async throws {
        let caller = client.caller
        let now = caller.clock()
        let request = SignableRequest("GET", host: caller.endpoint.authority, path: client.path(name))
        for (signedAt, isGood) in [(now, true), (now - 120, false)] {
            let time = SigningTime(secondsSince1970: signedAt)
            let signed = try #require(try await caller.signer.current().presign(request, at: time, for: 60))
            for (method, isRight) in [("GET", true), ("DELETE", false)] {
                let reply = try await caller.caller.transport.send(
                    StoreRequest(
                        method,
                        at: caller.endpoint,
                        signed.path + "?" + RequestSigner.encodedQuery(of: signed)
                    ),
                    deadline: caller.caller.environment.now() + .seconds(60)
                )
                #expect(reply.status == (isGood && isRight ? 200 : 403))
                if isGood, isRight { #expect(reply.body == name) }
            }
        }
    }

    private func wrongKeys(_ server: BucketServer) async throws {
        for user in ["AKIATEST:WRONG", "AKIAOTHER:SECRETTEST"] {
            let url = "s3://\(user)@signed/?region=us-east-1&endpoint=\(server.endpoint)"
            let failure = await #expect(throws: StoreError.self) { _ = try await server.open(url) }
            #expect(failure?.code == .permissionDenied)
        }
    }

    private func wrongTime(_ server: BucketServer) async throws {
        let client = try server.client("signed")
        let late = AWSCaller(
            client.caller.caller,
            signer: client.caller.signer,
            endpoint: client.caller.endpoint,
            clock: { client.caller.clock() - 3_600 },
            showsPayloadHash: true
        )
        var other = client
        other.caller = late
        let failed = other
        let failure = await #expect(throws: StoreError.self) { _ = try await failed.get([0x61]) }
        #expect(failure?.code == .permissionDenied)
        let skew = failure?.metadata["skewSeconds"].flatMap { Int($0) } ?? 0
        #expect((-3_700 ... -3_500).contains(skew))
        await client.close()
    }

    private func wrongRegionAndBucket(_ server: BucketServer) async throws {
        let failure = await #expect(throws: StoreError.self) { _ = try await server.open(server.url("not-there")) }
        #expect(failure?.code == .invalidArgument)
    }
}
#endif
