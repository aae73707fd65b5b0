/// How much a reader of a block lets pass.
public enum Strictness: Hashable, Sendable {
    /// Only the one form of a value: what is read encodes to the same bytes.
    case strict
    /// Beside it what other encoders have written. In DAG-CBOR: floats of 16 and 32 bits, keys out of order,
    /// `undefined` (which becomes null), and strings that are not UTF-8. In DAG-JSON: white space, keys out of order,
    /// and other forms of numbers, strings and identifiers. In dag-pb: the data before the links,
    /// and links out of order.
    ///
    /// Such a block does not encode to the same bytes again, so keep the bytes where its hash matters.
    case lenient
}
