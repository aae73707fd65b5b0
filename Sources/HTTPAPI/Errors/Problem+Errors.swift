#if HTTP
import HTTPTypes
import Hummingbird
public import KeyValue
import NIOCore

extension Problem {
    /// A store's error.
    public init(_ error: StoreError) {
        var metadata = error.metadata
        if let conflict = error.conflicts.first { metadata["key"] = "\(conflict.key)" }
        self.init(
            Problem.status(of: error.code),
            code: error.code.rawValue,
            error.message,
            metadata,
            retryAfter: error.retryAfter
        )
    }

    private static func status(of code: StoreError.Code) -> HTTPResponse.Status {
        switch code {
        case .preconditionFailed: .preconditionFailed
        case .invalidArgument: .badRequest
        case .tooLarge: .contentTooLarge
        case .unsupported: .unprocessableContent
        case .throttled: .tooManyRequests
        case .unavailable, .readOnly, .movedAway, .cancelled: .serviceUnavailable
        case .timedOut: .gatewayTimeout
        case .locked, .staleMode: .conflict
        case .full: HTTPResponse.Status(code: 507, reasonPhrase: "Insufficient Storage")
        case .outcomeUnknown, .permissionDenied, .newerFormat, .corrupted: .internalServerError
        }
    }

    /// What a handler threw; nil for an error that clients have no business with.
    init?(thrown error: any Error) {
        switch error {
        case let problem as Problem: self = problem
        case let error as StoreError: self.init(error)
        case let error as HTTPError: self.init(error.status, error.body)
        case is NIOTooManyBytesError: self = .bodyTooLarge
        case is CancellationError: self.init(.serviceUnavailable, code: "stopping", "The server stops: try again.")
        default: return nil
        }
    }

    private init(_ status: HTTPResponse.Status, _ detail: String?) {
        switch status {
        case .notFound:
            self.init(status, code: "notFound", "There is nothing at this path and of this method: check both.")
        default:
            self.init(status, code: "badRequest", detail ?? "The request can't be read: check it.")
        }
    }

    static let bodyTooLarge = Problem(
        .contentTooLarge,
        code: "bodyTooLarge",
        "The body is larger than the service takes: send less at a time."
    )
    static let unauthorized = Problem(
        .unauthorized,
        code: "unauthorized",
        "A token is needed: send the header `Authorization: Bearer TOKEN` with one that the server knows."
    )
    static let forbidden = Problem(
        .forbidden,
        code: "forbidden",
        "The token does not allow this: send one that has the rights that are named."
    )
    static let tookTooLong = Problem(
        .gatewayTimeout,
        code: "timedOut",
        "It has taken longer than the service allows, and was stopped: look what became of it."
    )
    static let internalError = Problem(
        .internalServerError,
        code: "internal",
        "The server failed: its log tells why."
    )
}

extension TokenHolder {
    /// Throws unless the token has these rights.
    func require(_ needed: TokenRights) throws(Problem) {
        guard !rights.isSuperset(of: needed) else { return }
        var problem = Problem.forbidden
        problem.metadata = ["rights": needed.subtracting(rights).names.joined(separator: " ")]
        throw problem
    }
}
#endif
