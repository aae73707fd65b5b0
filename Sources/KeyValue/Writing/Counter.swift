/// The value of a record that is added to: a signed 64-bit integer as eight big-endian bytes.
///
/// A key without a live record counts as zero. Adding to a value that is not eight bytes long, or past either end of
/// the range, is ``StoreError/Code/invalidArgument`` and writes nothing.
public enum Counter {
    /// The value that a counter at `number` has.
    public static func encode(_ number: Int64) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }

    /// The number behind a value; nil when it is not a counter's.
    public static func decode(_ value: some Collection<UInt8>) -> Int64? {
        guard value.count == 8 else { return nil }
        return Int64(bitPattern: value.reduce(0) { $0 << 8 | UInt64($1) })
    }

    /// For stores: the sum of a stored value, nil when there is no live record, and an amount.
    public static func sum(of value: [UInt8]?, and amount: Int64, at key: Key) throws(StoreError) -> Int64 {
        guard let value else { return amount }
        guard let number = decode(value) else {
            throw .invalidArgument(
                "The record is not a counter: its value is not eight bytes long.",
                ["key": "\(key)", "bytes": "\(value.count)"]
            )
        }
        let (sum, overflows) = number.addingReportingOverflow(amount)
        guard !overflows else {
            throw .invalidArgument("The sum leaves the range of a 64-bit integer.", ["key": "\(key)"])
        }
        return sum
    }
}
