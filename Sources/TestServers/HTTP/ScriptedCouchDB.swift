import Foundation
import Synchronization

/// What the tests of a client need of CouchDB 3, over HTTP, in memory.
///
/// Where ``GivenCouchDB`` is a real server that keeps as many copies as are asked for, that one answers in the place of
/// the memory, in databases of this one's own; users, sessions and what goes wrong are then still done here, before it.
///
/// Modelled: databases; documents as trees of revisions, of which it keeps the leaves; `_rev` from content and parent,
/// so that the same edit made twice has the same one; conflicts (409) and the leaf that counts; deleted documents, which
/// leave a stub that a new document continues; `_bulk_docs`, `_bulk_get`, `_all_docs` in the order of bytes, `_changes`
/// (normal, one row a document); 202 and `accepted` when told to; login by password and by session.
///
/// Not modelled: attachments, views, `_find`, replication, design documents and their validation, single documents by
/// URL, `_local`, compaction, sizes, the other feeds, the delays and copies of a cluster. All writes are one after the
/// other.
public final class ScriptedCouchDB: Sendable {
    /// What goes wrong, once.
    public enum Fault: Sendable {
        /// The request is not processed, and answered so.
        case refused(HTTPExchangeAnswer)
        /// The request is processed, and its reply lost so.
        case lost(HTTPExchangeAnswer)
        /// The request is processed, and half of its reply's body is sent.
        case truncated
        /// The request is processed, and the nodes that have taken its writes are fewer than were asked for.
        case accepted
    }

    struct State {
        var databases: [String: CouchDocuments] = [:]
        var faults: [(path: String, fault: Fault)] = []
        var sessions: Set<String> = []
        var loginCount = 0
    }

    final class Core: Sendable {
        let state = Mutex(State())
        let users: [String: String]
        let copies: Int
        /// What answers in the place of the memory.
        let real: GivenCouchDB?
        /// What the real server's databases of this one begin with.
        let prefix = GivenCouchDB.newName()

        init(users: [String: String], copies: Int) throws {
            self.users = users
            self.copies = copies
            let given = try GivenCouchDB.shared?.get()
            real = given?.copies == copies ? given : nil
        }
    }

    private let core: Core
    private let server: ScriptedHTTPServer

    private init(users: [String: String], copies: Int) throws {
        core = try Core(users: users, copies: copies)
        server = try ScriptedHTTPServer.start(keepsRequests: false) { [core] in core.answer($0) }
    }

    /// Starts one.
    ///
    /// - Parameters:
    ///   - users: Their passwords by their names; everybody may do everything where there are none.
    ///   - copies: How many it says that there are of each document.
    public static func start(users: [String: String] = [:], copies: Int = 1) throws -> ScriptedCouchDB {
        try ScriptedCouchDB(users: users, copies: copies)
    }

    /// One for all tests of this process that need nothing special of it.
    public static func shared() throws -> ScriptedCouchDB { try theShared.get() }

    private static let theShared = Result { try start() }

    /// Where it listens on 127.0.0.1.
    public var port: Int { server.port }

    /// Ends it.
    public func stop() { server.stop() }

    /// Makes the next request whose path ends with `path` go wrong.
    public func fail(_ path: String, _ fault: Fault) { core.state.withLock { $0.faults.append((path, fault)) } }

    /// Ends every session.
    public func forgetSessions() { core.state.withLock { $0.sessions = [] } }

    /// How often somebody logged in.
    public var loginCount: Int { core.state.withLock { $0.loginCount } }

    /// Stores a document beside those that are there, as replication does: `json` has its `_id` and `_rev`.
    public func graft(_ json: String, into database: String) throws {
        guard core.real == nil else {
            let reply = core.ask("POST", "/\(database)/_bulk_docs", "{\"new_edits\":false,\"docs\":[\(json)]}")
            guard reply?.status == 201, reply?.body.contains(0x7B) == false else {
                throw ServerError(
                    "The document can't be stored: \(reply.map { String(decoding: $0.body, as: UTF8.self) } ?? "")"
                )
            }
            return
        }
        try core.state.withLock { try $0.databases[database]?.graft(Data(json.utf8)) }
    }

    /// The leaves of a document as JSON, the one that counts first.
    public func leaves(of id: String, in database: String) -> [String] {
        guard core.real == nil else {
            let name = id.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
            let reply = core.ask("GET", "/\(database)/\(name)?open_revs=all")
            return CouchDocuments.leaves(fromReply: reply?.body ?? []).map(\.json)
        }
        return core.state.withLock { $0.databases[database]?.leaves(of: id).map(\.json) ?? [] }
    }

    /// Makes a database without documents.
    public func make(_ database: String) {
        guard core.ask("PUT", "/\(database)") == nil else { return }
        core.state.withLock { $0.databases[database] = CouchDocuments() }
    }

    /// Removes a database.
    public func drop(_ database: String) {
        guard core.ask("DELETE", "/\(database)") == nil else { return }
        core.state.withLock { $0.databases[database] = nil }
    }
}

extension ScriptedCouchDB.Core {
    /// What the real server replies to a request of a test's own; nil where there is none.
    func ask(_ method: String, _ target: String, _ body: String = "") -> HTTPExchangeReply? {
        let headers = ["host": "127.0.0.1", "accept": "application/json", "content-type": "application/json"]
        let request = HTTPExchangeRequest(method: method, target: target, headers: headers, body: Array(body.utf8))
        return real?.reply(to: request, prefix: prefix)
    }

    func answer(_ request: HTTPExchangeRequest) -> HTTPExchangeAnswer {
        let fault = state.withLock { state -> ScriptedCouchDB.Fault? in
            guard let place = state.faults.firstIndex(where: { request.path.hasSuffix($0.path) }) else { return nil }
            return state.faults.remove(at: place).fault
        }
        if case .refused(let answer) = fault { return answer }
        var isAccepted = false
        if case .accepted = fault { isAccepted = true }
        let reply = self.reply(to: request, isAccepted: isAccepted)
        switch fault {
        case .lost(let answer): return answer
        case .truncated: return .truncated(reply, bodyBytes: reply.body.count / 2)
        default: return .reply(reply)
        }
    }

    private func reply(to request: HTTPExchangeRequest, isAccepted: Bool) -> HTTPExchangeReply {
        let parts = request.path.split(separator: "/").map { $0.removingPercentEncoding ?? "" }
        if parts == ["_session"] { return login(request) }
        guard request.target.utf8.count <= 8_000 else { return CouchReply.error(400, "bad_request", "uri_too_long") }
        guard isKnown(request) else { return CouchReply.error(401, "unauthorized", "Name or password is incorrect.") }
        if let reply = real?.reply(to: request, prefix: prefix) {
            return isAccepted ? CouchReply.accepted(reply) : reply
        }
        guard let name = parts.first else {
            return HTTPExchangeReply(200, "{\"couchdb\":\"Welcome\",\"version\":\"3.5.0\"}")
        }
        return state.withLock { state in
            switch (request.method, parts.count) {
            case ("PUT", 1):
                guard state.databases[name] == nil else {
                    return CouchReply.error(
                        412,
                        "file_exists",
                        "The database could not be created, the file already exists."
                    )
                }
                state.databases[name] = CouchDocuments()
                return HTTPExchangeReply(201, "{\"ok\":true}")
            case ("DELETE", 1):
                guard state.databases.removeValue(forKey: name) != nil else { return CouchReply.noDatabase }
                return HTTPExchangeReply(200, "{\"ok\":true}")
            default: break
            }
            guard state.databases[name] != nil else { return CouchReply.noDatabase }
            guard parts.count == 2 else { return facts(name, state.databases[name]) }
            if request.method == "POST", request.headers["content-type"]?.hasPrefix("application/json") != true {
                return CouchReply.error(415, "bad_content_type", "Content-Type must be application/json")
            }
            return state.databases[name]?.reply(to: request, parts[1], isAccepted: isAccepted) ?? CouchReply.noDatabase
        }
    }

    private func facts(_ name: String, _ documents: CouchDocuments?) -> HTTPExchangeReply {
        HTTPExchangeReply(
            200,
            """
            {"db_name":"\(name)","doc_count":\(documents?.count ?? 0),"doc_del_count":\(documents?.deletedCount ?? 0),\
            "sizes":{"file":0},"props":{},"cluster":{"q":2,"n":\(copies),"w":\(copies / 2 + 1),"r":\(copies / 2 + 1)}}
            """
        )
    }

    private func isKnown(_ request: HTTPExchangeRequest) -> Bool {
        guard !users.isEmpty else { return true }
        if let cookie = request.headers["cookie"] {
            return state.withLock { state in state.sessions.contains { cookie == "AuthSession=\($0)" } }
        }
        guard let header = request.headers["authorization"], header.hasPrefix("Basic "),
            let data = Data(base64Encoded: String(header.dropFirst(6)))
        else { return false }
        let parts = String(decoding: data, as: UTF8.self).split(separator: ":", maxSplits: 1)
        return parts.count == 2 && users[String(parts[0])] == String(parts[1])
    }

    private func login(_ request: HTTPExchangeRequest) -> HTTPExchangeReply {
        // What is no JSON is nobody's name and password.
        let decoded = try? JSONSerialization.jsonObject(with: Data(request.body)) as? [String: String]
        guard let said = decoded, let name = said["name"], users[name] == said["password"], users[name] != nil else {
            return CouchReply.error(401, "unauthorized", "Name or password is incorrect.")
        }
        let session = UUID().uuidString
        state.withLock { state in
            state.sessions.insert(session)
            state.loginCount += 1
        }
        var reply = HTTPExchangeReply(200, "{\"ok\":true}")
        reply.headers.append(("Set-Cookie", "AuthSession=\(session); Version=1; Path=/; HttpOnly"))
        return reply
    }
}

/// Replies that say what is wrong.
enum CouchReply {
    static var noDatabase: HTTPExchangeReply { error(404, "not_found", "Database does not exist.") }

    /// A reply to writes as it is when too few nodes have taken them.
    static func accepted(_ reply: HTTPExchangeReply) -> HTTPExchangeReply {
        let entries = String(decoding: reply.body, as: UTF8.self)
        let accepted = entries.replacing("\"ok\":true", with: "\"ok\":true,\"accepted\":true")
        return HTTPExchangeReply(202, headers: reply.headers, body: Array(accepted.utf8))
    }

    static func error(_ status: Int, _ error: String, _ reason: String) -> HTTPExchangeReply {
        HTTPExchangeReply(status, "{\"error\":\"\(error)\",\"reason\":\"\(reason)\"}")
    }
}
