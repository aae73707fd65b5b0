import KeyValue

/// The records that everything is measured on: partition 16 bytes, key 24 bytes, value 300 bytes of which a quarter is
/// random.
///
/// 10,000 records share a partition and 100 a prefix of the key. Records are numbered in the order of their keys.
struct Dataset: Sendable {
    static let prefixSize = 100
    static let prefixBytes = 14
    static let valueBytes = 300
    /// Of partition, key and value together.
    static let recordBytes = 340

    /// Key by number.
    let keys: [Key]
    /// Values to be used by turns, all different: a record that is written again with the same value costs a database
    /// far less.
    let values: [[UInt8]]
    /// The numbers of the records in an order like random, the same in each run.
    let shuffled: [Int]

    init(count: Int) {
        var random = SplitMix(state: 20_260_101)
        keys = (0..<count).map { number in
            Key(
                "tenant-" + digits(number / 10_000, 9),
                "file-" + digits(number / Dataset.prefixSize, 8) + "--" + digits(number, 9)
            )
        }
        values = (0..<4_093).map { _ in Dataset.value(&random) }
        shuffled = (0..<count).shuffled(using: &random)
    }

    /// The value of the `count`th write.
    func value(_ count: Int) -> [UInt8] { values[count % values.count] }

    /// The range of the records that share the prefix of record `number`.
    func prefix(of number: Int) -> KeyRange {
        .prefix(Array(keys[number].bytes.prefix(Dataset.prefixBytes)), of: keys[number].partition)
    }

    private static func value(_ random: inout SplitMix) -> [UInt8] {
        (0..<valueBytes).map { $0 % 4 == 0 ? UInt8(truncatingIfNeeded: random.next()) : UInt8(0x61 + $0 % 23) }
    }
}

/// A generator of numbers that gives the same ones in each run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
