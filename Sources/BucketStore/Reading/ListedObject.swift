#if S3
import KeyValue

/// An object of a record, as a listing has it.
struct ListedObject: Sendable {
    let key: Key
    let bytes: Int
    let etag: String
    let isTombstone: Bool

    /// How many objects are read, or written, at a time for one caller.
    static let atOnce = 16
}

extension ScanPageBuilder {
    /// Appends listed objects, whose values are read unless keys alone are wanted; the last key where the page is full.
    ///
    /// No more is read side by side than a page has room for, unless one object alone is larger.
    ///
    /// - Parameter read: The row of an object; nil where it is gone since it was listed.
    mutating func append(
        _ objects: [ListedObject],
        _ options: ScanOptions,
        _ read: @escaping @Sendable (Key) async throws(StoreError) -> TaggedRow?
    ) async throws(StoreError) -> Key? {
        guard !options.keysOnly else {
            for object in objects {
                append(
                    object.key,
                    value: [],
                    nonce: 0,
                    isTombstone: object.isTombstone,
                    native: Array(object.etag.utf8)
                )
                if isFull { return object.key }
            }
            return nil
        }
        var rest = objects[...]
        while !rest.isEmpty {
            var bytes = 0
            var group: [Key] = []
            for object in rest.prefix(ListedObject.atOnce * 4) {
                bytes += object.bytes
                guard group.isEmpty || bytes <= options.bytesMax else { break }
                group.append(object.key)
            }
            rest = rest.dropFirst(group.count)
            for (key, row) in zip(group, try await sideBySide(group, atMost: ListedObject.atOnce, read)) {
                if let row {
                    append(
                        key,
                        value: row.value,
                        nonce: row.nonce,
                        isTombstone: row.isTombstone,
                        native: Array(row.etag.utf8)
                    )
                }
                if isFull { return key }
            }
        }
        return nil
    }
}
#endif
