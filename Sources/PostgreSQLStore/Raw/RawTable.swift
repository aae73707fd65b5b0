#if PostgreSQL
import KeyValue
import Tuples

/// A table that a raw view shows: its columns, its primary key, and the statements that read it.
struct RawTable: Sendable {
    struct Column: Sendable {
        let name: String
        /// The name of the type, with its modifiers.
        let type: String
        let kind: RawKind
        /// The column's place in the primary key, from 0.
        let keyPlace: Int?

        /// The name as SQL has it.
        var identifier: String {
            "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
        }

        /// With the table's alias before it: a bare name behind ORDER BY would mean the text that is selected.
        var quoted: String { "r." + identifier }
    }

    /// `schema.name`, quoted as SQL has it: the name of the partition too.
    let name: String
    /// Its number in the server's catalogue.
    let number: Int64
    private let source: String
    private let columns: [Column]
    /// The columns of the primary key, in its order.
    let key: [Column]

    init(name: String, number: Int64, isPartitioned: Bool, columns: [Column]) {
        self.name = name
        self.number = number
        // Tables that inherit from this one are tables of their own, the parts of a partitioned one are not.
        source = (isPartitioned ? name : "ONLY " + name) + " AS r"
        self.columns = columns
        key = columns.filter { $0.keyPlace != nil }.sorted { ($0.keyPlace ?? 0) < ($1.keyPlace ?? 0) }
    }

    var partition: [UInt8] { Array(name.utf8) }

    // MARK: - Statements

    private var keyList: String { key.map(\.quoted).joined(separator: ", ") }

    private func select(keysOnly: Bool) -> String {
        let keys = key.map { $0.kind.keyExpression($0.quoted) }
        let values = keysOnly ? [] : columns.map { $0.kind.expression($0.quoted) }
        return "SELECT " + (keys + values).joined(separator: ", ") + " FROM " + source
    }

    private func comparison(_ sign: String) -> String {
        let parameters = key.indices.map { "$\($0 + 1)::\(key[$0].type)" }.joined(separator: ", ")
        return " WHERE (\(keyList)) \(sign) (\(parameters))"
    }

    /// Rows in the order of the primary key, behind a key.
    func page(after position: [UInt8]?, limit: Int, keysOnly: Bool) throws(StoreError) -> Query {
        let end = " ORDER BY \(keyList) LIMIT \(limit)"
        guard let position else { return Query(select(keysOnly: keysOnly) + end) }
        guard let values = parameters(position) else {
            throw .invalidArgument("The cursor is not one of this range: begin the scan anew, without a cursor.")
        }
        return Query(select(keysOnly: keysOnly) + comparison(">") + end) { RawTable.append(values, to: &$0) }
    }

    /// The row of a key; nil for bytes that are no key of this table.
    func row(at position: [UInt8]) -> Query? {
        guard let values = parameters(position) else { return nil }
        return Query(select(keysOnly: false) + comparison("=")) { RawTable.append(values, to: &$0) }
    }

    var count: Query { Query("SELECT count(*) FROM " + source) }

    private static func append(_ values: [TupleElement], to parameters: inout Parameters) {
        for value in values {
            switch value {
            case .bytes(let bytes): parameters.append(bytes)
            case .integer(let number): parameters.append("\(number)")
            case .bool(let isTrue): parameters.append(isTrue ? "true" : "false")
            case .uuid(let uuid): parameters.append(uuid.description)
            case .string(let text): parameters.append(text)
            default: parameters.append(nil)
            }
        }
    }

    private func parameters(_ bytes: [UInt8]) -> [TupleElement]? {
        do throws(TupleError) {
            let tuple = try Tuple(decoding: bytes)
            guard tuple.elements.count == key.count else { return nil }
            for (element, column) in zip(tuple.elements, key) where !column.kind.isKey(element) { return nil }
            return tuple.elements
        } catch {
            return nil
        }
    }

    // MARK: - Rows

    /// The key of a row that ``page(after:limit:keysOnly:)`` or ``row(at:)`` gave.
    func key(_ result: QueryResult, _ row: Int) throws(StoreError) -> [UInt8] {
        var elements: [TupleElement] = []
        for (index, column) in key.enumerated() { elements.append(column.kind.keyElement(result, row, index)) }
        guard zip(elements, key).allSatisfy({ $1.kind.isKey($0) }) else {
            throw StoreError(
                .unsupported,
                "A primary key can't be read as text: see that the database's encoding is UTF-8.",
                ["table": name]
            )
        }
        do throws(TupleError) {
            return try Tuple(elements).encoded()
        } catch {
            throw StoreError(.tooLarge, "A primary key is too large.", ["table": name], cause: error)
        }
    }

    /// The value of such a row.
    func value(_ result: QueryResult, _ row: Int) throws(StoreError) -> [UInt8] {
        var found = PostgreSQLRawRow([])
        found.columns.reserveCapacity(columns.count)
        for (index, column) in columns.enumerated() {
            let value = column.kind.element(result, row, key.count + index)
            found.columns.append(.init(name: column.name, type: column.type, value: value))
        }
        return try found.encoded()
    }
}

/// How values of a type are read: in the server's binary form where that has an element of its own, else as text.
enum RawKind: Sendable {
    case integer, bool, float, double, bytes, uuid, timestamp, text

    /// By the number of the type in the server's catalogue; they never change.
    init(typeNumber: Int64) {
        self =
            switch typeNumber {
            case 20, 21, 23: .integer
            case 16: .bool
            case 700: .float
            case 701: .double
            case 17: .bytes
            case 2_950: .uuid
            case 1_184: .timestamp
            default: .text
            }
    }

    func expression(_ column: String) -> String { self == .text ? column + "::text" : column }

    /// As parts of a key, these are compared with what was given as text.
    private var isTextAsKey: Bool { [.float, .double, .timestamp, .text].contains(self) }

    func keyExpression(_ column: String) -> String { isTextAsKey ? column + "::text" : column }

    func isKey(_ element: TupleElement) -> Bool {
        switch (self, element) {
        case (.integer, .integer), (.bool, .bool), (.bytes, .bytes), (.uuid, .uuid): true
        case (_, .string): isTextAsKey
        default: false
        }
    }

    func keyElement(_ result: QueryResult, _ row: Int, _ column: Int) -> TupleElement {
        isTextAsKey ? RawKind.text.element(result, row, column) : element(result, row, column)
    }

    func element(_ result: QueryResult, _ row: Int, _ column: Int) -> TupleElement {
        guard let bytes = result.bytes(row, column) else { return .null }
        let bits = bytes.prefix(8).reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
        switch self {
        case .integer: return result.integer(row, column).map { .integer($0) } ?? .null
        case .bool: return .bool(bits != 0)
        case .float: return .float(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
        case .double: return .double(Double(bitPattern: bits))
        case .bytes: return .bytes(bytes)
        case .uuid: return TupleUUID(bytes: bytes).map { .uuid($0) } ?? .bytes(bytes)
        case .timestamp:
            // Microseconds since 2000.
            let (moment, isBeyond) = Int64(bitPattern: bits).addingReportingOverflow(946_684_800_000_000)
            if Int64(bitPattern: bits) == .min { return .string("-infinity") }
            return isBeyond ? .string("infinity") : .timestamp(Timestamp(microseconds: moment))
        case .text: return String(validating: bytes, as: UTF8.self).map { .string($0) } ?? .bytes(bytes)
        }
    }
}
#endif
