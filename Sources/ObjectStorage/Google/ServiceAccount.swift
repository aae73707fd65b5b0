import AWSClient
import Crypto
import CryptoExtras
import JSONFormat
import StoreHTTP

/// A service account of Google Cloud: the name in which requests are signed, and its key.
public struct ServiceAccount: Sendable {
    /// The address of the account, which every location shows.
    public let email: String
    private let key: _RSA.Signing.PrivateKey

    /// The account of a key file, as the console of Google Cloud gives it: JSON.
    ///
    /// - Throws: ``ObjectRefusal/Code/notAllowed`` for what is none, without anything of it.
    public init(keyFile: [UInt8]) throws(ObjectRefusal) {
        guard keyFile.count <= 65_536, let file = JSON(parsing: keyFile), file["type"]?.text == "service_account",
            let email = file["client_email"]?.text, !email.isEmpty, let text = file["private_key"]?.text
        else {
            throw ObjectRefusal(.notAllowed, "This is no key file of a service account: make one in the console.")
        }
        do {
            key = try _RSA.Signing.PrivateKey(pemRepresentation: text)
        } catch {
            // What the error says might hold a part of the key.
            throw ObjectRefusal(.notAllowed, "The key file's private key can't be read: make another one.")
        }
        self.email = email
    }

    private static let algorithm = "GOOG4-RSA-SHA256"

    /// The request with the signature in its query, by Google's signing process version 4: what is hashed has the form
    /// that Amazon's version 4 has. Whoever uses the URL has to send the request's headers as they are here.
    func presign(
        _ request: SignableRequest,
        at time: SigningTime,
        for seconds: Int
    ) throws(ObjectRefusal) -> SignableRequest {
        guard (1...RequestSigner.presignedSecondsMax).contains(seconds) else {
            throw ObjectRefusal(.notAllowed, "A location is signed for a second to a week.")
        }
        let scope = "\(time.day)/auto/storage/goog4_request"
        var request = request
        request.query += [
            NamedValue("X-Goog-Algorithm", ServiceAccount.algorithm),
            NamedValue("X-Goog-Credential", "\(email)/\(scope)"), NamedValue("X-Goog-Date", time.text),
            NamedValue("X-Goog-Expires", "\(seconds)"),
            NamedValue("X-Goog-SignedHeaders", CanonicalRequest.signedHeaders(of: request)),
        ]
        let canonical = CanonicalRequest(request, .verbatim, payloadHash: Array("UNSIGNED-PAYLOAD".utf8))
        let hash = String(decoding: AWSClient.Hexadecimal.encode(SHA256.hash(data: canonical.bytes)), as: UTF8.self)
        let text = "\(ServiceAccount.algorithm)\n\(time.text)\n\(scope)\n\(hash)"
        let signature: [UInt8]
        do {
            signature = Array(
                try key.signature(for: Array(text.utf8), padding: .insecurePKCS1v1_5).rawRepresentation
            )
        } catch {
            throw ObjectRefusal(.failed, "The location can't be signed with the service account's key.")
        }
        let digits = String(decoding: AWSClient.Hexadecimal.encode(signature), as: UTF8.self)
        request.query.append(NamedValue("X-Goog-Signature", digits))
        return request
    }
}

extension ServiceAccount: CustomStringConvertible {
    /// The account's address, without the key.
    public var description: String { email }
}
