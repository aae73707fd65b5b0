#if S3
import AWSClient
import Crypto
import KeyValue
import StoreHTTP

/// The operations on the objects of one bucket, over HTTP. The format is that of Amazon S3's REST API of 2006-03-01.
struct BucketClient: Sendable {
    var caller: AWSCaller
    let address: BucketAddress
    let meter = BilledMeter(units: BucketStore.listPrices.units.count)

    var bucket: String { address.bucket }

    var environment: StoreEnvironment { caller.caller.environment }

    /// What has to hold of the object that is there.
    enum Condition: Hashable, Sendable {
        case none
        case isNotThere
        case hasTag(String)

        fileprivate var headers: [NamedValue] {
            switch self {
            case .none: []
            case .isNotThere: [NamedValue("If-None-Match", "*")]
            case .hasTag(let tag): [NamedValue("If-Match", "\"\(tag)\"")]
            }
        }
    }

    /// The path of an object, percent-encoded.
    func path(_ name: [UInt8]) -> String { address.path(name) }

    /// An object's bytes and the server's token for them; nil where there is none.
    ///
    /// That there is none is believed only of a server that says so in its own words, not of any page.
    func get(_ name: [UInt8], bytesMax: Int = 32 << 20) async throws(StoreError) -> (body: [UInt8], etag: String)? {
        let request = AWSCaller.Request("GET", path: path(name), replyBytesMax: bytesMax)
        return try await ask(request, .reads) { (reply) throws(StoreError) -> (body: [UInt8], etag: String)?? in
            if reply.status == 200, let etag = reply["etag"] { return .some((reply.body, ObjectListing.bare(etag))) }
            if reply.status == 404, AWSRefusal(reply).code == "NoSuchKey" { return .some(nil) }
            return nil
        }
    }

    /// Writes an object if a condition holds; the server's token for it, nil where the condition did not hold.
    func put(_ name: [UInt8], _ body: [UInt8], if condition: Condition) async throws(StoreError) -> String? {
        let request = AWSCaller.Request(
            "PUT",
            path: path(name),
            headers: condition.headers,
            body: body,
            changes: true,
            isRepeatable: false
        )
        return try await ask(request, .writes) { (reply) throws(StoreError) -> String?? in
            if reply.status == 200, let etag = reply["etag"] { return .some(ObjectListing.bare(etag)) }
            if reply.isSuccess { throw strangeReply(changes: true) }
            return isConditionFailure(reply, condition) ? .some(nil) : nil
        }
    }

    /// Deletes an object, which need not be there, if a condition holds; whether it did.
    func delete(_ name: [UInt8], if condition: Condition) async throws(StoreError) -> Bool {
        let request = AWSCaller.Request(
            "DELETE",
            path: path(name),
            headers: condition.headers,
            changes: true,
            isRepeatable: false
        )
        return try await ask(request, nil) { (reply) throws(StoreError) -> Bool? in
            if reply.status == 204 || reply.status == 200 { return true }
            return isConditionFailure(reply, condition) ? false : nil
        }
    }

    private func isConditionFailure(_ reply: StoreReply, _ condition: Condition) -> Bool {
        guard condition != .none else { return false }
        let code = AWSRefusal(reply).code
        return (reply.status == 412 && (code.isEmpty || code == "PreconditionFailed"))
            || (reply.status == 404 && code == "NoSuchKey")
    }

    /// Deletes objects, at most 1,000, whatever they are.
    func delete(_ names: [[UInt8]]) async throws(StoreError) {
        var body = Array("<Delete><Quiet>true</Quiet>".utf8)
        // Names of the store have no character that would have to be written otherwise.
        for name in names { body += Array("<Object><Key>".utf8) + name + Array("</Key></Object>".utf8) }
        body += Array("</Delete>".utf8)
        let request = AWSCaller.Request(
            "POST",
            path: address.path,
            query: [NamedValue("delete", "")],
            headers: [
                NamedValue("Content-MD5", Base64.encode(Array(Insecure.MD5.hash(data: body)))),
                NamedValue("Content-Type", "application/xml"),
            ],
            body: body,
            changes: true,
            isRepeatable: false
        )
        try await ask(request, nil) { (reply) throws(StoreError) -> Void? in
            guard reply.status == 200 else { return nil }
            guard let result = parsed(reply), result.name == "DeleteResult" else { throw strangeReply(changes: true) }
            guard let error = result["Error"] else { return () }
            throw StoreError(
                .outcomeUnknown,
                "Some of what was to be deleted is still there: delete the range again.",
                ["code": error["Code"]?.text ?? "", "said": String((error["Message"]?.text ?? "").prefix(300))]
            )
        }
    }

    /// One page of a listing.
    ///
    /// - Parameters:
    ///   - names: What the names begin with.
    ///   - after: A name behind which to begin.
    ///   - grouping: Whether names are cut behind the next slash and told once.
    ///   - isEncoded: Whether names are asked for in percent-encoding: XML can't tell all of them.
    func list(
        _ names: [UInt8],
        after: [UInt8]?,
        limit: Int,
        grouping: Bool = false,
        isEncoded: Bool = false
    ) async throws(StoreError) -> ObjectListing {
        var query = [
            NamedValue("list-type", "2"),
            NamedValue("max-keys", "\(limit)"),
            NamedValue("prefix", String(decoding: names, as: UTF8.self)),
        ]
        if let after { query.append(NamedValue("start-after", String(decoding: after, as: UTF8.self))) }
        if isEncoded { query.append(NamedValue("encoding-type", "url")) }
        if grouping { query.append(NamedValue("delimiter", "/")) }
        var listing = try await page(query)
        // A page may be empty for what was deleted there, and says by what to go on since no name does.
        while listing.isPassing, let continuation = listing.continuation {
            listing = try await page(query + [NamedValue("continuation-token", continuation)])
            guard listing.continuation != continuation else { throw strangeReply(changes: false) }
        }
        // A server that does not know the parameters would make pages without end.
        guard listing.isAscending(from: names, after: after) else { throw strangeReply(changes: false) }
        return listing
    }

    private func page(_ query: [NamedValue]) async throws(StoreError) -> ObjectListing {
        let request = AWSCaller.Request("GET", path: address.path, query: query)
        return try await ask(request, .writes) { (reply) throws(StoreError) -> ObjectListing? in
            guard reply.status == 200 else { return nil }
            guard let result = parsed(reply), let listing = ObjectListing(result) else {
                throw strangeReply(changes: false)
            }
            return listing
        }
    }

    /// What the server says of the bucket's versioning; nil where it does not say.
    func versioning() async throws(StoreError) -> String? {
        let request = AWSCaller.Request("GET", path: address.path, query: [NamedValue("versioning", "")])
        return try await ask(request, .reads) { (reply) throws(StoreError) -> String?? in
            guard reply.status == 200 else { return nil }
            return .some(parsed(reply)?["Status"]?.text)
        }
    }

    /// Sends a request, and counts its replies as what they are billed as: not those that say that the server failed.
    private func ask<Result: Sendable>(
        _ request: AWSCaller.Request,
        _ unit: BilledUnit?,
        _ judge: (StoreReply) throws(StoreError) -> Result?
    ) async throws(StoreError) -> Result {
        try await caller.call(request) { (reply) throws(StoreError) -> Result? in
            meter.add(reply.status < 500 ? unit?.rawValue : nil)
            return try judge(reply)
        }
    }

    private func parsed(_ reply: StoreReply) -> XMLElement? {
        // Why it can't be read does not matter.
        try? XMLElement(reply.body)
    }

    /// What says success and can't be read: a write may have been applied.
    private func strangeReply(changes: Bool) -> StoreError {
        guard changes else { return .strangeReply(["server": "\(caller.endpoint)"]) }
        return StoreError(
            .outcomeUnknown,
            "The server may have applied the write or not: read the record to find out.",
            ["server": "\(caller.endpoint)"]
        )
    }
}
#endif
