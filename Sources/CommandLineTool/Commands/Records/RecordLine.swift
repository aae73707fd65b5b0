import Foundation
import Records
import Tuples

/// A record as a line of JSON.
struct RecordLine {
    private enum Value: Decodable {
        case null
        case bool(Bool)
        case integer(Int64)
        case double(Double)
        case text(String)
        case array([Value])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                self = .null
            } else if let bool = try? container.decode(Bool.self) { // Each kind is tried: none is an error by itself.
                self = .bool(bool)
            } else if let number = try? container.decode(Int64.self) { // As above.
                self = .integer(number)
            } else if let number = try? container.decode(Double.self) { // As above.
                self = .double(number)
            } else if let text = try? container.decode(String.self) { // As above.
                self = .text(text)
            } else {
                self = .array(try container.decode([Value].self))
            }
        }
    }

    private let values: [String: Value]

    init(_ line: some Collection<UInt8>) throws {
        values = try JSONDecoder().decode([String: Value].self, from: Data(line))
    }

    /// The message of the record; fields that are null are not set.
    func message(of type: RecordType<StoredMessage>) throws(RecordError) -> StoredMessage {
        var elements: [String: [TupleElement]] = [:]
        for (name, value) in values {
            switch value {
            case .null: continue
            case .array(let values): elements[name] = values.map { element($0, name, type) }
            default: elements[name] = [element(value, name, type)]
            }
        }
        return try type.message(of: elements)
    }

    /// A value as it is, so that one of another kind than the field's is refused as such.
    private func element(_ value: Value, _ field: String, _ type: RecordType<StoredMessage>) -> TupleElement {
        switch value {
        case .null: .null
        case .bool(let bool): .bool(bool)
        case .integer(let number):
            if case .double(let number)? = type.value("\(number)", of: field) {
                .double(number)
            } else {
                .integer(number)
            }
        case .double(let number): .double(number)
        case .text(let text): type.value(text, of: field) ?? .string(text)
        case .array: .tuple([])
        }
    }
}

/// A file that declares a record type.
enum TypeFile {
    private static var indexDefaults: [String: Any] { ["state": "disabled", "generation": 0] }

    /// The description, with what need not be said put in.
    static func description(_ bytes: [UInt8]) throws -> RecordTypeDescription {
        do {
            guard var type = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any] else {
                throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "no object"))
            }
            let fields = (type["fields"] as? [[String: Any]] ?? []).map {
                $0.merging(["isMultiValued": false]) { old, _ in old }
            }
            let indexes = (type["indexes"] as? [[String: Any]] ?? []).map {
                $0.merging(indexDefaults) { old, _ in old }
            }
            type["fields"] = fields
            type["indexes"] = indexes
            type["schemaVersion"] = type["schemaVersion"] ?? 1
            type["group"] = type["group"] ?? type["name"]
            return try JSONDecoder()
                .decode(RecordTypeDescription.self, from: try JSONSerialization.data(withJSONObject: type))
        } catch let error as DecodingError {
            throw CommandError(.failed, "The file declares no record type.", ["cause": error.whatIsWrong])
        } catch {
            throw CommandError(.failed, "The file declares no record type.", ["cause": "it is no JSON"])
        }
    }
}

extension DecodingError {
    fileprivate var whatIsWrong: String {
        switch self {
        case .keyNotFound(let key, _): "\(key.stringValue) is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            (context.codingPath.map(\.stringValue) + [context.debugDescription]).joined(separator: ": ")
        @unknown default: "unknown"
        }
    }
}

extension InputFile {
    /// All of a small file.
    static func contents(of path: String, bytesMax: Int = 1 << 20) throws -> [UInt8] {
        let handle: FileHandle
        do {
            handle = try FileHandle(forReadingFrom: URL(filePath: path))
        } catch {
            throw CommandError(.usage, "The input file can't be opened: check its path.", ["path": path])
        }
        defer { try? handle.close() } // It was only read.
        let bytes = try handle.read(upToCount: bytesMax + 1) ?? Data()
        guard bytes.count <= bytesMax else {
            throw CommandError(.failed, "The file is too long.", ["path": path, "bytesMax": "\(bytesMax)"])
        }
        return Array(bytes)
    }
}
