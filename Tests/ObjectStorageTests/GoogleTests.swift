#if HTTPStores
import AWSClient
import Crypto
import CryptoExtras
import Foundation
import KeyValue
import StoreHTTP
import Synchronization
import TestServers
import TestSupport
import Testing

@testable import ObjectStorage

/// Google Cloud Storage: signatures against an independent implementation, what is sent, and who may notify.
@Suite struct GoogleTests {
    private static let key = Result { try _RSA.Signing.PrivateKey(keySize: .bits2048) }

    private func keyFile() throws -> String {
        let pem = try GoogleTests.key.get().pkcs8PEMRepresentation.replacing("\n", with: "\\n")
        return #"{"type":"service_account","client_email":"files@example.iam","private_key":"\#(pem)","#
            + #""private_key_id":"1","token_uri":"https://example.com/token"}"#
    }

    private func account() throws -> ServiceAccount { try ServiceAccount(keyFile: Array(try keyFile().utf8)) }

    @Test func signaturesAreThoseOfAnotherImplementation() throws {
        struct Asked: Encodable {
            let key: [String: String]
            let method: String
            let resource: String
            let headers: [[String]]
            let query: [[String]]
            let time: String
            let seconds: Int
        }
        let key = try JSONDecoder().decode([String: String].self, from: Data(try keyFile().utf8))
        let account = try account()
        let encoder = JSONEncoder()
        var lines: [String] = []
        var ours: [String] = []
        let cases: [(String, String, [[String]], [[String]], Int)] = [
            ("GET", "/models/a/b.png", [], [], 1),
            ("PUT", "/models/a~b/c", [["content-type", "image/png"], ["content-md5", "AAEC+/=="]], [], 900),
            (
                "PUT", "/models/a", [["X-Goog-ACL", "public-read"], ["content-type", "a/b;  c=d"]], [["acl", ""]],
                604_800
            ),
            ("POST", "/models/a", [["x-goog-resumable", "start"]], [], 3_600),
            (
                "GET", "/models/%C3%A4%20b", [], [["response-content-disposition", "attachment; filename=\"ä +&=/\""]],
                60
            ),
            ("HEAD", "/models/a", [], [["z", "1"], ["a", "2"], ["Z", "~-._!*'()"]], 7),
        ]
        for (place, (method, path, headers, query, seconds)) in cases.enumerated() {
            let time = SigningTime(secondsSince1970: 1_700_000_000 + Int64(place) * 10_000_000)
            let request = SignableRequest(
                method,
                host: "storage.googleapis.com",
                path: path,
                query: query.map { NamedValue($0[0], $0[1]) },
                headers: headers.map { NamedValue($0[0], $0[1]) }
            )
            let signed = try account.presign(request, at: time, for: seconds)
            ours.append("https://storage.googleapis.com\(path)?\(RequestSigner.encodedQuery(of: signed))")
            let asked = Asked(
                key: key,
                method: method,
                resource: path,
                headers: headers,
                query: query,
                time: time.text,
                seconds: seconds
            )
            lines.append(String(decoding: try encoder.encode(asked), as: UTF8.self))
        }
        for (theirs, mine) in zip(try PythonPeer().ask(lines), ours) {
            // The order of a query's parts is each one's own.
            #expect(GoogleTests.parts(theirs) == GoogleTests.parts(mine))
        }
        for seconds in [0, 604_801] {
            #expect(throws: ObjectRefusal.self) {
                let request = SignableRequest("GET", host: "a", path: "/")
                _ = try account.presign(request, at: SigningTime(secondsSince1970: 0), for: seconds)
            }
        }
    }

    private static func parts(_ url: String) -> [String] {
        let pieces = url.split(separator: "?", maxSplits: 1).map(String.init)
        return pieces.prefix(1) + (pieces.last ?? "").split(separator: "&").map(String.init).sorted()
    }

    @Test func keyFilesThatAreNoneAreRefused() throws {
        let whole = try keyFile()
        for text in ["", "{}", whole.replacing("service_account", with: "user"), whole.replacing("BEGIN", with: "END")]
        {
            do {
                _ = try ServiceAccount(keyFile: Array(text.utf8))
                Issue.record("It was taken.")
            } catch {
                #expect(!"\(error)".contains("PRIVATE"))
            }
        }
    }

    /// The requests that a server gets, and what it replies to those of a method.
    private final class Script: Sendable {
        let requests = Mutex<[HTTPExchangeRequest]>([])

        func answer(_ request: HTTPExchangeRequest) -> HTTPExchangeAnswer {
            requests.withLock { $0.append(request) }
            let length = [(name: "x-goog-stored-content-length", value: "10")]
            return switch request.method {
            case "HEAD" where request.target.contains("/missing"): .reply(HTTPExchangeReply(404))
            case "HEAD": .reply(HTTPExchangeReply(200, headers: length))
            case "POST":
                .reply(HTTPExchangeReply(201, headers: [(name: "location", value: "https://example.com/session?id=1")]))
            case "DELETE": .reply(HTTPExchangeReply(request.target.contains("/missing") ? 404 : 204))
            default: .reply(HTTPExchangeReply(200))
            }
        }
    }

    private func object(isPublic: Bool = false) -> NewObject {
        NewObject(
            name: "a/b.png",
            contentType: "image/png",
            contentLength: 10,
            md5: Array(0..<16),
            contentEncoding: "gzip",
            isPublic: isPublic
        )
    }

    private func bucket(
        _ server: String,
        _ sending: GoogleBucket.Sending = .whole,
        _ access: PublicAccess = .signed
    ) throws -> GoogleBucket {
        try GoogleBucket(
            "models",
            account: try account(),
            sending: sending,
            publicAccess: access,
            server: server,
            seconds: { 1_700_000_000 }
        )
    }

    @Test func objectsAreAskedForBySignedRequests() async throws {
        let script = Script()
        let server = try ScriptedHTTPServer.start { script.answer($0) }
        let bucket = try bucket(server.url)
        #expect(try await bucket.facts(of: "a/b.png") == ObjectFacts(contentLength: 10))
        #expect(try await bucket.facts(of: "missing") == nil)
        try await bucket.remove("missing")
        try await bucket.setPublic(true, of: "a/b.png")
        var methods = script.requests.withLock { $0.map(\.method) }
        #expect(methods == ["HEAD", "HEAD", "DELETE"])
        let target = script.requests.withLock { $0[0].target }
        #expect(target.hasPrefix("/models/a/b.png?") && target.contains("X-Goog-Signature="))

        let place = try await bucket.uploadLocation(of: object(), for: .seconds(900))
        #expect(place.headers["x-goog-content-length-range"] == "10,10" && place.headers["content-length"] == "10")
        #expect(place.headers["content-md5"] == "AAECAwQFBgcICQoLDA0ODw==" && place.headers["x-goog-acl"] == nil)
        let names = "content-encoding%3Bcontent-md5%3Bcontent-type%3Bhost%3Bx-goog-content-length-range"
        #expect(place.location.hasSuffix("X-Goog-SignedHeaders=\(names)"))
        let open = try await bucket.downloadLocation(of: "a/b.png", for: .everybody, savedAs: nil)
        #expect(open.contains("X-Goog-Expires=604800"))

        // A session is begun for the client, who then needs no more than its location.
        let resumable = try self.bucket(server.url, .resumable, .acl)
        let session = try await resumable.uploadLocation(of: object(isPublic: true), for: .seconds(900))
        #expect(session.location == "https://example.com/session?id=1")
        let begun = try #require(script.requests.withLock { $0.last })
        #expect(begun.method == "POST" && begun.headers["x-goog-resumable"] == "start")
        #expect(begun.headers["x-goog-acl"] == "public-read" && begun.headers["content-type"] == "image/png")
        #expect(begun.headers["x-upload-content-length"] == "10")
        try await resumable.setPublic(false, of: "a/b.png")
        let closed = try #require(script.requests.withLock { $0.last })
        #expect(closed.method == "PUT" && closed.target.hasSuffix("&acl=") && closed.headers["x-goog-acl"] == "private")
        let plain = try await resumable.downloadLocation(of: "a/b.png", for: .everybody, savedAs: nil)
        #expect(plain == "\(server.url)/models/a/b.png")
        methods = script.requests.withLock { $0.map(\.method) }
        #expect(methods.count == 5)
        await bucket.close()
        await resumable.close()
        server.stop()
    }
}

/// Notifications of Google's, and their authenticity.
@Suite struct GoogleNotificationTests {
    private static let key = Result { try _RSA.Signing.PrivateKey(keySize: .bits2048) }
    private static let other = Result { try _RSA.Signing.PrivateKey(keySize: .bits2048) }
    private static let now: Int64 = 1_700_000_000
    private let authenticity = PushAuthenticity(account: "push@example.iam", audience: "https://example.com/push")

    private static func text(_ bytes: some Collection<UInt8>) -> String {
        Base64.encode(bytes).replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    private func keys() throws -> NotificationKeys {
        let primitives = try GoogleNotificationTests.key.get().publicKey.getKeyPrimitives()
        let n = GoogleNotificationTests.text(primitives.modulus)
        let e = GoogleNotificationTests.text(primitives.publicExponent)
        let set =
            #"{"keys":[{"kty":"EC","kid":"x"},{"kty":"RSA","use":"sig","alg":"RS256","kid":"k1","n":"\#(n)","e":"\#(e)"}]}"#
        return try NotificationKeys(keySet: Array(set.utf8))
    }

    private func token(
        head: String = #"{"alg":"RS256","kid":"k1","typ":"JWT"}"#,
        _ changed: [String: String?] = [:],
        key: Result<_RSA.Signing.PrivateKey, any Error> = key
    ) throws -> String {
        var claims: [String: String] = [
            "iss": #""https://accounts.google.com""#, "aud": #""https://example.com/push""#,
            "email": #""push@example.iam""#, "email_verified": "true",
            "iat": "\(GoogleNotificationTests.now - 10)", "exp": "\(GoogleNotificationTests.now + 3_590)",
        ]
        for (name, value) in changed { claims[name] = value }
        let body = "{" + claims.map { "\"\($0.key)\":\($0.value)" }.sorted().joined(separator: ",") + "}"
        let signed =
            GoogleNotificationTests.text(Array(head.utf8)) + "." + GoogleNotificationTests.text(Array(body.utf8))
        let signature = try key.get().signature(for: Array(signed.utf8), padding: .insecurePKCS1v1_5)
        return "Bearer \(signed).\(GoogleNotificationTests.text(signature.rawRepresentation))"
    }

    private func isGood(_ header: String?, at seconds: Int64 = now) throws -> Bool {
        let keys = try keys()
        do throws(NotificationRefusal) {
            try authenticity.check(header, keys: keys, at: seconds)
            return true
        } catch {
            #expect(error.code == .notAuthentic && error.status == 401)
            return false
        }
    }

    @Test func aPushIsTakenWithATokenOfItsOwnAlone() throws {
        let good = try token()
        #expect(try isGood(good))
        #expect(try isGood(token(["iss": #""accounts.google.com""#])))
        let now = GoogleNotificationTests.now
        #expect(try isGood(good, at: now + 3_649) && !isGood(good, at: now + 3_650))
        #expect(try isGood(good, at: now - 70) && !isGood(good, at: now - 71))
        #expect(try !isGood(nil) && !isGood("") && !isGood("Bearer ") && !isGood("Bearer a.b.c"))
        #expect(try !isGood(String(good.dropFirst(7))) && !isGood(good + "A") && !isGood(good + ".x"))
        for (name, value) in [
            ("iss", #""https://example.com""#), ("aud", #""https://example.com/other""#), ("aud", "[]"),
            ("email", #""other@example.iam""#), ("email_verified", "false"), ("email_verified", #""true""#),
            ("exp", #""9999999999""#),
        ] {
            #expect(try !isGood(token([name: value])))
        }
        for name in ["iss", "aud", "email", "email_verified", "exp", "iat"] { #expect(try !isGood(token([name: nil]))) }
        #expect(try !isGood(token(key: GoogleNotificationTests.other)))
        for head in [
            #"{"alg":"none","kid":"k1"}"#, #"{"alg":"HS256","kid":"k1"}"#, #"{"alg":"RS256","kid":"k2"}"#,
            #"{"alg":"RS256"}"#, #"{"alg":"RS256","kid":"k1","crit":["x"]}"#,
            #"{"alg":"HS256","alg":"RS256","kid":"k1"}"#,
        ] {
            #expect(try !isGood(token(head: head)))
        }
        // A token of which any one character is another.
        let characters = Array(good)
        for place in stride(from: 7, to: characters.count - 1, by: 13) {
            var other = characters
            other[place] = other[place] == "A" ? "B" : "A"
            #expect(try !isGood(String(other)))
        }
        for set in ["", "{}", #"{"keys":[]}"#, #"{"keys":[{"kty":"RSA","kid":"a","n":"AQAB","e":"AQAB"}]}"#] {
            #expect(throws: NotificationRefusal.self) { try NotificationKeys(keySet: Array(set.utf8)) }
        }
    }

    @Test func newObjectsAreTold() throws {
        let push = { (kind: String) in
            #"{"message":{"attributes":{"bucketId":"models","objectId":"a/b c.png","eventType":"\#(kind)","#
                + #""payloadFormat":"JSON_API_V1"},"data":"e30=","messageId":"1"},"subscription":"s"}"#
        }
        let event = ObjectEvent(bucket: "models", name: "a/b c.png")
        #expect(try GoogleNotification.events(inPush: Array(push("OBJECT_FINALIZE").utf8)) == [event])
        #expect(try GoogleNotification.events(inPush: Array(push("OBJECT_DELETE").utf8)).isEmpty)
        let resource = Array(#"{"kind":"storage#object","bucket":"models","name":"a/b c.png","size":"10"}"#.utf8)
        #expect(try GoogleNotification.events(inChannel: resource, state: "exists") == [event])
        #expect(try GoogleNotification.events(inChannel: resource, state: "not_exists").isEmpty)
        #expect(try GoogleNotification.events(inChannel: [], state: "sync").isEmpty)
        for (body, state) in [("{}", "exists"), ("", "exists"), ("{}", nil), ("{}", "other")] as [(String, String?)] {
            #expect(throws: NotificationRefusal.self) {
                try GoogleNotification.events(inChannel: Array(body.utf8), state: state)
            }
        }
        for body in ["", "{}", #"{"message":{"data":"e30="}}"#, #"{"message":{"attributes":[]}}"#] {
            #expect(throws: NotificationRefusal.self) { try GoogleNotification.events(inPush: Array(body.utf8)) }
        }
    }
}
#endif
