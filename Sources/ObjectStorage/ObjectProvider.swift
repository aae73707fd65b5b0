/// A place where bytes go: a bucket, or a directory. It names and checks objects, and never sees what they are for.
///
/// Clients send and fetch the bytes themselves, by the locations that a provider gives. Every method may be called from
/// any task, concurrently.
public protocol ObjectProvider: Sendable {
    /// The name of the place, which records keep: it stays the same for ever.
    var bucket: String { get }

    /// Where a client sends an object's bytes, for as long as `lifetime`.
    func uploadLocation(of object: NewObject, for lifetime: Duration) async throws -> UploadLocation

    /// Where a client fetches an object's bytes.
    ///
    /// - Parameters:
    ///   - name: The object's name.
    ///   - audience: Whether everybody may fetch it for ever, or the holder of the location for a time.
    ///   - fileName: The name under which the client is to save it; nil for none. Only for a location that is signed.
    func downloadLocation(
        of name: String,
        for audience: DownloadAudience,
        savedAs fileName: String?
    ) async throws
        -> String

    /// What is there of an object; nil for nothing.
    func facts(of name: String) async throws -> ObjectFacts?

    /// Removes an object. One that is not there is no error.
    func remove(_ name: String) async throws

    /// Lets everybody fetch an object by its plain location, or only who holds a signed one.
    func setPublic(_ isPublic: Bool, of name: String) async throws

    /// Removes what broke off on its way and will not go on. A provider that keeps nothing of that need not have it.
    func removeLeftovers() async throws
}

extension ObjectProvider {
    public func removeLeftovers() async throws {}
}

/// An object that is to be sent.
public struct NewObject: Hashable, Sendable {
    /// Its name in the bucket.
    public var name: String
    /// The media type that it is stored with.
    public var contentType: String
    /// Its size in bytes.
    public var contentLength: Int64
    /// The MD5 of its bytes, 16 bytes.
    public var md5: [UInt8]
    /// The `Content-Encoding` that it is stored with; nil for none.
    public var contentEncoding: String?
    /// Whether everybody may fetch it by its plain location.
    public var isPublic: Bool

    /// An object from its parts.
    public init(
        name: String,
        contentType: String,
        contentLength: Int64,
        md5: [UInt8],
        contentEncoding: String? = nil,
        isPublic: Bool = false
    ) {
        self.name = name
        self.contentType = contentType
        self.contentLength = contentLength
        self.md5 = md5
        self.contentEncoding = contentEncoding
        self.isPublic = isPublic
    }
}

/// Where and how a client sends the bytes of one object: by `PUT`, with these headers.
public struct UploadLocation: Hashable, Sendable {
    /// The URL.
    public var location: String
    /// The headers that the request has to carry, by their names in lower case.
    public var headers: [String: String]

    /// A location from its parts.
    public init(location: String, headers: [String: String]) {
        self.location = location
        self.headers = headers
    }
}

/// Who may use a location for fetching.
public enum DownloadAudience: Hashable, Sendable {
    /// Everybody, by the object's plain location.
    case everybody
    /// Who holds the location, for so long.
    case holder(Duration)
}

/// What a provider knows of an object that is there.
public struct ObjectFacts: Hashable, Sendable {
    /// Its size in bytes.
    public var contentLength: Int64

    /// Facts from their parts.
    public init(contentLength: Int64) { self.contentLength = contentLength }
}
