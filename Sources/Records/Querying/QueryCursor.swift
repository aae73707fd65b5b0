/// Where a query goes on: opaque, sealed with the store's ``CursorKey``, and valid for the same query across restarts
/// and after the record under it is gone.
public struct QueryCursor: Hashable, Sendable {
    private static let format: UInt8 = 1

    /// The bytes, for keeping it elsewhere.
    public let bytes: [UInt8]

    /// A cursor from kept bytes. They are checked when the cursor is used.
    public init(bytes: [UInt8]) { self.bytes = bytes }

    /// Format 1: a byte 1, the seal in eight, the position. The seal is of the format, the plan and the position.
    init(after position: [UInt8], in plan: [UInt8], _ key: CursorKey) {
        bytes = [QueryCursor.format] + QueryCursor.seal(position, plan, key) + position
    }

    /// The position, if the cursor was given for this plan.
    func position(in plan: [UInt8], _ key: CursorKey) throws(RecordError) -> [UInt8] {
        let position = Array(bytes.dropFirst(9))
        guard bytes.first == QueryCursor.format, bytes.count >= 9,
            Array(bytes[1..<9]) == QueryCursor.seal(position, plan, key)
        else {
            throw RecordError(
                .invalidCursor,
                "The cursor is not one of this query as it is answered now: begin it anew, without a cursor."
            )
        }
        return position
    }

    private static func seal(_ position: [UInt8], _ plan: [UInt8], _ key: CursorKey) -> [UInt8] {
        let length = withUnsafeBytes(of: UInt64(plan.count).bigEndian) { Array($0) }
        let seal = key.seal(of: [format] + length + plan + position)
        return withUnsafeBytes(of: seal.bigEndian) { Array($0) }
    }
}

/// The secret that cursors are sealed with. Who does not know it can't make one. Processes that answer the same
/// clients have the same.
public struct CursorKey: Sendable {
    private let low: UInt64
    private let high: UInt64

    /// A key of 128 random bits.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// SipHash-2-4 with 64 bits of output (Aumasson and Bernstein, 2012).
    func seal(of bytes: [UInt8]) -> UInt64 {
        var state = SIMD4<UInt64>(
            low ^ 0x736f_6d65_7073_6575,
            high ^ 0x646f_7261_6e64_6f6d,
            low ^ 0x6c79_6765_6e65_7261,
            high ^ 0x7465_6462_7974_6573
        )
        for start in stride(from: 0, through: bytes.count, by: 8) {
            let piece = bytes[start..<min(start + 8, bytes.count)]
            var word = piece.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            if piece.count < 8 { word |= UInt64(bytes.count & 0xff) << 56 }
            state[3] ^= word
            CursorKey.rounds(2, &state)
            state[0] ^= word
        }
        state[2] ^= 0xff
        CursorKey.rounds(4, &state)
        return state[0] ^ state[1] ^ state[2] ^ state[3]
    }

    private static func rounds(_ count: Int, _ state: inout SIMD4<UInt64>) {
        func left(_ word: UInt64, _ bits: UInt64) -> UInt64 { word << bits | word >> (64 - bits) }
        for _ in 0..<count {
            state[0] &+= state[1]
            state[1] = left(state[1], 13) ^ state[0]
            state[0] = left(state[0], 32)
            state[2] &+= state[3]
            state[3] = left(state[3], 16) ^ state[2]
            state[0] &+= state[3]
            state[3] = left(state[3], 21) ^ state[0]
            state[2] &+= state[1]
            state[1] = left(state[1], 17) ^ state[2]
            state[2] = left(state[2], 32)
        }
    }
}
