#if PostgreSQL
import KeyValue

/// Why a query has no answer.
enum QueryFailure: Error {
    /// The server refused it, so that nothing of its transaction was kept.
    case refused(ServerMessage)
    /// The connection broke after it was sent.
    case lost(String)
    /// No answer came in time after it was sent.
    case overdue
    /// It was never sent.
    case unsent(StoreError)

    /// Whether the same transaction may be tried again at once: the server undid it for the sake of another.
    var isCollision: Bool {
        guard case .refused(let message) = self else { return false }
        return message.code == "40001" || message.code == "40P01"
    }

    /// As the contract says it.
    func storeError(changes: Bool) -> StoreError {
        switch self {
        case .refused(let message): message.storeError
        case .unsent(let error): error
        case .lost(let text) where changes:
            StoreError(
                .outcomeUnknown,
                "The connection broke before the server's answer: read what is there.",
                ["connection": text]
            )
        case .lost(let text):
            StoreError(
                .unavailable,
                "The connection broke before the server's answer: try again.",
                ["connection": text]
            )
        case .overdue where changes:
            StoreError(.outcomeUnknown, "The server did not answer in time: read what is there.")
        case .overdue: StoreError(.timedOut, "The server did not answer in time: try again, or allow more time.")
        }
    }
}

/// What the server says of a failure.
struct ServerMessage: Hashable, Sendable {
    /// The five characters of SQLSTATE.
    let code: String
    /// The first line.
    let text: String

    var storeError: StoreError {
        let details = ["sqlstate": code, "server": text]
        // PostgreSQL's documentation, appendix A: PostgreSQL Error Codes.
        switch code {
        case "53300", "53400":
            return StoreError(.throttled, "The server has no connection left: use fewer, or allow more.", details)
        case "53100", "53200": return StoreError(.full, "The server has no room left: give it more.", details)
        case "25006": return StoreError(.readOnly, "The server takes no writes: it is a replica or read-only.", details)
        case "42501":
            return StoreError(.permissionDenied, "The server does not let this user do it: grant it.", details)
        case "55P03", "40P01", "40001":
            return StoreError(.locked, "Another transaction holds what is needed: try again.", details)
        case "57014":
            return StoreError(.timedOut, "The server gave the query up: try again, or allow more time.", details)
        case "XX001", "XX002":
            return StoreError(.corrupted, "The server finds its data damaged: restore it from a copy.", details)
        case "42P01", "3F000", "42883":
            return StoreError(.unavailable, "The store's tables are gone: open it again.", details)
        case "26000", "42P05":
            return StoreError(
                .unavailable,
                "The server does not know a prepared statement: a pooler hides between; connect without it.",
                details
            )
        // Poolers say everything of their own with this one.
        case "08P01" where text.contains("statement pooling"):
            return .unsupported("The pooler lends connections by statement: set its pool mode to transaction.", details)
        case "08P01" where text.contains("max_client_conn"):
            return StoreError(.throttled, "The pooler takes no more connections: use fewer, or allow more.", details)
        default: break
        }
        switch code.prefix(2) {
        case "28": return StoreError(.permissionDenied, "The server refuses this user: see its rules.", details)
        case "3D":
            return StoreError(.invalidArgument, "The server has no such database: create it.", details)
        case "53", "54": return StoreError(.full, "The server reached a limit of its own: raise it.", details)
        case "58": return StoreError(.unavailable, "The server's system failed it: see its log.", details)
        default: return StoreError(.unavailable, "The server refused the query: see its message.", details)
        }
    }
}
#endif
