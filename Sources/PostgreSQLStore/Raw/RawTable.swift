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
        /// Whether the server keeps text of this column in the order of its bytes in UTF-8.
        let sortsAsBytes: Bool

        /// The name as SQL has it.
        var identifier: String {
            "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
        }

        /// With the table's alias before it: a bare name behind ORDER BY would mean the text that is selected.
        var quoted: String { "r." + identifier }

        /// Whether values come in the order of their encodings.
        var isOrdered: Bool {
            switch kind {
            case .integer, .bool, .bytes, .uuid: true
            case .text: sortsAsBytes
            case .float, .double, .timestamp: false
            }
        }

        /// The type of what is compared with it: one that a bound is not cut to, where it is another than the column's.
        var comparedType: String { kind == .integer ? "bigint" : sortsAsBytes ? "text" : type }
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

    private static func list(_ columns: some Sequence<Column>) -> String {
        columns.map(\.quoted).joined(separator: ", ")
    }

    private func select(keysOnly: Bool, _ clause: String = "") -> String {
        let keys = key.map { $0.kind.keyExpression($0.quoted) }
        let values = keysOnly ? [] : columns.map { $0.kind.expression($0.quoted) }
        return "SELECT " + (keys + values).joined(separator: ", ") + " FROM " + source + clause
    }

    /// What rows between two bounds meet; the second may be open.
    private func condition(_ lower: RawBound, _ upper: RawBound?) -> String {
        var terms: [String] = []
        var place = 1
        func compare(_ bound: RawBound, _ sign: String) {
            let columns = key.prefix(bound.values.count)
            let parameters = columns.map { column in
                defer { place += 1 }
                return "$\(place)::\(column.comparedType)"
            }
            terms.append("(\(RawTable.list(columns))) \(sign) (\(parameters.joined(separator: ", ")))")
        }
        if !lower.values.isEmpty {
            compare(lower, lower.isInclusive ? ">=" : ">")
        } else if !lower.isInclusive {
            terms.append("false")
        }
        if let upper, !upper.values.isEmpty {
            compare(upper, upper.isInclusive ? "<" : "<=")
        } else if let upper, upper.isInclusive {
            terms.append("false")
        }
        return terms.isEmpty ? "" : " WHERE " + terms.joined(separator: " AND ")
    }

    private func query(_ start: String, _ lower: RawBound, _ upper: RawBound?, _ end: String = "") -> Query {
        Query(start + condition(lower, upper) + end) { parameters in
            RawTable.append(lower.values + (upper?.values ?? []), to: &parameters)
        }
    }

    /// Rows between two bounds, in the order of the primary key.
    func page(from lower: RawBound, to upper: RawBound?, limit: Int, keysOnly: Bool) -> Query {
        query(select(keysOnly: keysOnly), lower, upper, " ORDER BY \(RawTable.list(key)) LIMIT \(limit)")
    }

    /// The row of a key; nil for bytes that are no key of this table.
    func row(at position: [UInt8]) -> Query? {
        guard let values = parameters(position) else { return nil }
        let parameters = key.indices.map { "$\($0 + 1)::\(key[$0].comparedType)" }.joined(separator: ", ")
        return Query(select(keysOnly: false) + " WHERE (\(RawTable.list(key))) = (\(parameters))") {
            RawTable.append(values, to: &$0)
        }
    }

    /// How many rows there are between two bounds.
    func count(from lower: RawBound, to upper: RawBound?) -> Query {
        query("SELECT count(*) FROM " + source, lower, upper)
    }

    /// How many blocks there are of it, its parts included.
    var blocks: Query {
        Query(
            """
            SELECT greatest(pg_relation_size($1::oid), (SELECT sum(pg_relation_size(t.relid)) \
            FROM pg_partition_tree($1::oid::regclass) t))::bigint / current_setting('block_size')::bigint
            """
        ) { $0.append(number) }
    }

    /// How many blocks a sample is drawn from, about. A block holds 226 rows at most.
    private static let sampledBlocks = 512

    /// The keys of the rows in some blocks, each as likely as another.
    func sample(ofBlocks blocks: Int) -> Query {
        let percent = 100 * min(1, Double(RawTable.sampledBlocks) / Double(max(1, blocks)))
        return Query(select(keysOnly: true, " TABLESAMPLE SYSTEM (\(percent))"))
    }

    // MARK: - Bounds

    /// Whether rows come in the order of their keys' bytes.
    var isOrdered: Bool { key.allSatisfy(\.isOrdered) }

    /// The place of any bytes, if the table ``isOrdered``.
    func bound(at bytes: [UInt8]) -> RawBound { RawBound(bytes, of: key.map(\.kind)) }

    /// Right behind the row of a key.
    func bound(behind position: [UInt8]) throws(StoreError) -> RawBound {
        guard let values = parameters(position) else {
            throw .invalidArgument("The cursor is not one of this range: begin the scan anew, without a cursor.")
        }
        return RawBound(behind: values)
    }

    // MARK: - Parameters

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

    /// The key of a row that ``page(from:to:limit:keysOnly:)`` or ``row(at:)`` gave.
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

    /// What an element of a key of this kind may begin with.
    var firstBytes: ClosedRange<UInt8> {
        switch self {
        case .integer: 0x0c...0x1c
        case .bool: 0x26...0x27
        case .bytes: 0x01...0x01
        case .uuid: 0x30...0x30
        case .float, .double, .timestamp, .text: 0x02...0x02
        }
    }

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
