#if HTTPStores
import AWSClient
public import KeyValue
import StoreHTTP

/// Objects in a bucket of Google Cloud Storage. Clients send and fetch the bytes there themselves, by URLs that are signed
/// beforehand with the key of a service account: Google's signing process version 4, at the XML API.
///
/// A location for sending is signed with the method, the name, the time, and the media type, encoding, size and MD5 as
/// headers that the client has to send. Where sessions are asked for, it is that of an upload that can be resumed, which
/// is begun for the client with those headers. A location is good for a week at most.
///
/// What the provider itself asks is signed the same way, so that no token has to be fetched.
public struct GoogleBucket: ObjectProvider {
    /// How clients send bytes.
    public enum Sending: String, Hashable, Sendable {
        /// By one request to a signed location.
        case whole
        /// In pieces, by a session that is begun for them.
        case resumable
    }

    /// The name of the bucket.
    public let bucket: String
    private let account: ServiceAccount
    private let sending: Sending
    private let publicAccess: PublicAccess
    private let endpoint: HTTPEndpoint
    private let caller: HTTPCaller
    private let seconds: @Sendable () -> Int64

    /// A bucket; makes no request yet.
    ///
    /// - Parameters:
    ///   - bucket: The name of the bucket.
    ///   - account: Who signs. It has to have the right to read, write and remove objects there.
    ///   - sending: How clients send bytes.
    ///   - publicAccess: How everybody gets at public objects.
    ///   - server: The URL of the server.
    ///   - environment: The time and the randomness for repeated requests.
    ///   - seconds: The time of day, in seconds since 1970.
    /// - Throws: `StoreError.Code.invalidArgument` for a name that is none, or a URL of no server.
    public init(
        _ bucket: String,
        account: ServiceAccount,
        sending: Sending = .whole,
        publicAccess: PublicAccess = .signed,
        server: String = "https://storage.googleapis.com",
        environment: StoreEnvironment = .live,
        seconds: @escaping @Sendable () -> Int64
    ) throws(StoreError) {
        let isName = bucket.utf8.allSatisfy { byte in
            (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || "-_.".utf8.contains(byte)
        }
        guard isName, (3...222).contains(bucket.utf8.count) else {
            throw .invalidArgument(
                "The name of a bucket has 3 to 222 small letters, digits, hyphens, underscores and dots.",
                ["bucket": bucket]
            )
        }
        self.bucket = bucket
        self.account = account
        self.sending = sending
        self.publicAccess = publicAccess
        endpoint = try HTTPEndpoint(server)
        caller = HTTPCaller(
            try AsyncTransport(HTTPConfiguration(), environment: environment),
            environment: environment,
            timeout: .seconds(30)
        )
        self.seconds = seconds
    }

    /// Closes the connections.
    public func close() async { await caller.transport.close() }

    public func uploadLocation(of object: NewObject, for lifetime: Duration) async throws -> UploadLocation {
        if sending == .resumable { return try await session(of: object) }
        let headers =
            object.headers(publicAccess, prefix: "x-goog") + [
                NamedValue("x-goog-content-length-range", "\(object.contentLength),\(object.contentLength)")
            ]
        let location = try presign("PUT", object.name, headers: headers, for: lifetime)
        var sent = Dictionary(headers.map { ($0.name, $0.value) }) { first, _ in first }
        sent["content-length"] = "\(object.contentLength)"
        return UploadLocation(location: location, headers: sent)
    }

    /// Begins an upload that can be resumed. Whoever has its location may send the bytes for a week.
    private func session(of object: NewObject) async throws -> UploadLocation {
        let headers =
            object.headers(publicAccess, prefix: "x-goog") + [
                NamedValue("x-goog-resumable", "start"),
                NamedValue("x-upload-content-length", "\(object.contentLength)"),
            ]
        let location = try await send("POST", object.name, headers: headers, changes: true) { reply in
            guard reply.status == 201 || reply.status == 200, let location = reply["location"], !location.isEmpty else {
                return String?.none
            }
            return location
        }
        return UploadLocation(location: location, headers: ["content-length": "\(object.contentLength)"])
    }

    public func downloadLocation(
        of name: String,
        for audience: DownloadAudience,
        savedAs fileName: String?
    ) async throws -> String {
        guard let lifetime = publicAccess.lifetime(for: audience) else { return endpoint.url + (try path(name)) }
        let query = fileName.map { [NamedValue("response-content-disposition", ObjectReader.disposition($0))] }
        return try presign("GET", name, query: query ?? [], for: lifetime)
    }

    public func facts(of name: String) async throws -> ObjectFacts? {
        try await send("HEAD", name) { reply in
            if reply.status == 404 { return .some(nil) }
            // The size of what is stored, whatever it would be unpacked to.
            let length = reply["x-goog-stored-content-length"] ?? reply["content-length"]
            guard reply.status == 200, let length = length.flatMap({ Int64($0) }) else { return nil }
            return .some(ObjectFacts(contentLength: length))
        }
    }

    public func remove(_ name: String) async throws {
        try await send("DELETE", name, changes: true) { reply in [200, 204, 404].contains(reply.status) ? () : nil }
    }

    /// Without access control lists nothing: whoever may fetch an object gets a signed location.
    public func setPublic(_ isPublic: Bool, of name: String) async throws {
        guard publicAccess == .acl else { return }
        let headers = [PublicAccess.list(isPublic: isPublic, prefix: "x-goog")]
        try await send("PUT", name, query: [NamedValue("acl", "")], headers: headers, changes: true) { reply in
            reply.status == 200 ? () : nil
        }
    }

    private func path(_ name: String) throws(ObjectRefusal) -> String {
        let parts = try ObjectDirectory.name(name).parts
        return "/\(bucket)/" + parts.map { PercentEncoding.encode($0) }.joined(separator: "/")
    }

    private func presign(
        _ method: String,
        _ name: String,
        query: [NamedValue] = [],
        headers: [NamedValue] = [],
        for lifetime: Duration
    ) throws(ObjectRefusal) -> String {
        endpoint.url + (try target(method, name, query: query, headers: headers, for: lifetime))
    }

    private func target(
        _ method: String,
        _ name: String,
        query: [NamedValue],
        headers: [NamedValue],
        for lifetime: Duration
    ) throws(ObjectRefusal) -> String {
        let request = SignableRequest(
            method,
            host: endpoint.authority,
            path: try path(name),
            query: query,
            headers: headers
        )
        let time = SigningTime(secondsSince1970: seconds())
        let signed = try account.presign(request, at: time, for: lifetime.signedSeconds)
        return "\(request.path)?\(RequestSigner.encodedQuery(of: signed))"
    }

    /// For how long what the provider itself asks is signed.
    private static let ownLifetime = Duration.seconds(300)

    private func send<Result: Sendable>(
        _ method: String,
        _ name: String,
        query: [NamedValue] = [],
        headers: [NamedValue] = [],
        changes: Bool = false,
        _ judge: (StoreReply) -> Result?
    ) async throws -> Result {
        // Signed once: it is good for longer than all attempts take.
        let target = try target(method, name, query: query, headers: headers, for: GoogleBucket.ownLifetime)
        let request = StoreRequest(
            method,
            at: endpoint,
            target,
            headers: headers.map { ($0.name, $0.value) } + [(name: "accept-encoding", value: "gzip")],
            replyBytesMax: 1 << 20
        )
        let now = seconds()
        return try await caller.call(changes: changes, isRepeatable: true) {
            () throws(StoreError) -> StoreRequest in
            request
        } _: { (reply) throws(StoreError) -> Result in
            if let result = judge(reply) { return result }
            throw AWSRefusal(reply).storeError(at: endpoint, changes: changes, signedAt: now)
        }
    }
}
#endif
