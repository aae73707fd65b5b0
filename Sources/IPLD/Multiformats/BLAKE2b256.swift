/// BLAKE2b with a digest of 256 bits and without a key, as RFC 7693 has it.
///
/// swift-crypto has no BLAKE2, and to link a library for it alone would be a burden for all who need none. No secret goes
/// through it: it tells whether blocks are what they are named.
enum BLAKE2b256 {
    private static let blockBytes = 128
    private static let initialLow: SIMD4<UInt64> = [
        0x6A09_E667_F3BC_C908, 0xBB67_AE85_84CA_A73B, 0x3C6E_F372_FE94_F82B, 0xA54F_F53A_5F1D_36F1,
    ]
    private static let initialHigh: SIMD4<UInt64> = [
        0x510E_527F_ADE6_82D1, 0x9B05_688C_2B3E_6C1F, 0x1F83_D9AB_FB41_BD6B, 0x5BE0_CD19_137E_2179,
    ]
    /// Which word of a block goes where in each round: those of the even places first. The first two rows come again at
    /// the end.
    private static let rounds: [SIMD16<Int>] = {
        let rows: [SIMD16<Int>] = [
            [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
            [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
            [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
            [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
            [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
            [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
            [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
            [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
            [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
            [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
        ]
        return rows + rows.prefix(2)
    }()

    /// The digest of bytes.
    static func digest(of bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var (low, high) = (initialLow, initialHigh)
        // The length of the digest, no key, one leaf in a tree of one.
        low[0] ^= 0x0101_0020
        var words = SIMD16<UInt64>()
        var offset = 0
        // The last block, whole or not, is mixed in another way than those before; without any bytes it is all zeros.
        while bytes.count - offset > blockBytes {
            for index in 0..<16 {
                words[index] = UInt64(
                    littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 8 * index, as: UInt64.self)
                )
            }
            offset += blockBytes
            mix(words, into: &low, &high, bytesSoFar: offset, isLast: false)
        }
        words = SIMD16()
        for (index, byte) in bytes[offset...].enumerated() { words[index / 8] |= UInt64(byte) << (8 * (index % 8)) }
        mix(words, into: &low, &high, bytesSoFar: bytes.count, isLast: true)
        return (0..<32).map { UInt8(truncatingIfNeeded: low[$0 / 8] >> (8 * ($0 % 8))) }
    }

    private static func mix(
        _ words: SIMD16<UInt64>,
        into low: inout SIMD4<UInt64>,
        _ high: inout SIMD4<UInt64>,
        bytesSoFar: Int,
        isLast: Bool
    ) {
        var (a, b, c, d) = (low, high, initialLow, initialHigh)
        d[0] ^= UInt64(bytesSoFar)
        if isLast { d[2] = ~d[2] }
        for row in rounds {
            // The columns of four by four words, and then its diagonals.
            quarter(&a, &b, &c, &d, words.at(row.lowHalf.evenHalf), words.at(row.lowHalf.oddHalf))
            (b, c, d) = (b.rotated(by: 1), c.rotated(by: 2), d.rotated(by: 3))
            quarter(&a, &b, &c, &d, words.at(row.highHalf.evenHalf), words.at(row.highHalf.oddHalf))
            (b, c, d) = (b.rotated(by: 3), c.rotated(by: 2), d.rotated(by: 1))
        }
        low ^= a ^ c
        high ^= b ^ d
    }

    @inline(__always)
    private static func quarter(
        _ a: inout SIMD4<UInt64>,
        _ b: inout SIMD4<UInt64>,
        _ c: inout SIMD4<UInt64>,
        _ d: inout SIMD4<UInt64>,
        _ x: SIMD4<UInt64>,
        _ y: SIMD4<UInt64>
    ) {
        a = a &+ b &+ x
        d = turned(d ^ a, 32)
        c = c &+ d
        b = turned(b ^ c, 24)
        a = a &+ b &+ y
        d = turned(d ^ a, 16)
        c = c &+ d
        b = turned(b ^ c, 63)
    }

    @inline(__always)
    private static func turned(_ words: SIMD4<UInt64>, _ bits: UInt64) -> SIMD4<UInt64> {
        words &>> bits | words &<< (64 - bits)
    }
}

extension SIMD16<UInt64> {
    @inline(__always)
    fileprivate func at(_ places: SIMD4<Int>) -> SIMD4<UInt64> {
        [self[places[0]], self[places[1]], self[places[2]], self[places[3]]]
    }
}

extension SIMD4<UInt64> {
    @inline(__always)
    fileprivate func rotated(by count: Int) -> SIMD4<UInt64> {
        switch count {
        case 1: [self[1], self[2], self[3], self[0]]
        case 2: [self[2], self[3], self[0], self[1]]
        default: [self[3], self[0], self[1], self[2]]
        }
    }
}
