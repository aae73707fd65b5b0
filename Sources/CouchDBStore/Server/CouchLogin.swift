#if CouchDB
import KeyValue
import StoreHTTP

/// Who the store is at its server: nobody, a user whose password goes with every request, or one with a session.
actor CouchLogin {
    enum Kind: Sendable {
        case nobody
        case basic(user: String, password: String)
        case session(user: String, password: String)
    }

    struct Header: Hashable, Sendable {
        let name: String
        let value: String
    }

    private let kind: Kind
    private let endpoint: HTTPEndpoint
    private var session: Header?

    init(_ kind: Kind, at endpoint: HTTPEndpoint) {
        self.kind = kind
        self.endpoint = endpoint
    }

    /// What is sent along; begins a session where there is to be one.
    func header(_ caller: HTTPCaller, _ deadline: Duration) async throws(StoreError) -> Header? {
        switch kind {
        case .nobody: return nil
        case .basic(let user, let password):
            return Header(name: "Authorization", value: "Basic " + Base64.encode("\(user):\(password)".utf8))
        case .session(let user, let password):
            if let session { return session }
            let begun = try await begin(user, password, caller, deadline)
            session = begun
            return begun
        }
    }

    /// Gives a session up that the server does not know any more; false when another one may not help.
    func forget(_ header: Header?) -> Bool {
        guard case .session = kind, let header else { return false }
        if session == header { session = nil }
        return true
    }

    private func begin(
        _ user: String,
        _ password: String,
        _ caller: HTTPCaller,
        _ deadline: Duration
    ) async throws(StoreError) -> Header {
        let body = JSON.object([.init("name", .string(user)), .init("password", .string(password))]).encoded
        let request = StoreRequest(
            "POST",
            at: endpoint,
            "/_session",
            headers: [(name: "Content-Type", value: "application/json"), (name: "Accept", value: "application/json")],
            body: body,
            replyBytesMax: 1 << 20
        )
        let endpoint = endpoint
        return try await caller.call(deadline: deadline) { () throws(StoreError) in
            request
        } _: { (reply) throws(StoreError) in
            guard reply.isSuccess else { throw reply.failure(at: endpoint, changes: false) }
            let cookies = reply.headers.filter { $0.name.lowercased() == "set-cookie" }
            guard let cookie = cookies.first(where: { $0.value.hasPrefix("AuthSession=") })?.value else {
                throw .strangeReply(["server": "\(endpoint)"])
            }
            return Header(name: "Cookie", value: String(cookie.prefix { $0 != ";" }))
        }
    }
}
#endif
