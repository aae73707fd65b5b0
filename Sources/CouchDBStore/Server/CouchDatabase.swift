#if CouchDB
import KeyValue
import StoreHTTP

/// One database of a server, as the calls that the store needs.
struct CouchDatabase: Sendable {
    /// A reply of many documents may be as large as this; a page that would be larger is asked for in parts.
    static let replyBytesMax = 32 << 20

    let caller: HTTPCaller
    let endpoint: HTTPEndpoint
    /// Percent-encoded, with a slash before it.
    let path: String
    let login: CouchLogin

    /// The reply of a request that reads, as JSON.
    func read(
        _ method: String,
        _ target: String,
        body: JSON? = nil,
        bytesMax: Int = replyBytesMax
    ) async throws(StoreError) -> JSON {
        try await call(method, path + target, body: body?.encoded ?? [], bytesMax: bytesMax) {
            (reply) throws(StoreError) in
            guard reply.isSuccess else { throw failure(of: reply, changes: false) }
            guard let json = JSON(parsing: reply.body) else { throw .strangeReply(["server": "\(endpoint)"]) }
            return json
        }
    }

    /// Sends a request that changes something, once unless it certainly was not processed.
    ///
    /// A reply that can't be read leaves the outcome unknown.
    func change(_ method: String, _ target: String, body: [UInt8] = []) async throws(StoreError) -> (Int, JSON) {
        let result = try await call(method, path + target, body: body, changes: true) { (reply) throws(StoreError) in
            if let json = JSON(parsing: reply.body), reply.isSuccess || reply.status == 412 || reply.status == 500 {
                return ChangeReply(status: reply.status, body: json)
            }
            guard !reply.isSuccess else { throw CouchDatabase.lostReply }
            throw failure(of: reply, changes: true)
        }
        return (result.status, result.body)
    }

    private struct ChangeReply: Sendable {
        let status: Int
        let body: JSON
    }

    static var lostReply: StoreError {
        StoreError(
            .outcomeUnknown,
            "The reply to a write can't be read: read the record to find out what became of it."
        )
    }

    /// One call, with a new session when the server has forgotten the old one.
    func call<Result: Sendable>(
        _ method: String,
        _ target: String,
        body: [UInt8] = [],
        bytesMax: Int = replyBytesMax,
        changes: Bool = false,
        _ judge: (StoreReply) throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        // One for all that it takes: writes were checked against the fence just before.
        let deadline = caller.environment.now() + caller.timeout
        let credentials = try await login.header(caller, deadline)
        do throws(StoreError) {
            return try await send(method, target, body, bytesMax, credentials, changes, deadline, judge)
        } catch {
            guard error.code == .permissionDenied, await login.forget(credentials) else { throw error }
            let renewed = try await login.header(caller, deadline)
            return try await send(method, target, body, bytesMax, renewed, changes, deadline, judge)
        }
    }

    private func send<Result: Sendable>(
        _ method: String,
        _ target: String,
        _ body: [UInt8],
        _ bytesMax: Int,
        _ credentials: CouchLogin.Header?,
        _ changes: Bool,
        _ deadline: Duration,
        _ judge: (StoreReply) throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        var headers = [(name: "Accept", value: "application/json")]
        if !body.isEmpty { headers.append((name: "Content-Type", value: "application/json")) }
        if let credentials { headers.append((name: credentials.name, value: credentials.value)) }
        let request = StoreRequest(
            method,
            at: endpoint,
            target,
            headers: headers,
            body: body,
            replyBytesMax: bytesMax
        )
        return try await caller.call(
            changes: changes,
            isRepeatable: !changes,
            deadline: deadline,
            { () throws(StoreError) in request },
            judge
        )
    }

    /// What a status other than success means.
    func failure(of reply: StoreReply, changes: Bool) -> StoreError {
        var details: [String: String] = [:]
        let said = JSON(parsing: reply.body)
        // Its reason may name documents.
        if let error = said?["error"]?.text { details["error"] = String(error.prefix(64)) }
        switch (reply.status, said?["error"]?.text) {
        case (404, "not_found"):
            return StoreError(.unavailable, "The database is not there: see whether somebody removed it.", details)
        case (400, _), (415, _), (417, _):
            return .unsupported("The server refuses a request that the store needs: use CouchDB 3.", details)
        case (412, _):
            return .unsupported("The server refuses the document as it is.", details)
        default: return reply.failure(at: endpoint, changes: changes, details: details)
        }
    }
}
#endif
