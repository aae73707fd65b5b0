import AWSClient
import Testing

/// Signatures that Amazon has published.
///
/// Those of objects are from the "Amazon S3 API Reference", "Examples: Signature Calculations" and "Authenticating
/// Requests: Using Query Parameters"; the others from the "aws-sig-v4-test-suite" (Apache License 2.0). The keys were
/// made up for the purpose.
@Suite struct PublishedSignatureTests {
    private static let time = SigningTime(secondsSince1970: 1_369_353_600)
    private static let objects = RequestSigner(
        AWSCredentials(
            accessKeyID: "AKIAIOSFODNN7EXAMPLE",
            secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
        ),
        region: "us-east-1",
        service: "s3",
        pathForm: .verbatim
    )
    private static let host = "examplebucket.s3.amazonaws.com"

    private func signature(_ request: SignableRequest) -> String {
        let header = request.headers.first { $0.name == "Authorization" }?.value ?? ""
        return header.split(separator: "Signature=").last.map(String.init) ?? ""
    }

    @Test func times() {
        #expect(Self.time.text == "20130524T000000Z")
        #expect(SigningTime(secondsSince1970: 0).text == "19700101T000000Z")
        #expect(SigningTime(secondsSince1970: 951_827_696).text == "20000229T123456Z")
        #expect(SigningTime(secondsSince1970: 4_107_542_399).text == "21000228T235959Z")
        #expect(SigningTime(secondsSince1970: -1).text == "19700101T000000Z")
    }

    @Test(arguments: [
        (
            SignableRequest(
                "GET",
                host: host,
                path: "/test.txt",
                headers: [NamedValue("Range", "bytes=0-9")]
            ), "", "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
        ),
        (
            SignableRequest(
                "PUT",
                host: host,
                path: "/test%24file.text",
                headers: [
                    NamedValue("Date", "Fri, 24 May 2013 00:00:00 GMT"),
                    NamedValue("x-amz-storage-class", "REDUCED_REDUNDANCY"),
                ]
            ), "Welcome to Amazon S3.", "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
        ),
        (
            SignableRequest("GET", host: host, path: "/", query: [NamedValue("lifecycle", "")]), "",
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
        ),
        (
            SignableRequest(
                "GET",
                host: host,
                path: "/",
                query: [NamedValue("max-keys", "2"), NamedValue("prefix", "J")]
            ), "", "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
        ),
    ])
    func ofObjects(_ request: SignableRequest, _ body: String, _ expected: String) {
        let signed = Self.objects.sign(request, .of(Array(body.utf8)), at: Self.time, showsPayloadHash: true)
        #expect(signature(signed) == expected)
    }

    @Test func ofAURL() throws {
        let request = SignableRequest("GET", host: Self.host, path: "/test.txt")
        let signed = try #require(Self.objects.presign(request, at: Self.time, for: 86_400))
        #expect(
            RequestSigner.encodedQuery(of: signed)
                == "X-Amz-Algorithm=AWS4-HMAC-SHA256"
                + "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
                + "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400"
                + "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
                + "&X-Amz-SignedHeaders=host"
        )
        #expect(Self.objects.presign(request, at: Self.time, for: 0) == nil)
        #expect(Self.objects.presign(request, at: Self.time, for: 604_801) == nil)
    }

    @Test(arguments: [
        (
            SignableRequest("GET", host: "example.amazonaws.com", path: "/"), "",
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        ),
        (
            SignableRequest(
                "GET",
                host: "example.amazonaws.com",
                path: "/",
                query: [NamedValue("Param2", "value2"), NamedValue("Param1", "value1")]
            ), "", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"
        ),
        (
            SignableRequest("GET", host: "example.amazonaws.com", path: "/./example/.."), "",
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        ),
        (
            SignableRequest(
                "GET",
                host: "example.amazonaws.com",
                path: "/",
                headers: [NamedValue("My-Header1", " value1"), NamedValue("My-Header2", " \"a   b   c\"")]
            ), "", "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"
        ),
        (
            SignableRequest(
                "POST",
                host: "example.amazonaws.com",
                path: "/",
                headers: [NamedValue("Content-Type", "application/x-www-form-urlencoded")]
            ), "Param1=value1", "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"
        ),
    ])
    func ofServices(_ request: SignableRequest, _ body: String, _ expected: String) {
        let signer = RequestSigner(
            AWSCredentials(
                accessKeyID: "AKIDEXAMPLE",
                secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
            ),
            region: "us-east-1",
            service: "service",
            pathForm: .normalized
        )
        let signed = signer.sign(request, .of(Array(body.utf8)), at: SigningTime(secondsSince1970: 1_440_938_160))
        #expect(signature(signed) == expected)
    }
}
