public import KeyValue
public import Tuples

/// A row of a table of PostgreSQL, as a view with `layout=raw` delivers it as a value.
///
/// Its bytes are a tuple as `Tuples` encodes it, of any length: the format 1, then for each column, in the order of the
/// table, its name, the name of its type as the server writes it (`character varying(20)`), and its value:
///
/// | type | element |
/// | --- | --- |
/// | smallint, integer, bigint | integer |
/// | boolean | truth value |
/// | real, double precision | float, double |
/// | bytea | byte string |
/// | uuid | UUID |
/// | timestamp with time zone | timestamp; a string where it is infinite |
/// | every other | string: the server's text of it, with ISO dates, UTC, and all digits |
///
/// and null for NULL. Text that is not UTF-8, which a database of the encoding SQL_ASCII may hold, is a byte string.
public struct PostgreSQLRawRow: Hashable, Sendable {
    /// A column of the row.
    public struct Column: Hashable, Sendable {
        /// Its name.
        public var name: String
        /// The name of its type.
        public var type: String
        /// Its value.
        public var value: TupleElement

        /// A column from its parts.
        public init(name: String, type: String, value: TupleElement) {
            self.name = name
            self.type = type
            self.value = value
        }
    }

    /// The columns in the order of the table.
    public var columns: [Column]

    /// A row of these columns.
    public init(_ columns: [Column]) { self.columns = columns }

    /// The value of the column with this name; nil without one. Linear in the columns.
    public subscript(name: String) -> TupleElement? { columns.first { $0.name == name }?.value }

    static let format: Int64 = 1

    /// The bytes. Throws `StoreError.Code.tooLarge` for a value that is beyond the format. Linear in them.
    public func encoded() throws(StoreError) -> [UInt8] {
        var encoder = TupleEncoder(reservingBytes: 256)
        encoder.append(PostgreSQLRawRow.format)
        for column in columns {
            encoder.append(column.name)
            encoder.append(column.type)
            switch column.value {
            // Of any length, where an element by itself is held to that of a key.
            case .bytes(let value): encoder.append(value)
            case .string(let value): encoder.append(value)
            case let value:
                do throws(TupleError) {
                    try encoder.append(contentsOf: [value])
                } catch {
                    throw StoreError(.tooLarge, "A value of the row is too large: leave it out.", cause: error)
                }
            }
        }
        return encoder.bytes
    }

    /// The row behind bytes of ``encoded()``.
    ///
    /// Throws `StoreError.Code.newerFormat` for a format of a later release, and `StoreError.Code.corrupted` for
    /// whatever else that method does not write. Linear in the bytes.
    public init(decoding bytes: [UInt8]) throws(StoreError) {
        columns = []
        let tuple: Tuple
        let format: Int64
        do throws(TupleError) {
            var decoder = try TupleDecoder(bytes, byteCountMax: .max)
            tuple = try decoder.rest()
            format = try tuple.integer(at: 0)
            for index in stride(from: 1, to: format == PostgreSQLRawRow.format ? tuple.elements.count : 1, by: 3) {
                let (name, type) = (try tuple.string(at: index), try tuple.string(at: index + 1))
                columns.append(Column(name: name, type: type, value: try tuple.element(at: index + 2)))
            }
        } catch {
            throw StoreError(.corrupted, "The bytes are no row of a table: restore them from a copy.", cause: error)
        }
        guard format <= PostgreSQLRawRow.format else {
            throw StoreError(.newerFormat, "The row is of a newer format: use a newer release.")
        }
        guard format == PostgreSQLRawRow.format else {
            throw StoreError(.corrupted, "The bytes are no row of a table: restore them from a copy.")
        }
    }
}
