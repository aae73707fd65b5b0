/// SipHash-2-4 with 128 bits of output (Aumasson and Bernstein, 2012): a keyed hash of any bytes. Who does not know the
/// key can't tell it from a random function, so nobody can choose bytes whose hashes meet or cancel out.
///
/// A value: a copy goes on from the same state by itself.
struct SipHash {
    private var v0: UInt64
    private var v1: UInt64
    private var v2: UInt64
    private var v3: UInt64
    /// Bytes that do not make a whole word yet, the first lowest.
    private var tail: UInt64 = 0
    private var tailBits: UInt64 = 0
    private var byteCount: UInt64 = 0

    init(key seed: DigestSeed) {
        v0 = seed.low ^ 0x736f_6d65_7073_6575
        v1 = seed.high ^ 0x646f_7261_6e64_6f6d ^ 0xee
        v2 = seed.low ^ 0x6c79_6765_6e65_7261
        v3 = seed.high ^ 0x7465_6462_7974_6573
    }

    /// Takes in eight bytes, little-endian.
    @inline(__always)
    mutating func append(_ word: UInt64) {
        compress(tail | word &<< tailBits)
        // Two steps, since a shift by all 64 bits is one that must leave nothing.
        tail = (word &>> 1) &>> (63 &- tailBits)
        byteCount &+= 8
    }

    /// Takes in bytes.
    @inline(__always)
    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        let whole = bytes.count & ~7
        var offset = 0
        while offset < whole {
            append(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
            offset += 8
        }
        while offset < bytes.count {
            tail |= UInt64(bytes[offset]) &<< tailBits
            tailBits += 8
            byteCount &+= 1
            offset += 1
            if tailBits == 64 {
                compress(tail)
                tail = 0
                tailBits = 0
            }
        }
    }

    /// The hash of everything that was taken in: of its sixteen bytes, as published, the first lowest.
    @inline(__always)
    consuming func finish() -> UInt128 {
        compress(tail | byteCount << 56)
        v2 ^= 0xee
        for _ in 0..<4 { round() }
        let low = v0 ^ v1 ^ v2 ^ v3
        v1 ^= 0xdd
        for _ in 0..<4 { round() }
        return UInt128(v0 ^ v1 ^ v2 ^ v3) << 64 | UInt128(low)
    }

    @inline(__always)
    private mutating func compress(_ word: UInt64) {
        v3 ^= word
        round()
        round()
        v0 ^= word
    }

    @inline(__always)
    private mutating func round() {
        v0 = v0 &+ v1
        v1 = (v1 &<< 13 | v1 &>> 51) ^ v0
        v0 = v0 &<< 32 | v0 &>> 32
        v2 = v2 &+ v3
        v3 = (v3 &<< 16 | v3 &>> 48) ^ v2
        v0 = v0 &+ v3
        v3 = (v3 &<< 21 | v3 &>> 43) ^ v0
        v2 = v2 &+ v1
        v1 = (v1 &<< 17 | v1 &>> 47) ^ v2
        v2 = v2 &<< 32 | v2 &>> 32
    }
}
