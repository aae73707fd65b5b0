import AsyncHTTPClient
import Crypto
import Foundation
import NIOCore
import NIOHTTP1

/// Requests that are signed as Amazon documents its Signature Version 4, by the shortest way to do that, and sent by the
/// client that the stores use: what a careful programmer would write for one service.
struct SignedRequests: Sendable {
    /// `s3` or `dynamodb`.
    let service: String
    let authority: String
    let client: HTTPClient

    private static let region = "us-east-1"

    /// What is answered, of a request that must succeed.
    func send(
        _ method: String,
        _ path: String,
        _ headers: [(name: String, value: String)] = [],
        _ body: [UInt8] = []
    ) async throws -> [UInt8] {
        var request = HTTPClientRequest(url: "http://\(authority)\(path)")
        request.method = .init(rawValue: method)
        let hash = SignedRequests.hex(SHA256.hash(data: body))
        let time = SignedRequests.timestamp()
        let signed =
            [("host", authority), ("x-amz-content-sha256", hash), ("x-amz-date", time)]
            + headers.filter { $0.name.hasPrefix("x-amz-") }
        let names = signed.map(\.0).joined(separator: ";")
        let lines = signed.map { "\($0.0):\($0.1)\n" }.joined()
        let canonical = "\(method)\n\(path)\n\n\(lines)\n\(names)\n\(hash)"
        let scope = "\(time.prefix(8))/\(SignedRequests.region)/\(service)/aws4_request"
        let text =
            "AWS4-HMAC-SHA256\n\(time)\n\(scope)\n\(SignedRequests.hex(SHA256.hash(data: Array(canonical.utf8))))"
        let signature = SignedRequests.hex(SignedRequests.code(text, key(of: String(time.prefix(8)))))
        for (name, value) in signed.dropFirst() { request.headers.add(name: name, value: value) }
        for (name, value) in headers where !name.hasPrefix("x-amz-") { request.headers.add(name: name, value: value) }
        request.headers.add(
            name: "authorization",
            value: "AWS4-HMAC-SHA256 Credential=key/\(scope), SignedHeaders=\(names), Signature=\(signature)"
        )
        if method != "GET" { request.body = .bytes(body) }
        let response = try await client.execute(request, timeout: .seconds(60))
        let answer = try await response.body.collect(upTo: 16 << 20)
        guard (200..<300).contains(response.status.code) else { throw WrongAnswer(answer: "\(response.status)") }
        return Array(answer.readableBytesView)
    }

    private func key(of day: String) -> SymmetricKey {
        [day, SignedRequests.region, service, "aws4_request"].reduce(SymmetricKey(data: Array("AWS4secret".utf8))) {
            SymmetricKey(data: SignedRequests.code($1, $0))
        }
    }

    private static func code(_ text: String, _ key: SymmetricKey) -> HMAC<SHA256>.MAC {
        HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key)
    }

    private static func hex(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    private static func timestamp() -> String {
        var seconds = time(nil)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        var text = [CChar](repeating: 0, count: 20)
        strftime(&text, text.count, "%Y%m%dT%H%M%SZ", &parts)
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
