/// How many records there are, and the sum of their hashes: equal for equal records, in whichever order they come.
///
/// The sum is that of SipHash-2-4-128 over each record under a ``DigestSeed``, modulo 2^128. A sum and not an XOR, under
/// which two equal rows would vanish. What is hashed is the space (one byte) and the partition's length (seven bytes),
/// the key's length (eight bytes), all little-endian, then partition, key and value, so no byte can change sides
/// unseen. Two different sets of records that were chosen without knowing the seed meet with a probability of 2^-128.
public struct StoreDigest: Hashable, Sendable {
    /// How many records there are.
    public internal(set) var records = 0
    private var sum: UInt128 = 0

    /// The sum as 32 hexadecimal digits.
    public var text: String { Hexadecimal.digits(sum) }

    mutating func add(_ hash: UInt128) {
        records += 1
        sum &+= hash
    }

    mutating func add(records: Int, sum: UInt128) {
        self.records += records
        self.sum &+= sum
    }

    mutating func add(_ other: StoreDigest) { add(records: other.records, sum: other.sum) }
}
