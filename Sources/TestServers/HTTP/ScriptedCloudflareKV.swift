import Foundation
import Synchronization

/// What the tests of a client need of Cloudflare's REST interface for one namespace of Workers KV, in memory.
///
/// Modelled, after the public documentation: the envelope and its error codes; tokens; listings in the order of UTF-8
/// with cursors, pages without keys that go on, metadata and expiry; reading one value and up to 100, with replacement
/// characters for what is no UTF-8; writing and deleting many; writes that show after a while; 1,200 requests in five
/// minutes, and none for the next five once there were more.
///
/// Not modelled: locations with caches of their own (all clients see the same lag), remembered misses, one write a second
/// a key, expiry itself, sizes, the namespace's own calls but one.
public final class ScriptedCloudflareKV: Sendable {
    /// A key.
    public struct Item: Sendable, Equatable {
        /// Its value.
        public var value: [UInt8]
        /// JSON; nil for none.
        public var metadata: String?
        /// In seconds since 1970; nil for never.
        public var expiration: Int?

        /// A key from its parts.
        public init(_ value: [UInt8], metadata: String? = nil, expiration: Int? = nil) {
            self.value = value
            self.metadata = metadata
            self.expiration = expiration
        }
    }

    private struct State {
        /// By the bytes of their names: two texts that are one to a reader are two names.
        var items: [[UInt8]: Item] = [:]
        /// Names in the order of their bytes; nil when they have to be sorted anew.
        var order: [String]?
        /// Writes that do not show yet, and after how many requests they do.
        var pending: [(name: String, item: Item?, requestsLeft: Int)] = []
        var faults: [(path: String, answer: HTTPExchangeAnswer)] = []
        var requestTimes: [Duration] = []
        var blockedUntil = Duration.zero
        var requestCount = 0
        var refusedCount = 0
        var listCount = 0
    }

    /// The path of the namespace.
    public static let path = "/client/v4/accounts/acc1/storage/kv/namespaces/ns1"
    private static let requestsMax = 1_200
    private static let window: Duration = .seconds(300)

    private let token: String
    private let staleness: Int
    private let emptyPageEvery: Int
    private let now: @Sendable () -> Duration
    private let state = Mutex(State())

    /// One with some keys.
    ///
    /// - Parameters:
    ///   - token: the one that may do everything.
    ///   - staleness: after how many requests a write shows.
    ///   - emptyPageEvery: of so many pages of listings, the last has no keys; 0 for none.
    ///   - now: the time, for the limit of requests.
    public init(
        _ items: [String: Item] = [:],
        token: String = "t0ken",
        staleness: Int = 0,
        emptyPageEvery: Int = 0,
        now: @escaping @Sendable () -> Duration = { .zero }
    ) {
        self.token = token
        self.staleness = staleness
        self.emptyPageEvery = emptyPageEvery
        self.now = now
        let named = items.map { (Array($0.key.utf8), $0.value) }
        state.withLock { $0.items = Dictionary(uniqueKeysWithValues: named) }
    }

    /// What there is, whether it shows yet or not.
    public var items: [String: Item] {
        state.withLock { state in
            var items = state.items
            for write in state.pending { items[Array(write.name.utf8)] = write.item }
            let named = items.map { (String(decoding: $0.key, as: UTF8.self), $0.value) }
            return Dictionary(named) { first, _ in first }
        }
    }

    /// How many requests there were.
    public var requestCount: Int { state.withLock { $0.requestCount } }

    /// How many of them were too many.
    public var refusedCount: Int { state.withLock { $0.refusedCount } }

    /// Answers the next request whose path ends with `path` so, without processing it.
    public func fail(_ path: String, _ answer: HTTPExchangeAnswer) {
        state.withLock { $0.faults.append((path, answer)) }
    }

    /// What becomes of a request; for ``ScriptedHTTPServer``, or without one.
    public func answer(_ request: HTTPExchangeRequest) -> HTTPExchangeAnswer {
        state.withLock { state in
            state.requestCount += 1
            guard admit(&state) else {
                state.refusedCount += 1
                var reply = Self.error(429, 10_429, "Please wait and consider throttling your request speed")
                reply.headers.append(("Retry-After", "300"))
                return .reply(reply)
            }
            if let place = state.faults.firstIndex(where: { request.path.hasSuffix($0.path) }) {
                return state.faults.remove(at: place).answer
            }
            for place in state.pending.indices { state.pending[place].requestsLeft -= 1 }
            for write in state.pending where write.requestsLeft < 0 {
                state.items[Array(write.name.utf8)] = write.item
                state.order = nil
            }
            state.pending.removeAll { $0.requestsLeft < 0 }
            return .reply(reply(to: request, &state))
        }
    }

    private func admit(_ state: inout State) -> Bool {
        let now = now()
        guard now >= state.blockedUntil else { return false }
        state.requestTimes.append(now)
        let first = state.requestTimes.firstIndex { $0 > now - Self.window } ?? 0
        state.requestTimes.removeFirst(first)
        guard state.requestTimes.count <= Self.requestsMax else {
            state.blockedUntil = now + Self.window
            return false
        }
        return true
    }

    private func reply(to request: HTTPExchangeRequest, _ state: inout State) -> HTTPExchangeReply {
        guard request.headers["authorization"] == "Bearer \(token)" else {
            return Self.error(403, 10_000, "Authentication error")
        }
        guard request.path.hasPrefix(Self.path) else {
            return Self.error(404, 10_013, "get namespace: namespace not found")
        }
        // What is no JSON is answered as an empty request.
        let body = try? JSONSerialization.jsonObject(with: Data(request.body))
        let call = String(request.path.dropFirst(Self.path.count))
        switch (request.method, call) {
        case ("GET", ""): return Self.success("{\"id\":\"ns1\",\"title\":\"t\",\"supports_url_encoding\":true}")
        case ("GET", "/keys"): return list(request.query, &state)
        case ("POST", "/bulk/get"): return read((body as? [String: Any])?["keys"] as? [String] ?? [], state)
        case ("PUT", "/bulk"): return write(body as? [[String: Any]] ?? [], &state)
        case ("POST", "/bulk/delete"):
            for name in body as? [String] ?? [] { state.pending.append((name, nil, staleness)) }
            return Self.success("{}")
        case ("GET", _) where call.hasPrefix("/values/"):
            guard let name = String(call.dropFirst(8)).removingPercentEncoding, let item = state.items[Array(name.utf8)]
            else {
                return Self.error(404, 10_009, "get: 'key not found'")
            }
            return HTTPExchangeReply(200, body: item.value)
        default: return Self.error(405, 10_405, "Method not allowed for this authentication scheme")
        }
    }

    private func list(_ query: [String: String], _ state: inout State) -> HTTPExchangeReply {
        let limit = query["limit"].flatMap { Int($0) } ?? 1_000
        guard (10...1_000).contains(limit) else {
            return Self.error(400, 10_024, "limit has to be between 10 and 1000")
        }
        let names =
            state.order
            ?? state.items.keys.sorted { $0.lexicographicallyPrecedes($1) }
            .map { String(decoding: $0, as: UTF8.self) }
        state.order = names
        let start = query["cursor"].flatMap { Int($0, radix: 36) } ?? 0
        state.listCount += 1
        let isEmpty = emptyPageEvery > 0 && state.listCount % emptyPageEvery == 0
        var rows: [String] = []
        var place = start
        while !isEmpty, place < names.count, rows.count < limit {
            let name = names[place]
            place += 1
            guard let item = state.items[Array(name.utf8)], name.utf8.starts(with: (query["prefix"] ?? "").utf8) else {
                continue
            }
            var row = "{\"name\":\(CouchDocuments.quoted(name))"
            if let expiration = item.expiration { row += ",\"expiration\":\(expiration)" }
            if let metadata = item.metadata { row += ",\"metadata\":\(metadata)" }
            rows.append(row + "}")
        }
        let cursor = place < names.count ? String(place, radix: 36) : ""
        let info = "{\"count\":\(rows.count),\"cursor\":\"\(cursor)\"}"
        return Self.success("[" + rows.joined(separator: ",") + "]", info: info)
    }

    private func read(_ names: [String], _ state: State) -> HTTPExchangeReply {
        guard (1...100).contains(names.count) else { return Self.error(400, 10_024, "1 to 100 keys") }
        let values = names.map { name -> String in
            guard let item = state.items[Array(name.utf8)] else { return "\(CouchDocuments.quoted(name)):null" }
            let text = CouchDocuments.quoted(String(decoding: item.value, as: UTF8.self))
            return "\(CouchDocuments.quoted(name)):{\"value\":\(text),\"metadata\":\(item.metadata ?? "null")}"
        }
        return Self.success("{\"values\":{" + values.joined(separator: ",") + "}}")
    }

    private func write(_ items: [[String: Any]], _ state: inout State) -> HTTPExchangeReply {
        for item in items {
            guard let name = item["key"] as? String, name != ".", name != "..", (1...512).contains(name.utf8.count),
                let text = item["value"] as? String
            else { return Self.error(400, 10_019, "invalid key") }
            let isEncoded = item["base64"] as? Bool ?? false
            let value = isEncoded ? Data(base64Encoded: text).map(Array.init) ?? [] : Array(text.utf8)
            let metadata = item["metadata"].flatMap {
                // What came as JSON can be written as such.
                try? JSONSerialization.data(withJSONObject: $0, options: [.fragmentsAllowed, .sortedKeys])
            }
            let kept = Item(
                value,
                metadata: metadata.map { String(decoding: $0, as: UTF8.self) },
                expiration: item["expiration"] as? Int
            )
            state.pending.append((name, kept, staleness))
        }
        return Self.success("{\"successful_key_count\":\(items.count),\"unsuccessful_keys\":[]}")
    }

    private static func success(_ result: String, info: String? = nil) -> HTTPExchangeReply {
        let more = info.map { ",\"result_info\":\($0)" } ?? ""
        return HTTPExchangeReply(200, "{\"success\":true,\"errors\":[],\"messages\":[],\"result\":\(result)\(more)}")
    }

    private static func error(_ status: Int, _ code: Int, _ message: String) -> HTTPExchangeReply {
        let error = "{\"code\":\(code),\"message\":\(CouchDocuments.quoted(message))}"
        return HTTPExchangeReply(status, "{\"success\":false,\"errors\":[\(error)],\"messages\":[],\"result\":null}")
    }
}
