#if CouchDB
public import KeyValue
import StoreHTTP

extension CouchDBStore {
    public func status() async throws(StoreError) -> StoreStatus {
        try requireOpen()
        let present = try await database.facts()
        var warnings: [String] = []
        if present.copies > 1 {
            warnings.append("Writes with a precondition need every node that has a copy: none may be down.")
        }
        return StoreStatus(
            durability: capabilities.durability,
            format: CouchDBStore.formatVersion,
            facts: [
                StoreStatus.Fact("server", "\(database.endpoint)"),
                StoreStatus.Fact("copies", "\(present.copies)"),
                StoreStatus.Fact("shards", "\(present.shards)"),
                StoreStatus.Fact("documents", "\(present.documents)"),
                StoreStatus.Fact("deleted documents", "\(present.deletedDocuments)"),
                StoreStatus.Fact("file bytes", "\(present.fileBytes)"),
            ],
            warnings: warnings
        )
    }
}
#endif
