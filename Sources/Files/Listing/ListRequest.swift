import JSONFormat
import Records
import Tuples

/// What a list is made of, in the words of records.
struct ListRequest: Sendable {
    /// In which places the uploads are.
    let places: [Place]
    /// Whose they are; nil for everybody's.
    let owner: String?
    /// What has to hold of them besides.
    let filter: Filter
    let tags: [String]
    /// The field that they are ordered by.
    let order: String
    let isDescending: Bool
    let offset: Int
    let limit: Int
    /// Whether to count further than the page reaches, where no count is kept.
    let includesTotal: Bool
    /// Where the page before ended; then the offset counts for nothing.
    let cursor: QueryCursor?

    /// What a caller asks for, with what they may see.
    init(_ parameters: Parameters, by caller: Caller) throws(FilesError) {
        let asked = parameters.text("owner")
        let isTrusted = asked.map { caller.isTrusted(with: $0) } ?? (caller == .service)
        if asked == nil, parameters.flag("temp"), !parameters.flag("public") {
            places = [.pending]
            owner = try caller.acting(as: nil)
        } else {
            places = parameters.flag("public") || !isTrusted ? [.public] : [.private, .public]
            owner = asked
        }
        filter = try ListFilter(parameters["filter"] ?? .object([])).filter
        tags = StoredUpload.folded(parameters.texts("tags"))
        order = UploadType.orders[parameters.text("criteria") ?? "uploadId"] ?? "id"
        isDescending = parameters.text("order") != "ASC"
        offset = parameters.integer("offset") ?? 0
        limit = parameters.integer("limit") ?? 10
        includesTotal = parameters.flag("includeTotal")
        cursor = try parameters.text("after").map { (text) throws(FilesError) in
            guard let bytes = CursorText.bytes(of: text) else { throw ListRequest.foreignCursor }
            return QueryCursor(bytes: bytes)
        }
    }

    static let foreignCursor = FilesError(
        .invalidParameters,
        "The cursor is not one of this list: begin it anew, without a cursor.",
        fields: [FilesError.Field(path: "after", message: "is of another list")]
    )

    /// Whether a count is kept of all that is asked for.
    var isCounted: Bool { filter == .everything && tags.isEmpty }

    /// The query. What is in a list, and what in a list has a tag, is found by an index in the order of some field.
    func query(limit: Int, examinedMax: Int, after cursor: QueryCursor?) -> Query {
        var field = "lists"
        var names = places.map { StoredUpload.list($0, of: owner) }
        var rest = tags
        // Those whose parts are on their way are few: no index has them by their tags.
        if ["id", "uploaded_at"].contains(order), places != [.pending], let tag = tags.first {
            field = "tagged"
            names = names.map { StoredUpload.tagged($0, tag) }
            rest.removeFirst()
        }
        let base = names.map { Filter.any(field, .equal, .string($0)) }
        let tagged = rest.map { Filter.any("tags", .equal, .string($0)) }
        let parts = [base.count == 1 ? base[0] : .or(base)] + tagged + (filter == .everything ? [] : [filter])
        return Query(
            parts.count == 1 ? parts[0] : .and(parts),
            orderedBy: [.ascending(order)],
            isDescending: isDescending,
            limit: limit,
            examinedMax: examinedMax,
            after: cursor
        )
    }
}

/// Cursors as the texts of the wire: in the sixty-four characters of URLs, without padding (RFC 4648, section 5).
enum CursorText {
    private static let characters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    static func text(of cursor: QueryCursor) -> String {
        var text: [UInt8] = []
        var word = 0
        var bits = 0
        for byte in cursor.bytes {
            word = (word << 8 | Int(byte)) & 0xFFFF
            bits += 8
            while bits >= 6 {
                bits -= 6
                text.append(characters[word >> bits & 63])
            }
        }
        if bits > 0 { text.append(characters[word << (6 - bits) & 63]) }
        return String(decoding: text, as: UTF8.self)
    }

    static func bytes(of text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        var word = 0
        var bits = 0
        for character in text.utf8 {
            guard let value = characters.firstIndex(of: character) else { return nil }
            word = (word << 6 | value) & 0xFFFF
            bits += 6
            guard bits >= 8 else { continue }
            bits -= 8
            bytes.append(UInt8(truncatingIfNeeded: word >> bits))
        }
        return bytes
    }
}
