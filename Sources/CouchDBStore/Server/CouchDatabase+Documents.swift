#if CouchDB
import KeyValue
import StoreHTTP

/// One of the revisions of a document that nothing has replaced.
struct DocumentLeaf: Sendable {
    let content: JSON
    let revision: String
    let isDeleted: Bool
    private let generation: Int

    init?(_ content: JSON) {
        guard let revision = content["_rev"]?.text, let generation = Int(revision.prefix { $0 != "-" }) else {
            return nil
        }
        self.content = content
        self.revision = revision
        self.generation = generation
        isDeleted = content["_deleted"]?.bool ?? false
    }

    /// Whether the server shows `other` when both are there: what is not deleted first, then by the number, then by the
    /// hash behind it, which every node judges alike.
    func yields(to other: DocumentLeaf) -> Bool {
        if isDeleted != other.isDeleted { return isDeleted }
        if generation != other.generation { return generation < other.generation }
        return ByteOrder.precedes(Array(revision.utf8), Array(other.revision.utf8))
    }
}

extension CouchDatabase {
    /// How many documents one request asks for.
    private static let documentsARequest = 250

    /// The leaves of documents, in the order of `ids`, the one that counts first; none where there never was one.
    func leaves(_ ids: [[UInt8]]) async throws(StoreError) -> [[DocumentLeaf]] {
        var found: [[DocumentLeaf]] = []
        for start in stride(from: 0, to: ids.count, by: CouchDatabase.documentsARequest) {
            found += try await leavesAtOnce(ids[start...].prefix(CouchDatabase.documentsARequest))
        }
        return found
    }

    private func leavesAtOnce(_ ids: ArraySlice<[UInt8]>) async throws(StoreError) -> [[DocumentLeaf]] {
        let names = ids.map { String(decoding: $0, as: UTF8.self) }
        let body = JSON.object([.init("docs", .array(names.map { .object([.init("id", .string($0))]) }))])
        let reply: JSON
        do throws(StoreError) {
            reply = try await read("POST", "/_bulk_get", body: body)
        } catch {
            guard error.code == .tooLarge, ids.count > 1 else { throw error }
            let middle = ids.startIndex + ids.count / 2
            return try await leavesAtOnce(ids[..<middle]) + leavesAtOnce(ids[middle...])
        }
        guard let results = reply["results"]?.items, results.count == ids.count else { throw .strangeReply() }
        var found: [[DocumentLeaf]] = []
        for (name, result) in zip(names, results) {
            guard result["id"]?.text == name, let docs = result["docs"]?.items, !docs.isEmpty else {
                throw .strangeReply()
            }
            found.append(try leaves(docs))
        }
        return found
    }

    private func leaves(_ docs: [JSON]) throws(StoreError) -> [DocumentLeaf] {
        var leaves: [DocumentLeaf] = []
        for doc in docs {
            if let content = doc["ok"] {
                guard let leaf = DocumentLeaf(content) else { throw .strangeReply() }
                leaves.append(leaf)
            } else {
                guard let error = doc["error"]?["error"]?.text else { throw .strangeReply() }
                guard error == "not_found" else {
                    throw StoreError(.unavailable, "The server can't read the document now.", ["error": error])
                }
            }
        }
        return leaves.sorted { $1.yields(to: $0) }
    }

    /// The document of this identifier as it counts; nil where there is none.
    func document(_ id: String) async throws(StoreError) -> DocumentLeaf? {
        let leaf = try await leaves([Array(id.utf8)])[0].first
        return leaf.flatMap { $0.isDeleted ? nil : $0 }
    }

    /// What became of one document of a request that writes several.
    enum DocumentFate: Sendable {
        /// As many nodes have it as were asked to.
        case written(revision: String)
        /// Some node has it, fewer than were asked to.
        case accepted(revision: String)
        /// It is not the revision that was to be replaced, or is there although it was not to be.
        case conflict
        case failed(StoreError)
    }

    /// Writes documents, each by itself, given as their JSON with commas between.
    ///
    /// - Parameter copies: How many nodes have to have each.
    func write(_ documents: [UInt8], count: Int, copies: Int) async throws(StoreError) -> [DocumentFate] {
        var body = Array("{\"w\":\(copies),\"docs\":[".utf8)
        body += documents
        body += "]}".utf8
        let (status, reply) = try await change("POST", "/_bulk_docs", body: body)
        guard let entries = reply.items, entries.count == count else {
            guard status != 412 else { throw .unsupported("The server refuses the documents of the store.") }
            throw CouchDatabase.lostReply
        }
        return entries.map { CouchDatabase.fate($0, status: status) }
    }

    private static func fate(_ entry: JSON, status: Int) -> DocumentFate {
        if entry["ok"]?.bool == true, let revision = entry["rev"]?.text {
            let isAccepted = entry["accepted"]?.bool ?? false
            return isAccepted ? .accepted(revision: revision) : .written(revision: revision)
        }
        let error = entry["error"]?.text ?? "none"
        let details = ["error": String(error.prefix(64))]
        switch error {
        case "conflict": return .conflict
        case "forbidden", "unauthorized":
            return .failed(StoreError(.permissionDenied, "The server does not let this user write.", details))
        case "document_too_large", "too_large":
            return .failed(
                StoreError(.tooLarge, "The server takes no documents as large: raise max_document_size.", details)
            )
        case "insufficient_storage":
            return .failed(StoreError(.full, "The server has no room: give it more.", details))
        default:
            return .failed(
                StoreError(.outcomeUnknown, "The server failed while writing: read the record to find out.", details)
            )
        }
    }
}
#endif
