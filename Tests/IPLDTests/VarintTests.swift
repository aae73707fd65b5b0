import IPLD
import Testing

@Suite("Varints")
struct VarintTests {
    @Test("A number has one form", arguments: [0, 1, 127, 128, 16_383, 16_384, 1 << 32, Varint.max] as [UInt64])
    func roundTrip(number: UInt64) throws {
        var bytes: [UInt8] = []
        try Varint.append(number, to: &bytes)
        #expect(bytes.count == Varint.byteCount(of: number))
        let read = try Varint.decode(bytes + [0xFF])
        #expect(read.number == number)
        #expect(read.byteCount == bytes.count)
    }

    @Test("What is longer than needed, too large or cut off is refused")
    func refusals() {
        let tooLarge = [UInt8](repeating: 0xFF, count: 9) + [0x01]
        for bytes in [[], [0x80], [0x80, 0x00], [0x81, 0x80, 0x00], tooLarge] as [[UInt8]] {
            #expect(throws: IPLDError.self) { try Varint.decode(bytes) }
        }
        var bytes: [UInt8] = []
        #expect(throws: IPLDError.self) { try Varint.append(Varint.max + 1, to: &bytes) }
    }
}
