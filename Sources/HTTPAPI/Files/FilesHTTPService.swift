#if HTTP
public import Files
import HTTPTypes
public import Hummingbird
import HummingbirdCore
import KeyValue
import Logging
import NIOCore
import Records

/// The actions of the files service, each as `POST /files/ACTION` with its parameters as a JSON object.
///
/// Answers have the statuses and the bodies of the actions, with the version of the upload as their `ETag` where they
/// tell of one. An `If-Match` names the version that is to be changed. Refusals are problems: `code` is that of the
/// `FilesError`, and `errors` tells of each parameter that is wrong.
///
/// What changes something is done once for each `Idempotency-Key`: see ``KeptAnswers``. What was refused is not kept, so
/// that the same key may be tried again.
///
/// The name of a token says on whose behalf it is: `owner:NAME` on that of an owner, `service` on that of a part of the
/// system, which may do everything in anybody's name, and `anonymous` on nobody's, who may look at what is public. Reading
/// actions need ``TokenRights/read``, others ``TokenRights/write``.
public struct FilesHTTPService: HTTPService {
    public let path = "/files"
    /// Actions ask for the rights that they need.
    public let rights: TokenRights? = []
    public let isForBrowsers = true
    /// The parameters of the largest upload that is taken; and a round of `sync`, which may look at many.
    public let limits = RequestLimits(bodyBytesMax: 1 << 20, timeMax: .seconds(60))
    private let files: FilesService
    private let answers: KeptAnswers?

    /// The service of these files.
    ///
    /// - Parameters:
    ///   - files: the files.
    ///   - answers: where answers are kept for those who ask again; nil for a service that takes no `Idempotency-Key`.
    public init(_ files: FilesService, keeping answers: KeptAnswers? = nil) {
        self.files = files
        self.answers = answers
    }

    public func addRoutes(to routes: RouterGroup<ServiceContext>) {
        routes.post(":action") { request, context in
            guard let name = context.parameters.get("action"), let action = FilesAction(name: name) else {
                throw Problem(.notFound, code: "notFound", "There is no such action: see the list of them.")
            }
            return try await perform(action, request, context)
        }
    }

    private func perform(
        _ action: FilesAction,
        _ request: Request,
        _ context: ServiceContext
    ) async throws -> Response {
        try context.holder.require(action.isReading ? .read : .write)
        guard let caller = Caller(tokenName: context.holder.name) else {
            throw Problem(
                .forbidden,
                code: "forbidden",
                "The token is for other services: files know those named service, anonymous or owner:NAME."
            )
        }
        let version = try FilesHTTPService.version(request.headers[.ifMatch], action)
        let body = try await request.body.collect(upTo: limits.bodyBytesMax)
        let asked = Asked(action: action, body: Array(body.readableBytesView), caller: caller, version: version)
        do {
            return try await answer(asked, key: request.headers.idempotencyKey, context)
        } catch {
            throw Problem.told(of: error, context.logger)
        }
    }

    /// What is asked for.
    private struct Asked {
        let action: FilesAction
        let body: [UInt8]
        let caller: Caller
        let version: String?

        /// All that the answer depends on, besides who asks.
        var bytes: [UInt8] { Array("\(action.rawValue)\n\(version ?? "")\n".utf8) + body }
    }

    private func perform(_ asked: Asked) async throws -> Answer {
        try await files.perform(asked.action, body: asked.body, by: asked.caller, if: asked.version)
    }

    /// The answer to a request, which is not done again where it was done before under the same key.
    private func answer(_ asked: Asked, key: String?, _ context: ServiceContext) async throws -> Response {
        guard let key, !asked.action.isReading else { return Response(try await perform(asked)) }
        guard let answers else {
            throw Problem(.badRequest, code: "badRequest", "No Idempotency-Key is taken here: leave it out.")
        }
        let begun = try await answers.begin(key, of: context.holder.name, asked.bytes)
        if let kept = begun.answer { return try Response(kept) }
        guard let claim = begun.claim else { throw Problem.internalError }
        let answer: Answer
        do {
            answer = try await perform(asked)
        } catch {
            if FilesHTTPService.hasDoneNothing(error) { try await answers.forget(claim) }
            throw error
        }
        do throws(StoreError) {
            try await answers.end(claim, KeptAnswers.Answer(answer))
        } catch {
            // It is done, so that is what is told; whoever asks again is told that nobody knows.
            context.logger.error("An answer could not be kept.", metadata: ["error": "\(error)"])
        }
        return Response(answer)
    }

    /// Whether whoever failed has certainly changed nothing.
    private static func hasDoneNothing(_ error: any Error) -> Bool {
        switch error {
        case is FilesError: true
        case let error as StoreError: error.retry == .always
        case let error as RecordError: error.retry == .always
        default: false
        }
    }

    /// The version that an `If-Match` names; nil for any.
    private static func version(_ header: String?, _ action: FilesAction) throws(Problem) -> String? {
        guard let header else { return nil }
        guard action.takesVersion else {
            throw Problem(.badRequest, code: "badRequest", "This action takes no If-Match: leave it out.")
        }
        if header == "*" { return nil }
        guard header.utf8.count > 2, header.hasPrefix("\""), header.hasSuffix("\""), !header.contains(",") else {
            throw Problem(
                .badRequest,
                code: "badRequest",
                "If-Match is the ETag of an answer, in its quotation marks, or * for any version."
            )
        }
        return String(header.dropFirst().dropLast())
    }

    public func hindrance() async -> String? {
        do {
            _ = try await files.perform(.count, body: Array(#"{"username":"-"}"#.utf8), by: .service)
            return nil
        } catch {
            return "The store of the files can't be read."
        }
    }
}

extension Caller {
    /// Whom the name of a token stands for; nil where it is no name of this service.
    init?(tokenName: String) {
        let prefix = "owner:"
        switch tokenName {
        case "service": self = .service
        case "anonymous": self = .anonymous
        case _ where tokenName.hasPrefix(prefix) && tokenName.utf8.count > prefix.utf8.count:
            self = .owner(String(tokenName.dropFirst(prefix.count)))
        default: return nil
        }
    }
}

extension HTTPFields {
    fileprivate var idempotencyKey: String? { HTTPField.Name("Idempotency-Key").flatMap { self[$0] } }
}

extension KeptAnswers.Answer {
    fileprivate init(_ answer: Answer) {
        status = answer.status
        version = answer.version
        body = String(decoding: answer.body, as: UTF8.self)
    }
}

extension Response {
    fileprivate init(_ answer: Answer) {
        self.init(status: answer.status, version: answer.version, ByteBuffer(bytes: answer.body))
    }

    /// An answer that was given before.
    fileprivate init(_ kept: KeptAnswers.Answer) throws(Problem) {
        guard let body = kept.body else {
            throw Problem(
                .conflict,
                code: "answerTooLong",
                "The request was done, but its answer was too long to be kept: ask for what became of it.",
                ["status": "\(kept.status)"]
            )
        }
        self.init(status: kept.status, version: kept.version, ByteBuffer(string: body))
        if let replayed = HTTPField.Name("Idempotency-Replayed") { headers[replayed] = "true" }
    }

    private init(status: Int, version: String?, _ body: ByteBuffer) {
        var headers: HTTPFields = [.contentType: "application/json", .cacheControl: "no-store"]
        headers[.eTag] = version.map { "\"\($0)\"" }
        self.init(
            status: HTTPResponse.Status(code: status),
            headers: headers,
            body: ResponseBody(byteBuffer: body)
        )
    }
}
#endif
