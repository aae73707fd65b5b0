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
    /// Whether no index has the order, so that all of the list is read and sorted for each page.
    let isSorted: Bool
    let isDescending: Bool
    let offset: Int
    let limit: Int
    /// Whether to count further than the page reaches, where no count is kept.
    let includesTotal: Bool
    /// Whether it goes on where a page before ended.
    let isContinued: Bool
    /// Where that was; nil where it is an offset.
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
        let field = UploadType.orders[parameters.text("criteria") ?? "uploadId"] ?? "id"
        let isUnfinished = places == [.pending]
        // Where all are alike in what they are ordered by, one order is as good as the other.
        let isNone = (owner != nil && field == "owner") || (isUnfinished && ["status", "uploaded_at"].contains(field))
        order = isNone ? "id" : field
        isSorted = isUnfinished && order != "id" && (owner != nil || order != "started_at")
        isDescending = parameters.text("order") != "ASC"
        limit = parameters.integer("limit") ?? 10
        includesTotal = parameters.flag("includeTotal")
        guard let text = parameters.text("after") else {
            (offset, isContinued, cursor) = (parameters.integer("offset") ?? 0, false, nil)
            return
        }
        isContinued = true
        if isSorted {
            guard let passed = CursorText.offset(text) else { throw ListRequest.foreignCursor }
            (offset, cursor) = (passed, nil)
        } else {
            guard let bytes = CursorText.bytes(of: text) else { throw ListRequest.foreignCursor }
            (offset, cursor) = (0, QueryCursor(bytes: bytes))
        }
    }

    static let foreignCursor = FilesError(
        .invalidParameters,
        "The cursor is not one of this list: begin it anew, without a cursor.",
        fields: [FilesError.Field(path: "after", message: "is of another list")]
    )

    /// Whether a count is kept of all that is asked for.
    var isCounted: Bool { filter == .everything && tags.isEmpty && places != [.pending] }

    /// The query. What is in a list, and what in a list has a tag, is found by an index in the order of some field.
    func query(limit: Int, examinedMax: Int, after cursor: QueryCursor?) -> Query {
        var field = "lists"
        var names = places.map { StoredUpload.list($0, of: owner) }
        var rest = tags
        if places == [.pending] {
            // Those whose parts are on their way are few: no index has them by their tags, and two have an order.
            field = order == "started_at" && !isSorted ? "ranked" : "pending"
        } else if ["id", "uploaded_at"].contains(order), let tag = tags.first {
            field = "tagged"
            names = names.map { StoredUpload.tagged($0, tag) }
            rest.removeFirst()
        } else if order == "owner" {
            field = "listed"
        } else if order == "status" {
            field = "ranked"
        }
        let base = names.map { Filter.any(field, .equal, .string($0)) }
        let tagged = rest.map { Filter.any("tags", .equal, .string($0)) }
        var parts = [base.count == 1 ? base[0] : .or(base)] + tagged + (filter == .everything ? [] : [filter])
        // What is pending is known by that list; the index has the moment behind the status.
        if places == [.pending], field == "ranked" {
            parts.append(.compare("status", .equal, .integer(Status.pending.rawValue)))
        }
        return Query(
            parts.count == 1 ? parts[0] : .and(parts),
            orderedBy: [.ascending(isSorted ? "id" : order)],
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

    /// An offset, for lists whose pages are told by it: it begins with what no other cursor has.
    static func text(ofOffset offset: Int) -> String { ".\(offset)" }

    static func offset(_ text: String) -> Int? {
        guard text.first == ".", let offset = Int(text.dropFirst()), offset >= 0 else { return nil }
        return offset
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
