/// A client's request for an object, as far as it counts.
public struct ObjectRequest: Hashable, Sendable {
    /// `GET`, `HEAD` or `PUT`.
    public var method: String
    /// The object's name: the path behind the location, decoded.
    public var name: String
    /// The query, decoded. Of names that come twice, none is taken.
    public var query: [String: String]
    /// The headers that count, by their names in lower case: `content-type`, `content-length`, `content-encoding`.
    public var headers: [String: String]

    /// A request from its parts.
    public init(method: String, name: String, query: [String: String] = [:], headers: [String: String] = [:]) {
        self.method = method
        self.name = name
        self.query = query
        self.headers = headers
    }
}

extension ObjectDirectory {
    /// How long a name to be saved under may be, in bytes.
    private static let fileNameMax = 512

    /// The grant that a request shows.
    private func grant(_ request: ObjectRequest, _ method: String) throws(ObjectRefusal) -> LocationSigner.Grant {
        var terms = request.query
        guard let signature = terms.removeValue(forKey: "signature"), signature.utf8.count == 64,
            let expires = terms.removeValue(forKey: "expires").flatMap({ Int64($0) })
        else { throw ObjectDirectory.notAllowed }
        let grant = LocationSigner.Grant(method: method, name: request.name, expires: expires, terms: terms)
        guard signer.isSigned(grant, by: signature), seconds() < expires else { throw ObjectDirectory.notAllowed }
        return grant
    }

    private static let notAllowed = ObjectRefusal(
        .notAllowed,
        "The location is not signed for this request, or its time is over: ask for another."
    )

    /// Begins to take an object's bytes, if the request is allowed to send just these.
    ///
    /// - Throws: ``ObjectRefusal``.
    public func receive(_ request: ObjectRequest) async throws -> ObjectReceiver {
        let name = try ObjectDirectory.name(request.name)
        guard request.method == "PUT" else { throw ObjectDirectory.notAllowed }
        let grant = try grant(request, "PUT")
        guard let length = grant.terms["length"].flatMap({ Int64($0) }), length >= 0, let type = grant.terms["type"],
            let md5 = grant.terms["md5"].flatMap({ Hexadecimal.bytes(of: $0) }), md5.count == 16
        else { throw ObjectDirectory.notAllowed }
        guard request.headers["content-type"] == type, request.headers["content-encoding"] == grant.terms["encoding"],
            request.headers["content-length"].map({ $0 == "\(length)" }) ?? true
        else {
            throw ObjectRefusal(.otherBytes, "The headers are not those that the location was given for.")
        }
        let arriving = "\(root)/\(Folder.arriving.rawValue)/\(random())-\(random())"
        let facts = StoredFacts(contentType: type, contentEncoding: grant.terms["encoding"], md5: md5)
        return try await ObjectReceiver(
            arriving: arriving,
            path: path(.objects, name),
            factsPath: path(.facts, name),
            publicPath: grant.terms["public"] == "1" ? path(.public, name) : nil,
            contentLength: length,
            facts: facts
        )
    }

    /// Opens an object for a client, if it is public or the request is allowed to fetch it.
    ///
    /// - Throws: ``ObjectRefusal``.
    public func give(_ request: ObjectRequest) async throws -> ObjectReader {
        let name = try ObjectDirectory.name(request.name)
        guard request.method == "GET" || request.method == "HEAD" else { throw ObjectDirectory.notAllowed }
        var fileName: String?
        if request.query["signature"] != nil {
            fileName = try grant(request, "GET").terms["as"]
        } else {
            let marker = path(.public, name)
            guard try await OffPool.run({ ObjectDirectory.size(of: marker) }) != nil else {
                throw ObjectDirectory.notAllowed
            }
        }
        return try await ObjectReader(
            path: path(.objects, name),
            factsPath: path(.facts, name),
            fileName: fileName.map { String($0.prefix(ObjectDirectory.fileNameMax)) }
        )
    }
}

/// What is said of an object beside its bytes: three lines.
struct StoredFacts: Hashable, Sendable {
    var contentType: String
    var contentEncoding: String?
    var md5: [UInt8]

    var bytes: [UInt8] { Array("\(contentType)\n\(contentEncoding ?? "")\n\(Hexadecimal.text(of: md5))\n".utf8) }

    init(contentType: String, contentEncoding: String?, md5: [UInt8]) {
        self.contentType = contentType
        self.contentEncoding = contentEncoding
        self.md5 = md5
    }

    init?(_ bytes: [UInt8]) {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == 4, let md5 = Hexadecimal.bytes(of: String(lines[2])) else { return nil }
        contentType = String(lines[0])
        contentEncoding = lines[1].isEmpty ? nil : String(lines[1])
        self.md5 = md5
    }
}
