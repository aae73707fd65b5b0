#if CouchDB
import KeyValue
import StoreHTTP

/// What the server says of the database, as far as the store depends on it.
struct ClusterFacts: Sendable {
    /// How many nodes keep a copy of each document.
    let copies: Int
    /// Into how many parts the database is split.
    let shards: Int
    let documents: Int
    let deletedDocuments: Int
    let fileBytes: Int

    init(_ json: JSON) throws(StoreError) {
        guard json["db_name"]?.text != nil, let documents = json["doc_count"]?.integer else { throw .strangeReply() }
        self.documents = documents
        deletedDocuments = json["doc_del_count"]?.integer ?? 0
        fileBytes = json["sizes"]?["file"]?.integer ?? 0
        copies = json["cluster"]?["n"]?.integer ?? 1
        shards = json["cluster"]?["q"]?.integer ?? 1
        if json["props"]?["partitioned"]?.bool == true {
            throw .unsupported("The database is a partitioned one: name another.")
        }
    }
}
#endif
