import AWSClient
import Foundation
import StoreHTTP
import TestSupport
import Testing

/// Our signatures beside those of botocore, which Scripts/install puts into .build/peers.
@Suite struct SigningPeerTests {
    private struct Asked: Encodable {
        var way: String
        var method: String
        var url: String
        var headers: [[String]]
        var body: String
        var key: String
        var secret: String
        var token: String?
        var region: String
        var service: String
        var time: String
        var seconds: Int
    }

    private static let names = [
        "a", "prefix", "list-type", "X-z", "ä", "~", "with space", "plus+", "eq=", "a/b", "%41",
    ]

    private var generator = SeededGenerator(seed: 77)

    private mutating func text(_ lengths: ClosedRange<Int>) -> String {
        let scalars = Array("abcXYZ019-._~ /+=&%?#ÄΩ🙂\"'()*,;:@$![]{}|^`\\<>")
        return String(
            (0..<Int.random(in: lengths, using: &generator)).map { _ in
                scalars.randomElement(using: &generator) ?? "a"
            }
        )
    }

    private mutating func request(isObject: Bool) -> SignableRequest {
        let path =
            isObject
            ? "/"
                + text(0...40).split(separator: "/", omittingEmptySubsequences: false)
                .map { PercentEncoding.encode(String($0)) }.joined(separator: "/")
            : ["/", "/tables", "/a%20b/c", "/x/../y", "//z//"].randomElement(using: &generator) ?? "/"
        var query: [NamedValue] = []
        for _ in 0..<Int.random(in: 0...5, using: &generator) {
            query.append(NamedValue(SigningPeerTests.names.randomElement(using: &generator) ?? "n", text(0...12)))
        }
        var headers: [NamedValue] = []
        if Bool.random(using: &generator) { headers.append(NamedValue("Content-Type", "application/x-amz-json-1.0")) }
        if Bool.random(using: &generator) { headers.append(NamedValue("X-Amz-Meta-Note", "  two   spaces  ")) }
        if Bool.random(using: &generator) { headers.append(NamedValue("If-Match", "\"0123\"")) }
        let host = ["bucket.s3.eu-central-1.amazonaws.com", "127.0.0.1:9000"].randomElement(using: &generator) ?? "h"
        let method = ["GET", "PUT", "POST", "DELETE", "HEAD"].randomElement(using: &generator) ?? "GET"
        return SignableRequest(method, host: host, path: path, query: query, headers: headers)
    }

    private func url(_ request: SignableRequest) -> String {
        let query = RequestSigner.encodedQuery(of: request)
        return "http://\(request.host)\(request.path)" + (query.isEmpty ? "" : "?" + query)
    }

    private mutating func credentials() -> AWSCredentials {
        AWSCredentials(
            accessKeyID: "AKIA" + String(UInt32.random(in: 0 ... .max, using: &generator), radix: 36).uppercased(),
            secretAccessKey: text(20...40),
            sessionToken: Bool.random(using: &generator) ? "token/+=\(generator.next())" : nil
        )
    }

    @Test mutating func headersAreThoseOfThePeer() throws {
        var lines: [String] = []
        var expected: [String] = []
        for number in 0..<400 {
            let isObject = number % 2 == 0
            let request = request(isObject: isObject)
            let body = generator.bytes(Int.random(in: 0...64, using: &generator))
            let credentials = credentials()
            let time = SigningTime(secondsSince1970: Int64.random(in: 0..<4_000_000_000, using: &generator))
            let service = isObject ? "s3" : "dynamodb"
            let signer = RequestSigner(
                credentials,
                region: "eu-west-3",
                service: service,
                pathForm: isObject ? .verbatim : .normalized
            )
            let signed = signer.sign(request, .of(body), at: time, showsPayloadHash: isObject)
            expected.append(signed.headers.first { $0.name == "Authorization" }?.value ?? "none")
            lines.append(try line(isObject ? "object" : "service", request, body, signer, time, seconds: 0))
        }
        for (number, answer) in try PythonPeer().ask(lines).enumerated() {
            #expect(answer == expected[number], "\(lines[number])")
        }
    }

    @Test mutating func signedURLsAreThoseOfThePeer() throws {
        var lines: [String] = []
        var expected: [Set<String>] = []
        for _ in 0..<200 {
            var request = request(isObject: true)
            // The peer drops all but one of parameters of one name.
            var names: Set<String> = []
            request.query.removeAll { !names.insert($0.name).inserted }
            let time = SigningTime(secondsSince1970: Int64.random(in: 0..<4_000_000_000, using: &generator))
            let seconds = Int.random(in: 1...RequestSigner.presignedSecondsMax, using: &generator)
            let signer = RequestSigner(credentials(), region: "auto", service: "s3", pathForm: .verbatim)
            let signed = try #require(signer.presign(request, at: time, for: seconds))
            expected.append(parts(of: url(signed)))
            lines.append(try line("presign", request, [], signer, time, seconds: seconds))
        }
        for (number, answer) in try PythonPeer().ask(lines).enumerated() {
            #expect(parts(of: answer) == expected[number], "\(lines[number])")
        }
    }

    /// The peer orders a query otherwise than we do; neither order changes the signature.
    private func parts(of url: String) -> Set<String> {
        Set(url.split(whereSeparator: { "?&".contains($0) }).map(String.init))
    }

    private func line(
        _ way: String,
        _ request: SignableRequest,
        _ body: [UInt8],
        _ signer: RequestSigner,
        _ time: SigningTime,
        seconds: Int
    ) throws -> String {
        let asked = Asked(
            way: way,
            method: request.method,
            url: url(request),
            headers: request.headers.map { [$0.name, $0.value] },
            body: String(decoding: Hexadecimal.encode(body), as: UTF8.self),
            key: signer.credentials.accessKeyID,
            secret: signer.credentials.secretAccessKey,
            token: signer.credentials.sessionToken,
            region: signer.region,
            service: signer.service,
            time: time.text,
            seconds: seconds
        )
        return String(decoding: try JSONEncoder().encode(asked), as: UTF8.self)
    }
}
