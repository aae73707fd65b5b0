import Foundation
import KeyValue
import Records
import Testing
import Tuples

/// Records of a service, made without generated code: a name in the first field, a size in the second.
struct ItemRecords {
    let type: RecordType<StoredMessage>

    /// A type with these indexes, each of a name, a kind and columns.
    init(_ indexes: [(name: String, kind: String, columns: [String])]) throws {
        let described = indexes.map { index in
            let columns = index.columns.map { "\"\($0)\"" }.joined(separator: ",")
            return """
                {"name":"\(index.name)","kind":"\(index.kind)","columns":[\(columns)],"state":"readable","generation":0}
                """
        }
        let description = """
            {"name":"item","schemaVersion":1,"group":"g","partitionedBy":["name"],"shards":4,"primaryKey":["name"],\
            "fields":[{"name":"name","kind":"string","isMultiValued":false,"number":1},\
            {"name":"size","kind":"integer","isMultiValued":false,"number":2}],"indexes":[\(described.joined(separator: ","))]}
            """
        let decoded = try JSONDecoder().decode(RecordTypeDescription.self, from: Data(description.utf8))
        type = try RecordType(describedBy: decoded)
    }

    func open(_ store: any KeyValueStore) async throws -> RecordStore {
        try await RecordStore.open(
            store,
            namespace: "t",
            types: [type],
            cursorKey: CursorKey(high: 1, low: 2),
            schemaLease: .seconds(1)
        ) { Timestamp(milliseconds: 0) }
    }

    static func message(_ number: Int, size: Int? = nil) -> StoredMessage {
        let name = Array("item\(number)".utf8)
        // Field 1, its length and bytes; field 2, a number below 128.
        return StoredMessage(bytes: [0x0A, UInt8(name.count)] + name + [0x10, UInt8((size ?? number) % 100)])
    }

    /// Fills a store as a release without indexes, and begins with the next, which has them.
    static func fill(_ store: any KeyValueStore, _ count: Int, _ next: ItemRecords) async throws {
        let old = try ItemRecords([])
        let records = try await old.open(store)
        for number in 0..<count { try await records.save(message(number), as: old.type) }
        _ = try await next.open(store)
    }
}
