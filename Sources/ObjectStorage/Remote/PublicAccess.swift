#if HTTPStores
import AWSClient
import StoreHTTP

/// How everybody gets at the public objects of a bucket.
public enum PublicAccess: String, Hashable, Sendable {
    /// By locations that are signed for them for a week, anew whenever they are asked for.
    case signed
    /// By plain locations, which the object's access control list opens. Some servers, and some buckets, have no lists.
    case acl

    /// For how long a location is signed for an audience; nil for a plain location, which is not signed.
    func lifetime(for audience: DownloadAudience) -> Duration? {
        switch audience {
        case .holder(let lifetime): lifetime
        case .everybody: self == .acl ? nil : .seconds(RequestSigner.presignedSecondsMax)
        }
    }

    /// The header by which an object of an access control list is opened to everybody, or to nobody else.
    ///
    /// - Parameter prefix: What the server's own headers begin with, such as `x-amz`.
    static func list(isPublic: Bool, prefix: String) -> NamedValue {
        NamedValue("\(prefix)-acl", isPublic ? "public-read" : "private")
    }
}

extension NewObject {
    /// What is said of the object when it is made, as headers.
    ///
    /// - Parameter prefix: What the server's own headers begin with, such as `x-amz`.
    func headers(_ access: PublicAccess, prefix: String) -> [NamedValue] {
        var headers = [NamedValue("content-type", contentType), NamedValue("content-md5", Base64.encode(md5))]
        if let contentEncoding { headers.append(NamedValue("content-encoding", contentEncoding)) }
        if access == .acl { headers.append(PublicAccess.list(isPublic: isPublic, prefix: prefix)) }
        return headers
    }
}

extension Duration {
    /// The time in whole seconds for which a location is signed: a second at least, a week at most.
    var signedSeconds: Int {
        Int(max(.seconds(1), min(self, .seconds(RequestSigner.presignedSecondsMax))) / .seconds(1))
    }
}
#endif
