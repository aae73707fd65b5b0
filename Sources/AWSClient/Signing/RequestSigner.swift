import Crypto
import Synchronization

/// Signs requests by AWS Signature Version 4, the method that S3, DynamoDB and what imitates them take.
///
/// It does no input or output and reads no clock. The format is that of the AWS General Reference, "Signature Version 4
/// signing process"; what differs for S3 is told by Amazon S3's API reference, "Authenticating Requests".
package final class RequestSigner: Sendable {
    /// How the path is brought into the form that is signed.
    package enum PathForm: Sendable {
        /// As it is sent, byte for byte: S3, where `//` and `..` are part of a key.
        case verbatim
        /// Without `.`, `..` and empty segments, and encoded once more: every other service.
        case normalized
    }

    package let credentials: AWSCredentials
    package let region: String
    package let service: String
    private let pathForm: PathForm
    /// The key of one day, which costs four hashes to make.
    private let dayKey = Mutex<(day: String, key: SymmetricKey)?>(nil)

    package init(_ credentials: AWSCredentials, region: String, service: String, pathForm: PathForm) {
        self.credentials = credentials
        self.region = region
        self.service = service
        self.pathForm = pathForm
    }

    private static let algorithm = "AWS4-HMAC-SHA256"
    private static let unsignedPayload = Array("UNSIGNED-PAYLOAD".utf8)

    /// The request with the headers that carry its signature: `X-Amz-Date`, `Authorization`, the token of the session
    /// where there is one, and `X-Amz-Content-SHA256` where `showsPayloadHash`, which S3 wants.
    ///
    /// `Host` is signed and not added.
    package func sign(
        _ request: SignableRequest,
        _ payload: PayloadHash,
        at time: SigningTime,
        showsPayloadHash: Bool = false
    ) -> SignableRequest {
        var request = request
        let hash = RequestSigner.text(of: payload)
        request.headers.append(NamedValue("X-Amz-Date", time.text))
        if showsPayloadHash {
            request.headers.append(NamedValue("X-Amz-Content-SHA256", String(decoding: hash, as: UTF8.self)))
        }
        if let token = credentials.sessionToken { request.headers.append(NamedValue("X-Amz-Security-Token", token)) }
        let canonical = CanonicalRequest(request, pathForm, payloadHash: hash)
        request.headers.append(
            NamedValue(
                "Authorization",
                "\(RequestSigner.algorithm) Credential=\(credentials.accessKeyID)/\(scope(time)), "
                    + "SignedHeaders=\(canonical.signedHeaders), Signature=\(signature(of: canonical, at: time))"
            )
        )
        return request
    }

    /// The longest time for which a signed URL may be given, a week.
    package static let presignedSecondsMax = 604_800

    /// The request with the signature in its query, so that its URL is all that is needed for `seconds` from `time` on;
    /// nil for other than 1 to ``presignedSecondsMax`` seconds.
    ///
    /// Whoever uses the URL has to send the request's headers as they are here.
    package func presign(
        _ request: SignableRequest,
        at time: SigningTime,
        for seconds: Int
    ) -> SignableRequest? {
        guard (1...RequestSigner.presignedSecondsMax).contains(seconds) else { return nil }
        var request = request
        request.query += [
            NamedValue("X-Amz-Algorithm", RequestSigner.algorithm),
            NamedValue("X-Amz-Credential", "\(credentials.accessKeyID)/\(scope(time))"),
            NamedValue("X-Amz-Date", time.text),
            NamedValue("X-Amz-Expires", "\(seconds)"),
        ]
        if let token = credentials.sessionToken { request.query.append(NamedValue("X-Amz-Security-Token", token)) }
        request.query.append(NamedValue("X-Amz-SignedHeaders", CanonicalRequest.signedHeaders(of: request)))
        let canonical = CanonicalRequest(request, pathForm, payloadHash: RequestSigner.unsignedPayload)
        request.query.append(NamedValue("X-Amz-Signature", signature(of: canonical, at: time)))
        return request
    }

    /// The query in the encoding in which it is signed and sent, sorted; empty when there is none.
    package static func encodedQuery(of request: SignableRequest) -> String {
        String(decoding: CanonicalRequest.query(of: request), as: UTF8.self)
    }

    private static func text(of payload: PayloadHash) -> [UInt8] {
        switch payload {
        case .of(let bytes): Hexadecimal.encode(SHA256.hash(data: bytes))
        case .unsigned: unsignedPayload
        }
    }

    private func scope(_ time: SigningTime) -> String { "\(time.day)/\(region)/\(service)/aws4_request" }

    private func signature(of canonical: CanonicalRequest, at time: SigningTime) -> String {
        var text = Array("\(RequestSigner.algorithm)\n\(time.text)\n\(scope(time))\n".utf8)
        text += Hexadecimal.encode(SHA256.hash(data: canonical.bytes))
        let code = HMAC<SHA256>.authenticationCode(for: text, using: key(of: time))
        return String(decoding: Hexadecimal.encode(code), as: UTF8.self)
    }

    private func key(of time: SigningTime) -> SymmetricKey {
        let day = String(time.day)
        return dayKey.withLock { kept in
            if let kept, kept.day == day { return kept.key }
            var key = SymmetricKey(data: Array("AWS4\(credentials.secretAccessKey)".utf8))
            for part in [day, region, service, "aws4_request"] {
                key = SymmetricKey(data: HMAC<SHA256>.authenticationCode(for: Array(part.utf8), using: key))
            }
            kept = (day, key)
            return key
        }
    }
}
