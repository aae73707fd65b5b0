/// One element of a ``Tuple``: a value of one of a closed list of kinds.
///
/// Elements of different kinds are ordered by kind, in the order of the cases here. Elements are equal if their
/// encodings are, and ordered as those are: strings by their UTF-8 bytes, without Unicode normalisation, and
/// floating-point numbers by the total order of IEEE 754, in which -0.0 is below 0.0 and a NaN equals itself.
public enum TupleElement: Sendable {
    /// A value that is known to be nothing.
    case null
    /// A byte string, ordered as bytes.
    case bytes([UInt8])
    /// A string, ordered by its UTF-8 bytes.
    case string(String)
    /// A tuple inside of the tuple.
    case tuple(Tuple)
    /// An integer. Ordered together with ``bigInteger(_:)``, as one kind.
    case integer(Int64)
    /// An integer that `Int64` can't hold.
    case bigInteger(BigInteger)
    /// A 32-bit floating-point number.
    case float(Float)
    /// A 64-bit floating-point number.
    case double(Double)
    /// A truth value; false is first.
    case bool(Bool)
    /// A UUID, ordered as bytes.
    case uuid(TupleUUID)
    /// A moment, ordered by time. No kind of FoundationDB's.
    case timestamp(Timestamp)
    /// No value at all, which is not ``null``: it comes after every value. No kind of FoundationDB's.
    case missing

    /// An integer.
    public init(_ value: Int) { self = .integer(Int64(value)) }

    /// The byte that the encoding of the element begins with; for an integer that of zero, since they are one kind.
    var kindCode: UInt8 {
        switch self {
        case .null: TypeCode.null
        case .bytes: TypeCode.bytes
        case .string: TypeCode.string
        case .tuple: TypeCode.tuple
        case .integer, .bigInteger: TypeCode.zero
        case .float: TypeCode.float
        case .double: TypeCode.double
        case .bool(let value): value ? TypeCode.true : TypeCode.false
        case .uuid: TypeCode.uuid
        case .timestamp: TypeCode.timestamp
        case .missing: TypeCode.missing
        }
    }
}

extension TupleElement: ExpressibleByNilLiteral, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral
{
    /// `nil` is ``null``.
    public init(nilLiteral: ()) { self = .null }
    public init(stringLiteral value: String) { self = .string(value) }
    /// A number without a fraction is an ``integer(_:)``.
    public init(integerLiteral value: Int64) { self = .integer(value) }
    /// A number with a fraction is a ``double(_:)``.
    public init(floatLiteral value: Double) { self = .double(value) }
    /// `true` and `false` are ``bool(_:)``.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(arrayLiteral elements: TupleElement...) { self = .tuple(Tuple(elements)) }
}
