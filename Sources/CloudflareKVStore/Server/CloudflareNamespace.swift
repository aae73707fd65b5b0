#if CloudflareKV
import KeyValue
import StoreHTTP

/// One namespace, as the calls of Cloudflare's REST interface that the store needs.
struct CloudflareNamespace: Sendable {
    /// How many keys one page of a listing has at most.
    static let listedKeysMax = 1_000
    /// How many values one call reads.
    static let valuesACall = 100
    /// The values of one call may have 25 MiB, and as JSON each byte six characters.
    private static let replyBytesMax = 160 << 20

    let caller: HTTPCaller
    let endpoint: HTTPEndpoint
    let token: String
    /// The path of the namespace, percent-encoded.
    let path: String
    let meter = BilledMeter(units: CloudflareKVStore.listPrices.units.count)

    /// A key of a listing.
    struct ListedKey: Hashable, Sendable {
        let name: String
        let expiration: Int64?
        let metadata: String?
    }

    struct Listing: Sendable {
        let keys: [ListedKey]
        /// Nil at the end. A page without keys may have one.
        let cursor: String?
    }

    /// Throws unless the namespace is there and the token may read it.
    func requireThere() async throws(StoreError) { _ = try await read("GET", "", nil) }

    func list(prefix: String?, after cursor: String?) async throws(StoreError) -> Listing {
        var target = "/keys?limit=\(CloudflareNamespace.listedKeysMax)"
        if let prefix { target += "&prefix=" + PercentEncoding.encode(prefix) }
        if let cursor { target += "&cursor=" + PercentEncoding.encode(cursor) }
        let reply = try await read("GET", target, .lists)
        guard let items = reply["result"]?.items else { throw .strangeReply(["server": "\(endpoint)"]) }
        var keys: [ListedKey] = []
        keys.reserveCapacity(items.count)
        for item in items {
            guard let name = item["name"]?.text, !name.isEmpty else { throw .strangeReply(["server": "\(endpoint)"]) }
            keys.append(
                ListedKey(
                    name: name,
                    expiration: item["expiration"]?.integer.map(Int64.init),
                    metadata: CloudflareNamespace.text(ofMetadata: item["metadata"])
                )
            )
        }
        let info = reply["result_info"]
        let next = info?["cursor"]?.text ?? info?["cursors"]?["after"]?.text ?? ""
        return Listing(keys: keys, cursor: next.isEmpty ? nil : next)
    }

    /// The records of keys, nil where there is none.
    func records(_ names: [String]) async throws(StoreError) -> [CloudflareKVRecord?] {
        var found: [CloudflareKVRecord?] = []
        for start in stride(from: 0, to: names.count, by: CloudflareNamespace.valuesACall) {
            found += try await recordsAtOnce(names[start...].prefix(CloudflareNamespace.valuesACall))
        }
        return found
    }

    private func recordsAtOnce(_ names: ArraySlice<String>) async throws(StoreError) -> [CloudflareKVRecord?] {
        let body = JSON.object([
            .init("keys", .array(names.map { .string($0) })), .init("type", .string("text")),
            .init("withMetadata", .bool(true)),
        ])
        let reply: JSON
        do throws(StoreError) {
            reply = try await read("POST", "/bulk/get", .reads, names.count, body: body)
        } catch {
            // Together they may be more than one call gives.
            guard error.code == .tooLarge, names.count > 1 else { throw error }
            let middle = names.startIndex + names.count / 2
            return try await recordsAtOnce(names[..<middle]) + recordsAtOnce(names[middle...])
        }
        guard let members = reply["result"]?["values"]?.members else { throw .strangeReply(["server": "\(endpoint)"]) }
        // By bytes: two texts that are one to a reader are two names.
        let values = Dictionary(members.map { (Array($0.name.utf8), $0.value) }) { first, _ in first }
        var found: [CloudflareKVRecord?] = []
        for name in names {
            guard let item = values[Array(name.utf8)] else { throw .strangeReply(["server": "\(endpoint)"]) }
            found.append(try await record(item, of: name))
        }
        return found
    }

    /// What one call told of a key.
    private func record(_ item: JSON, of name: String) async throws(StoreError) -> CloudflareKVRecord? {
        guard item != .null, item["value"] != .null else { return nil }
        guard let text = item["value"]?.text else { throw .strangeReply(["server": "\(endpoint)"]) }
        var value = Array(text.utf8)
        // Here the server writes in the place of what is no UTF-8, so the value may be something else.
        if text.unicodeScalars.contains("\u{FFFD}") {
            guard let exact = try await self.value(of: name) else { return nil }
            value = exact
        }
        return CloudflareKVRecord(
            value,
            metadata: CloudflareNamespace.text(ofMetadata: item["metadata"]),
            expiresAtSeconds: item["expiration"]?.integer.map(Int64.init)
        )
    }

    /// The bytes of a value; nil where there is none.
    private func value(of name: String) async throws(StoreError) -> [UInt8]? {
        try await call("GET", "/values/" + PercentEncoding.encode(name), .reads) { (reply) throws(StoreError) in
            if reply.status == 404 { return nil }
            guard reply.isSuccess else { throw failure(of: reply, changes: false) }
            return reply.body
        }
    }

    private func read(
        _ method: String,
        _ target: String,
        _ unit: BilledUnit?,
        _ keys: Int = 1,
        body: JSON? = nil
    ) async throws(StoreError) -> JSON {
        try await call(method, target, unit, keys, body: body?.encoded ?? []) { (reply) throws(StoreError) in
            guard reply.isSuccess, let json = JSON(parsing: reply.body), json["success"]?.bool == true else {
                throw failure(of: reply, changes: false)
            }
            return json
        }
    }

    /// A call that changes several keys.
    enum Change {
        case put
        case delete

        fileprivate var method: String { self == .put ? "PUT" : "POST" }
        fileprivate var target: String { self == .put ? "/bulk" : "/bulk/delete" }
        fileprivate var unit: BilledUnit { self == .put ? .writes : .deletes }
    }

    /// Sends a change of several keys; the names of those that were not changed, as bytes.
    func change(_ call: Change, keys: Int, body: [UInt8]) async throws(StoreError) -> Set<[UInt8]> {
        try await self.call(call.method, call.target, call.unit, keys, body: body, changes: true) {
            (reply) throws(StoreError) in
            guard reply.isSuccess, let json = JSON(parsing: reply.body), json["success"]?.bool == true else {
                throw failure(of: reply, changes: true)
            }
            let names = json["result"]?["unsuccessful_keys"]?.items ?? []
            return Set(names.compactMap { $0.text.map { Array($0.utf8) } })
        }
    }

    private func call<Result: Sendable>(
        _ method: String,
        _ target: String,
        _ unit: BilledUnit?,
        _ keys: Int = 1,
        body: [UInt8] = [],
        changes: Bool = false,
        _ judge: (StoreReply) throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        var headers = [(name: "Authorization", value: "Bearer \(token)")]
        if !body.isEmpty { headers.append((name: "Content-Type", value: "application/json")) }
        let request = StoreRequest(
            method,
            at: endpoint,
            path + target,
            headers: headers,
            body: body,
            replyBytesMax: CloudflareNamespace.replyBytesMax
        )
        return try await caller.call(
            changes: changes,
            isRepeatable: !changes,
            { () throws(StoreError) in request },
            { (reply) throws(StoreError) in
                meter.add(reply.isSuccess || reply.status == 404 ? unit?.rawValue : nil, Double(keys))
                return try judge(reply)
            }
        )
    }

    /// What a reply means that does not say that it was successful.
    private func failure(of reply: StoreReply, changes: Bool) -> StoreError {
        let errors = JSON(parsing: reply.body)?["errors"]?.items ?? []
        let codes = errors.compactMap { $0["code"]?.integer }
        let details = ["codes": codes.map { "\($0)" }.joined(separator: ", ")]
        if codes.contains(where: [10_011, 10_012, 10_013, 10_018, 7_000, 7_003].contains) {
            return .invalidArgument("There is no such account or namespace: see the URL.", details)
        }
        if codes.contains(where: [9_106, 9_109, 10_000, 10_037].contains) {
            return StoreError(.permissionDenied, "The token may not do it: see its rights for Workers KV.", details)
        }
        if changes, reply.isSuccess {
            return StoreError(
                .outcomeUnknown,
                "The reply to a write can't be read: read the record to find out.",
                details
            )
        }
        return reply.failure(at: endpoint, changes: changes, details: details)
    }

    private static func text(ofMetadata json: JSON?) -> String? {
        guard let json, json != .null else { return nil }
        return String(decoding: json.encoded, as: UTF8.self)
    }
}
#endif
