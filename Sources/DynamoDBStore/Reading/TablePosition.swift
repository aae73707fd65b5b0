#if DynamoDB
import KeyValue
import StoreHTTP

/// Behind which item of the table a scan of all partitions goes on. It may be of another space, or none of ours.
struct TablePosition: Sendable {
    let item: Item

    private static let format: UInt8 = 2

    init(_ item: Item) { self.item = DynamoDBLayout.key(item["p"]?.bytes ?? [], item["k"]?.bytes ?? []) }

    /// Behind everything that a partition can hold.
    init(behind partition: [UInt8]) {
        let last = [UInt8](repeating: 0xFF, count: DynamoDBLayout.sortKeyBytesMax)
        item = DynamoDBLayout.key(partition, last)
    }

    /// What a cursor says, which has to be one of this store's for all partitions of a space.
    init?(_ cursor: Cursor?, in space: KeySpace) throws(StoreError) {
        guard let cursor else { return nil }
        var reader = KeyReader(cursor.bytes)
        if reader.byte() == TablePosition.format {
            guard reader.byte() == space.rawValue, let partition = reader.string(), let sort = reader.string(),
                !partition.isEmpty, !sort.isEmpty, reader.isAtEnd
            else {
                throw .invalidArgument("The cursor is not one of this range: begin the scan anew, without a cursor.")
            }
            item = DynamoDBLayout.key(partition, sort)
        } else {
            item = DynamoDBLayout.item(at: try cursor.position(in: .all(in: space)))
        }
    }

    /// The cursor of a scan of a space that goes on behind this.
    func cursor(in space: KeySpace) -> Cursor {
        var writer = KeyWriter()
        writer.append(byte: TablePosition.format)
        writer.append(byte: space.rawValue)
        writer.append(string: item["p"]?.bytes ?? [])
        writer.append(string: item["k"]?.bytes ?? [])
        return Cursor(bytes: writer.bytes)
    }
}
#endif
