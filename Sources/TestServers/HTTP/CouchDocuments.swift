import Foundation
import KeyValue

/// The documents of one database of a ``ScriptedCouchDB``.
struct CouchDocuments {
    /// A revision that nothing has replaced.
    struct Leaf {
        let id: String
        let generation: Int
        let hash: String
        let isDeleted: Bool
        /// The members other than `_id`, `_rev` and `_deleted`, as an object.
        let members: Data

        var revision: String { "\(generation)-\(hash)" }

        /// The document whole.
        var json: String {
            let rest = String(decoding: members, as: UTF8.self).dropFirst()
            let deleted = isDeleted ? ",\"_deleted\":true" : ""
            let separator = rest == "}" ? "" : ","
            return "{\"_id\":\(CouchDocuments.quoted(id)),\"_rev\":\"\(revision)\"\(deleted)\(separator)\(rest)"
        }

        func yields(to other: Leaf) -> Bool {
            if isDeleted != other.isDeleted { return isDeleted }
            return (generation, hash) < (other.generation, other.hash)
        }
    }

    private struct Document {
        var leaves: [Leaf]
        var sequence: Int
    }

    private var documents: [String: Document] = [:]
    /// The identifiers of documents that are not deleted, in the order of their bytes.
    private var order: [[UInt8]] = []
    private var sequence = 0

    var count: Int { order.count }
    var deletedCount: Int { documents.count - order.count }

    /// The one that counts first.
    func leaves(of id: String) -> [Leaf] { documents[id]?.leaves.sorted { $1.yields(to: $0) } ?? [] }

    /// The leaves that a server shows of one document when it is asked for all, the one that counts first.
    static func leaves(fromReply body: [UInt8]) -> [Leaf] {
        // What is no such reply has no leaves.
        let rows = (try? JSONSerialization.jsonObject(with: Data(body))) as? [[String: Any]] ?? []
        let leaves = rows.compactMap { ($0["ok"] as? [String: Any]).flatMap(Leaf.init(document:)) }
        return leaves.sorted { $1.yields(to: $0) }
    }

    mutating func reply(
        to request: HTTPExchangeRequest,
        _ call: String,
        isAccepted: Bool
    ) -> HTTPExchangeReply {
        // What is no JSON is answered as an empty request.
        let body = try? JSONSerialization.jsonObject(with: Data(request.body)) as? [String: Any]
        switch (request.method, call) {
        case ("POST", "_bulk_docs"): return write(body?["docs"] as? [[String: Any]] ?? [], isAccepted: isAccepted)
        case ("POST", "_bulk_get"): return read(body?["docs"] as? [[String: Any]] ?? [])
        case ("POST", "_all_docs"): return list(body ?? [:])
        case ("GET", "_changes"): return changes(request.query)
        default: return CouchReply.error(404, "not_found", "missing")
        }
    }

    private mutating func write(_ docs: [[String: Any]], isAccepted: Bool) -> HTTPExchangeReply {
        for doc in docs {
            // One of these fails the whole request.
            guard let id = doc["_id"] as? String, !id.isEmpty, !id.hasPrefix("_") else {
                return CouchReply.error(400, "illegal_docid", "Only reserved document ids may start with underscore.")
            }
        }
        let entries = docs.map { doc -> String in
            let id = doc["_id"] as? String ?? ""
            guard let leaf = edit(doc) else {
                return "{\"id\":\(Self.quoted(id)),\"error\":\"conflict\",\"reason\":\"Document update conflict.\"}"
            }
            let accepted = isAccepted ? ",\"accepted\":true" : ""
            return "{\"ok\":true,\"id\":\(Self.quoted(id)),\"rev\":\"\(leaf.revision)\"\(accepted)}"
        }
        return HTTPExchangeReply(isAccepted ? 202 : 201, "[" + entries.joined(separator: ",") + "]")
    }

    /// Replaces the leaf that the document names; nil when there is none.
    private mutating func edit(_ doc: [String: Any]) -> Leaf? {
        guard let id = doc["_id"] as? String else { return nil }
        let present = leaves(of: id)
        var replaced: Leaf?
        if let revision = doc["_rev"] as? String {
            replaced = present.first { $0.revision == revision && !$0.isDeleted }
            guard replaced != nil else { return nil }
        } else {
            guard present.first?.isDeleted ?? true else { return nil }
            replaced = present.first
        }
        guard let leaf = Leaf(doc, replacing: replaced) else { return nil }
        store(present.filter { $0.revision != replaced?.revision } + [leaf], at: id)
        return leaf
    }

    mutating func graft(_ data: Data) throws {
        guard let doc = try JSONSerialization.jsonObject(with: data) as? [String: Any],
            let leaf = Leaf(document: doc)
        else { throw ServerError("A document to graft has an _id and a _rev.") }
        store(leaves(of: leaf.id) + [leaf], at: leaf.id)
    }

    private mutating func store(_ leaves: [Leaf], at id: String) {
        sequence += 1
        documents[id] = Document(leaves: leaves, sequence: sequence)
        let isThere = leaves.contains { !$0.isDeleted }
        let name = Array(id.utf8)
        let place = place(of: name)
        let wasThere = place < order.count && order[place] == name
        if isThere, !wasThere { order.insert(name, at: place) }
        if !isThere, wasThere { order.remove(at: place) }
    }

    private func read(_ docs: [[String: Any]]) -> HTTPExchangeReply {
        let results = docs.map { doc -> String in
            let id = doc["id"] as? String ?? ""
            var entries = leaves(of: id).map { "{\"ok\":\($0.json)}" }
            if entries.isEmpty {
                let name = Self.quoted(id)
                entries = [
                    "{\"error\":{\"id\":\(name),\"rev\":\"undefined\",\"error\":\"not_found\",\"reason\":\"missing\"}}"
                ]
            }
            return "{\"id\":\(Self.quoted(id)),\"docs\":[" + entries.joined(separator: ",") + "]}"
        }
        return HTTPExchangeReply(200, "{\"results\":[" + results.joined(separator: ",") + "]}")
    }

    private func list(_ parameters: [String: Any]) -> HTTPExchangeReply {
        let isDescending = parameters["descending"] as? Bool ?? false
        let start = (parameters["startkey"] as? String).map { Array($0.utf8) }
        let end = (parameters["endkey"] as? String).map { Array($0.utf8) }
        let isInclusive = parameters["inclusive_end"] as? Bool ?? true
        let limit = parameters["limit"] as? Int ?? .max
        let (low, high) = isDescending ? (end, start) : (start, end)
        if let low, let high, ByteOrder.precedes(high, low) {
            return CouchReply.error(400, "query_parse_error", "No rows can match your key range.")
        }
        // The lower end is left out only where it is the end of a listing that goes down.
        var from = low.map { place(of: $0) } ?? 0
        if isDescending, !isInclusive, let low, from < order.count, order[from] == low { from += 1 }
        var to = high.map { place(of: $0) } ?? order.count
        if let high, to < order.count, order[to] == high, isDescending || isInclusive { to += 1 }
        var rows: [String] = []
        let places = from..<max(from, to)
        for offset in 0..<min(limit, places.count) {
            let name = order[isDescending ? places.upperBound - 1 - offset : places.lowerBound + offset]
            guard let leaf = leaves(of: String(decoding: name, as: UTF8.self)).first else { continue }
            let id = Self.quoted(leaf.id)
            let doc = parameters["include_docs"] as? Bool == true ? ",\"doc\":\(leaf.json)" : ""
            rows.append("{\"id\":\(id),\"key\":\(id),\"value\":{\"rev\":\"\(leaf.revision)\"}\(doc)}")
        }
        let body = "{\"total_rows\":\(order.count),\"offset\":\(from),\"rows\":[" + rows.joined(separator: ",") + "]}"
        return HTTPExchangeReply(200, body)
    }

    private func changes(_ query: [String: String]) -> HTTPExchangeReply {
        // The server's own are no plain numbers either.
        let said = query["since"] ?? "0"
        guard let since = said == "now" ? sequence : Int(said.prefix { $0 != "-" }), since <= sequence else {
            return CouchReply.error(400, "bad_request", "Malformed sequence supplied in 'since' parameter.")
        }
        let later = documents.filter { $0.value.sequence > since }.sorted { $0.value.sequence < $1.value.sequence }
        let shown = later.prefix(query["limit"].flatMap { Int($0) } ?? .max)
        let rows = shown.compactMap { id, document -> String? in
            guard let leaf = leaves(of: id).first else { return nil }
            let deleted = leaf.isDeleted ? ",\"deleted\":true" : ""
            let changes = "[{\"rev\":\"\(leaf.revision)\"}]"
            return "{\"seq\":\"\(document.sequence)-g1\",\"id\":\(Self.quoted(id)),\"changes\":\(changes)\(deleted)}"
        }
        let last = shown.last?.value.sequence ?? max(since, sequence)
        let body =
            "{\"results\":[\(rows.joined(separator: ","))],\"last_seq\":\"\(last)-g1\",\"pending\":\(later.count - shown.count)}"
        return HTTPExchangeReply(200, body)
    }

    /// Where an identifier is, or would be, in ``order``.
    private func place(of name: [UInt8]) -> Int {
        var (low, high) = (0, order.count)
        while low < high {
            let middle = (low + high) / 2
            if ByteOrder.precedes(order[middle], name) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    fileprivate static func hash(_ data: Data, _ parent: String, _ isDeleted: Bool) -> String {
        var halves: [UInt64] = [0xCBF2_9CE4_8422_2325, 0x9E37_79B9_7F4A_7C15]
        for byte in Array(parent.utf8) + [isDeleted ? 1 : 0] + data {
            for half in halves.indices { halves[half] = (halves[half] ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        }
        return halves.map { String($0 | 1 << 63, radix: 16) }.joined()
    }

    static func quoted(_ text: String) -> String {
        let options: JSONSerialization.WritingOptions = [.fragmentsAllowed, .withoutEscapingSlashes]
        // A text can always be written.
        let data = try? JSONSerialization.data(withJSONObject: text, options: options)
        return String(decoding: data ?? Data(), as: UTF8.self)
    }
}

extension CouchDocuments.Leaf {
    /// A document as it is written, in the place of another revision.
    fileprivate init?(_ doc: [String: Any], replacing replaced: CouchDocuments.Leaf?) {
        self.init(doc, generation: (replaced?.generation ?? 0) + 1) { data, isDeleted in
            CouchDocuments.hash(data, replaced?.revision ?? "", isDeleted)
        }
    }

    /// A document with the revision that it names.
    fileprivate init?(document doc: [String: Any]) {
        guard let parts = (doc["_rev"] as? String)?.split(separator: "-"), parts.count == 2,
            let generation = Int(parts[0])
        else { return nil }
        self.init(doc, generation: generation) { _, _ in String(parts[1]) }
    }

    private init?(_ doc: [String: Any], generation: Int, hash: (Data, Bool) -> String) {
        let others = doc.filter { !["_id", "_rev", "_deleted"].contains($0.key) }
        guard let id = doc["_id"] as? String,
            // Members that came as JSON can be written as such.
            let data = try? JSONSerialization.data(withJSONObject: others, options: [.sortedKeys])
        else { return nil }
        let isDeleted = doc["_deleted"] as? Bool ?? false
        self.init(
            id: id,
            generation: generation,
            hash: hash(data, isDeleted),
            isDeleted: isDeleted,
            members: data
        )
    }
}
