/// The first byte of each encoded element, which says its kind and orders the kinds.
///
/// Source: design/tuple.md of FoundationDB. The user type codes (0x40 to 0x4f), which FoundationDB promises never to
/// give a meaning, hold the two kinds that it lacks.
enum TypeCode {
    static let null: UInt8 = 0x00
    static let bytes: UInt8 = 0x01
    static let string: UInt8 = 0x02
    static let tuple: UInt8 = 0x05
    static let bigNegative: UInt8 = 0x0b
    /// Zero. An integer of n bytes, 1 to 8, has this code plus n if it is positive and minus n if it is negative.
    static let zero: UInt8 = 0x14
    static let bigPositive: UInt8 = 0x1d
    static let float: UInt8 = 0x20
    static let double: UInt8 = 0x21
    static let `false`: UInt8 = 0x26
    static let `true`: UInt8 = 0x27
    static let uuid: UInt8 = 0x30
    static let timestamp: UInt8 = 0x40
    static let missing: UInt8 = 0x4f
    /// Begins no element, so that after a zero byte it can mean: this zero does not end the element.
    static let escape: UInt8 = 0xff

    /// The codes that FoundationDB gives a meaning and this module does not.
    static let unsupported: Set<UInt8> = [0x03, 0x04, 0x0a, 0x1e, 0x22, 0x23, 0x24, 0x25, 0x31, 0x32, 0x33]
}
