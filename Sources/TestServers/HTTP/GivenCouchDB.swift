import Foundation

/// A real CouchDB that `WHEREHOUSE_COUCHDB` names, by a URL as stores take it and without a database:
/// `couchdb://user:password@127.0.0.1:5984`. The user is one who may make databases; those of tests stay there.
public struct GivenCouchDB: Sendable {
    /// As it was given.
    public let url: String
    /// How many copies it keeps of each document.
    public let copies: Int
    private let port: Int
    private let authorization: String

    /// Nil where none is given.
    public static let shared: Result<GivenCouchDB, any Error>? = ProcessInfo.processInfo
        .environment["WHEREHOUSE_COUCHDB"].map { url in Result { try GivenCouchDB(url) } }

    private init(_ url: String) throws {
        guard let parts = URLComponents(string: url), let port = parts.port, parts.host == "127.0.0.1",
            parts.path.isEmpty
        else { throw ServerError("WHEREHOUSE_COUCHDB is couchdb://user:password@127.0.0.1:port.") }
        let login = "\(parts.user ?? ""):\(parts.password ?? "")"
        authorization = "Basic " + Data(login.utf8).base64EncodedString()
        (self.url, self.port) = (url, port)
        let name = GivenCouchDB.newName()
        let made = GivenCouchDB.send("PUT", "/\(name)", to: port, authorization)
        let facts = GivenCouchDB.send("GET", "/\(name)", to: port, authorization)
        _ = GivenCouchDB.send("DELETE", "/\(name)", to: port, authorization)
        let said = try JSONSerialization.jsonObject(with: Data(facts.body)) as? [String: Any]
        guard made.status < 300, let copies = (said?["cluster"] as? [String: Any])?["n"] as? Int else {
            throw ServerError("The server that WHEREHOUSE_COUCHDB names makes no databases: \(made.status).")
        }
        self.copies = copies
    }

    /// What no database of it begins with yet.
    static func newName() -> String { "t" + UUID().uuidString.lowercased().prefix(13) + "-" }

    /// The server's reply to a request on a database whose name has `prefix` before it there.
    func reply(to request: HTTPExchangeRequest, prefix: String) -> HTTPExchangeReply {
        var headers = request.headers.filter { $0.key != "cookie" }
        headers["authorization"] = authorization
        let target = request.target == "/" ? "/" : "/" + prefix + request.target.dropFirst()
        let sent = HTTPExchangeRequest(method: request.method, target: target, headers: headers, body: request.body)
        return ServerCall.send(sent, toPort: port) ?? .page(502)
    }

    private static func send(
        _ method: String,
        _ target: String,
        to port: Int,
        _ authorization: String
    ) -> HTTPExchangeReply {
        let headers = ["host": "127.0.0.1:\(port)", "authorization": authorization, "accept": "application/json"]
        let request = HTTPExchangeRequest(method: method, target: target, headers: headers, body: [])
        return ServerCall.send(request, toPort: port) ?? .page(502)
    }
}
