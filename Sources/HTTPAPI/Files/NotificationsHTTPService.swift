#if HTTP
public import Files
import HTTPTypes
public import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
public import ObjectStorage

/// Takes the notifications of buckets that an object is there, so that uploads are finished without their clients.
///
/// | path below `/notifications` | whose | what shows that it is theirs |
/// | --- | --- | --- |
/// | `bucket` | Amazon S3, servers like it, Cloudflare R2 | the token, in `Authorization` |
/// | `google-channel` | a watched bucket of Google Cloud Storage | the token, in `X-Goog-Channel-Token` |
/// | `google-push` | a subscription of Pub/Sub to such a bucket | a token that Google signed, in `Authorization` |
///
/// No object is believed to be there before it was looked for. 204 says that everything has been taken notice of; senders
/// try again after any other answer. What is not configured is 404.
public struct NotificationsHTTPService: HTTPService {
    /// What pushed notifications are checked by.
    public struct Push: Sendable {
        /// Whose they have to be.
        public var authenticity: PushAuthenticity
        /// The keys that Google signs with now, asked for with each notification.
        public var keys: @Sendable () throws -> NotificationKeys
        /// The time of day, in seconds since 1970.
        public var seconds: @Sendable () -> Int64

        /// A check from its parts.
        public init(
            _ authenticity: PushAuthenticity,
            keys: @escaping @Sendable () throws -> NotificationKeys,
            seconds: @escaping @Sendable () -> Int64
        ) {
            self.authenticity = authenticity
            self.keys = keys
            self.seconds = seconds
        }
    }

    public let path = "/notifications"
    /// None is needed: senders show what they were given for this alone.
    public let rights: TokenRights? = nil
    public let limits = RequestLimits(bodyBytesMax: BucketNotification.bytesMax, timeMax: .seconds(60))
    private let files: FilesService
    private let token: WebhookToken?
    private let push: Push?

    /// A service that tells these files.
    ///
    /// - Parameters:
    ///   - files: The files.
    ///   - token: What buckets and channels show; nil to take nothing from them.
    ///   - push: What pushed notifications are checked by; nil to take none.
    public init(_ files: FilesService, token: WebhookToken?, push: Push?) {
        self.files = files
        self.token = token
        self.push = push
    }

    public func addRoutes(to routes: RouterGroup<ServiceContext>) {
        if let token {
            routes.post("bucket") { request, context in
                try Self.admit { () throws(NotificationRefusal) in try token.check(request.headers[.authorization]) }
                let body = try await body(request)
                return try await take(context) { () throws(NotificationRefusal) in
                    try BucketNotification.events(in: body)
                }
            }
            routes.post("google-channel") { request, context in
                try Self.admit { () throws(NotificationRefusal) in try token.check(request.headers.channelToken) }
                let body = try await body(request)
                return try await take(context) { () throws(NotificationRefusal) in
                    try GoogleNotification.events(inChannel: body, state: request.headers.resourceState)
                }
            }
        }
        guard let push else { return }
        routes.post("google-push") { request, context in
            let keys: NotificationKeys
            do {
                keys = try push.keys()
            } catch {
                context.logger.error("The keys of notifications can't be read.", metadata: ["error": "\(error)"])
                throw Problem(
                    .serviceUnavailable,
                    code: "unavailable",
                    "The keys that notifications are signed with can't be read: the server's log tells why."
                )
            }
            try Self.admit { () throws(NotificationRefusal) in
                try push.authenticity.check(request.headers[.authorization], keys: keys, at: push.seconds())
            }
            let body = try await body(request)
            return try await take(context) { () throws(NotificationRefusal) in
                try GoogleNotification.events(inPush: body)
            }
        }
    }

    private static func admit(_ check: () throws(NotificationRefusal) -> Void) throws(Problem) {
        do throws(NotificationRefusal) { try check() } catch { throw Problem(error) }
    }

    private func body(_ request: Request) async throws -> [UInt8] {
        Array(try await request.body.collect(upTo: limits.bodyBytesMax).readableBytesView)
    }

    private func take(
        _ context: ServiceContext,
        _ read: () throws(NotificationRefusal) -> [ObjectEvent]
    ) async throws -> Response {
        let events: [ObjectEvent]
        do throws(NotificationRefusal) { events = try read() } catch { throw Problem(error) }
        do {
            try await files.take(events)
        } catch {
            throw Problem.told(of: error, context.logger)
        }
        return Response(status: .noContent)
    }
}

extension Problem {
    fileprivate init(_ refusal: NotificationRefusal) {
        self.init(HTTPResponse.Status(code: refusal.status), code: refusal.code.rawValue, refusal.message)
    }
}

extension HTTPFields {
    fileprivate var channelToken: String? { HTTPField.Name("X-Goog-Channel-Token").flatMap { self[$0] } }
    fileprivate var resourceState: String? { HTTPField.Name("X-Goog-Resource-State").flatMap { self[$0] } }
}
#endif
