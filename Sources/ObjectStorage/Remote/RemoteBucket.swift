#if S3
import AWSClient
public import KeyValue
import StoreHTTP

/// Objects in a bucket of Amazon S3, Cloudflare R2, or another server of their protocol. Clients send and fetch the bytes
/// there themselves, by URLs that are signed beforehand: AWS Signature Version 4 in the query.
///
/// A location for sending is signed with the method, the name, the time, and the media type, encoding, size and MD5 as
/// headers that the client has to send. A location is good for a week at most, the longest that servers of this protocol
/// take, and no longer than credentials that were lent for some time.
///
/// Whether an object is public is said by its access control list with `public=acl`. Servers without such lists, like R2,
/// need `public=signed`, as usual: then nothing in the bucket is public, and what everybody may fetch is given a location
/// that is signed for a week, anew whenever it is asked for.
public struct RemoteBucket: ObjectProvider {
    private let address: BucketAddress
    private let caller: AWSCaller
    private let publicAccess: PublicAccess

    /// The name of the bucket.
    public var bucket: String { address.bucket }

    /// Opens `s3://key:secret@bucket?region=eu-central-1`, which makes no request yet.
    ///
    /// The credentials and the options `region`, `profile`, `endpoint`, `style`, `timeout`, `connections` and `ca` are
    /// those of a store in a bucket; `public` is `signed` or `acl`.
    ///
    /// - Throws: `StoreError.Code.invalidArgument` for a URL that names no bucket.
    public static func open(
        _ url: String,
        environment: StoreEnvironment = .live
    ) throws(StoreError) -> RemoteBucket {
        let location = try StoreLocation(url)
        guard location.scheme == "s3", location.path.isEmpty || location.path == "/" else {
            throw .invalidArgument("A bucket for objects is named by s3://bucket?region=…, and no path.")
        }
        try location.requireOptions(among: BucketAddress.options + HTTPConfiguration.options + ["public"])
        guard let access = PublicAccess(rawValue: location.options["public"] ?? "signed") else {
            throw .invalidArgument("The option public is signed or acl.")
        }
        let surroundings = AWSSurroundings.live
        let address = try BucketAddress(location, in: surroundings)
        let http = try HTTPConfiguration(location, isEncrypted: try address.endpoint().isEncrypted)
        let caller = HTTPCaller(
            try AsyncTransport(http, environment: environment),
            environment: environment,
            timeout: http.callTimeout
        )
        return RemoteBucket(
            address: address,
            caller: try address.caller(caller, in: surroundings),
            publicAccess: access
        )
    }

    /// Closes the connections.
    public func close() async { await caller.caller.transport.close() }

    public func uploadLocation(of object: NewObject, for lifetime: Duration) async throws -> UploadLocation {
        let headers =
            object.headers(publicAccess, prefix: "x-amz") + [
                NamedValue("content-length", "\(object.contentLength)")
            ]
        let location = try await presign("PUT", object.name, headers: headers, for: lifetime)
        return UploadLocation(
            location: location,
            headers: Dictionary(headers.map { ($0.name, $0.value) }) { first, _ in first }
        )
    }

    public func downloadLocation(
        of name: String,
        for audience: DownloadAudience,
        savedAs fileName: String?
    ) async throws -> String {
        guard let lifetime = publicAccess.lifetime(for: audience) else { return caller.endpoint.url + (try path(name)) }
        let query = fileName.map { [NamedValue("response-content-disposition", ObjectReader.disposition($0))] }
        return try await presign("GET", name, query: query ?? [], for: lifetime)
    }

    public func facts(of name: String) async throws -> ObjectFacts? {
        let request = AWSCaller.Request("HEAD", path: try path(name))
        return try await caller.call(request) { (reply) throws(StoreError) -> ObjectFacts?? in
            if reply.status == 404 { return .some(nil) }
            guard reply.status == 200, let length = reply["content-length"].flatMap({ Int64($0) }) else { return nil }
            return ObjectFacts(contentLength: length)
        }
    }

    public func remove(_ name: String) async throws {
        let request = AWSCaller.Request("DELETE", path: try path(name), changes: true)
        try await caller.call(request) { (reply) throws(StoreError) -> Void? in
            [200, 204, 404].contains(reply.status) ? () : nil
        }
    }

    /// With `public=signed` nothing: whoever may fetch an object gets a signed location.
    public func setPublic(_ isPublic: Bool, of name: String) async throws {
        guard publicAccess == .acl else { return }
        let request = AWSCaller.Request(
            "PUT",
            path: try path(name),
            query: [NamedValue("acl", "")],
            headers: [PublicAccess.list(isPublic: isPublic, prefix: "x-amz")],
            changes: true
        )
        try await caller.call(request) { (reply) throws(StoreError) -> Void? in reply.status == 200 ? () : nil }
    }

    private func path(_ name: String) throws -> String { address.path(Array(try ObjectDirectory.name(name).text.utf8)) }

    private func presign(
        _ method: String,
        _ name: String,
        query: [NamedValue] = [],
        headers: [NamedValue] = [],
        for lifetime: Duration
    ) async throws -> String {
        let request = SignableRequest(
            method,
            host: caller.endpoint.authority,
            path: try path(name),
            query: query,
            headers: headers
        )
        guard let url = try await caller.url(request, for: lifetime.signedSeconds) else {
            throw ObjectRefusal(.notAllowed, "A location is signed for a second to a week.")
        }
        return url
    }
}
#endif
