#if PostgreSQL
/// The parameters of one query in the binary format, in one block of bytes.
///
/// The format of arrays is that of PostgreSQL's `array_send`: dimensions, a flag, the type of the elements, their
/// number, the first index, then each with its length before it; all integers are 32 bits, big-endian.
struct Parameters: Sendable {
    /// The server's numbers for types, from its catalogue; they never change.
    enum TypeNumber {
        static let bytea: UInt32 = 17
        static let int8: UInt32 = 20
        static let int2: UInt32 = 21
        static let text: UInt32 = 25
        static let byteaArray: UInt32 = 1_001
        static let int2Array: UInt32 = 1_005
        static let int8Array: UInt32 = 1_016
    }

    private(set) var block: [UInt8] = []
    /// Where each parameter lies in the block; nil for NULL.
    private(set) var places: [Range<Int>?] = []
    private(set) var types: [UInt32] = []

    var count: Int { places.count }

    mutating func append(_ bytes: [UInt8]?) {
        guard let bytes else { return append(type: TypeNumber.bytea, nil) }
        append(type: TypeNumber.bytea) { $0.append(contentsOf: bytes) }
    }

    mutating func append(_ text: String) {
        append(type: TypeNumber.text) { $0.append(contentsOf: text.utf8) }
    }

    mutating func append(_ number: Int64) {
        append(type: TypeNumber.int8) { Parameters.write(number, to: &$0) }
    }

    mutating func append(_ number: Int16) {
        append(type: TypeNumber.int2) { Parameters.write(number, to: &$0) }
    }

    mutating func append(_ list: [[UInt8]?]) {
        append(type: TypeNumber.byteaArray) { block in
            let hasNull = list.contains { $0 == nil }
            Parameters.begin(&block, count: list.count, of: TypeNumber.bytea, hasNull: hasNull)
            for bytes in list {
                guard let bytes else {
                    Parameters.write(Int32(-1), to: &block)
                    continue
                }
                Parameters.write(Int32(truncatingIfNeeded: bytes.count), to: &block)
                block.append(contentsOf: bytes)
            }
        }
    }

    mutating func append(_ list: [Int16]) {
        append(type: TypeNumber.int2Array) { Parameters.write(list, of: TypeNumber.int2, to: &$0) }
    }

    mutating func append(_ list: [Int64]) {
        append(type: TypeNumber.int8Array) { Parameters.write(list, of: TypeNumber.int8, to: &$0) }
    }

    private mutating func append(type: UInt32, _ write: ((inout [UInt8]) -> Void)?) {
        types.append(type)
        guard let write else { return places.append(nil) }
        let start = block.count
        write(&block)
        places.append(start..<block.count)
    }

    private static func begin(_ block: inout [UInt8], count: Int, of type: UInt32, hasNull: Bool) {
        write(Int32(count == 0 ? 0 : 1), to: &block)
        write(Int32(hasNull ? 1 : 0), to: &block)
        write(type, to: &block)
        guard count > 0 else { return }
        write(Int32(truncatingIfNeeded: count), to: &block)
        write(Int32(1), to: &block)
    }

    private static func write<Number: FixedWidthInteger>(_ list: [Number], of type: UInt32, to block: inout [UInt8]) {
        begin(&block, count: list.count, of: type, hasNull: false)
        for number in list {
            write(Int32(truncatingIfNeeded: MemoryLayout<Number>.size), to: &block)
            write(number, to: &block)
        }
    }

    private static func write(_ number: some FixedWidthInteger, to block: inout [UInt8]) {
        withUnsafeBytes(of: number.bigEndian) { block.append(contentsOf: $0) }
    }
}
#endif
