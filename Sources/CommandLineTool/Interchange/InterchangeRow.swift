import Foundation
import KeyValue
import Migration

/// The interchange form: one JSON object a line, with the fields `partition`, `key` and `value`, each of them with
/// `Base64` behind its name where the bytes are not UTF-8. `tombstone` says that the record was deleted, and goes
/// without a value; `space` names the half of reserved space that travels. Other fields are refused.
enum InterchangeRow {
    static func row(_ line: ArraySlice<UInt8>) throws(FlatObject.Malformed) -> Row {
        var parts: [String: [UInt8]] = [:]
        var isTombstone = false
        var space = KeySpace.records
        for (name, value) in try FlatObject.fields(of: line) {
            switch (name, value) {
            case ("partition", .text(let bytes)), ("key", .text(let bytes)), ("value", .text(let bytes)):
                try put(bytes, name, field: name, in: &parts)
            case ("partitionBase64", .text(let text)), ("keyBase64", .text(let text)), ("valueBase64", .text(let text)):
                guard let data = Data(base64Encoded: Data(text)) else {
                    throw FlatObject.Malformed(message: "The text is not Base64.", field: name)
                }
                try put(Array(data), String(name.dropLast(6)), field: name, in: &parts)
            case ("tombstone", .bool(let bool)): isTombstone = bool
            case ("space", .text(let text)):
                guard let named = KeySpace(name: String(decoding: text, as: UTF8.self)), named != .reservedLocal else {
                    throw FlatObject.Malformed(message: "The space is records or reserved-data.", field: name)
                }
                space = named
            case ("partition", _), ("key", _), ("value", _), ("partitionBase64", _), ("keyBase64", _),
                ("valueBase64", _), ("space", _):
                throw FlatObject.Malformed(message: "The field is a text.", field: name)
            case ("tombstone", _): throw FlatObject.Malformed(message: "The field is true or false.", field: name)
            default:
                throw FlatObject.Malformed(
                    message: "A record has no such field: it has partition, key and value, or those with Base64.",
                    field: name
                )
            }
        }
        return try row(parts, space, isTombstone)
    }

    private static func row(
        _ parts: [String: [UInt8]],
        _ space: KeySpace,
        _ isTombstone: Bool
    ) throws(FlatObject.Malformed) -> Row {
        for name in ["partition", "key"] where parts[name]?.isEmpty ?? true {
            throw FlatObject.Malformed(message: "The field is missing or empty.", field: name)
        }
        guard (parts["value"] == nil) == isTombstone else {
            throw FlatObject.Malformed(
                message: isTombstone ? "A tombstone has no value." : "The field is missing.",
                field: "value"
            )
        }
        let key = Key(partition: parts["partition"] ?? [], bytes: parts["key"] ?? [], space: space)
        return Row(key: key, value: parts["value"] ?? [], isTombstone: isTombstone)
    }

    private static func put(
        _ bytes: [UInt8],
        _ part: String,
        field: String,
        in parts: inout [String: [UInt8]]
    ) throws(FlatObject.Malformed) {
        guard parts.updateValue(bytes, forKey: part) == nil else {
            throw FlatObject.Malformed(message: "The part is there twice: as text and in Base64.", field: field)
        }
    }
}

/// The rows of a file in the interchange form. Empty lines are passed over.
///
/// Its errors that are no store's own are kept in ``failure``, since a source of rows throws only a store's.
struct InterchangeRows: RowSource {
    private static let pageRowsMax = 1_024
    private static let pageBytesMax = 1 << 20
    private var lines: LineReader
    /// Why reading ended.
    private(set) var failure: CommandError?

    init(_ lines: LineReader) { self.lines = lines }

    mutating func nextPage() async throws(StoreError) -> [Row]? {
        do {
            var page: [Row] = []
            var bytes = 0
            while page.count < InterchangeRows.pageRowsMax, bytes < InterchangeRows.pageBytesMax,
                let line = try await lines.next()
            {
                guard !line.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) else { continue }
                let row = try InterchangeRow.row(line)
                bytes += row.byteCount
                page.append(row)
            }
            return page.isEmpty ? nil : page
        } catch let error as FlatObject.Malformed {
            var metadata = ["line": "\(lines.number)"]
            metadata["field"] = error.field
            failure = CommandError(.failed, error.message, metadata)
        } catch let error as CommandError {
            failure = error
        } catch {
            throw .cancelled
        }
        throw .invalidArgument("The input is not in the interchange form.")
    }
}
