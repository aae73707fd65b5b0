import Tuples

/// Where a query goes on: opaque, sealed with the store's ``CursorKey``, and valid for the same query across restarts
/// and after the record under it is gone.
public struct QueryCursor: Hashable, Sendable {
    private static let format: UInt8 = 2

    /// The bytes, for keeping it elsewhere.
    public let bytes: [UInt8]

    /// A cursor from kept bytes. They are checked when the cursor is used.
    public init(bytes: [UInt8]) { self.bytes = bytes }

    /// Format 2: a byte 2, the seal in eight, the place. The seal is of the format, the query and its plan, and the place.
    init(at place: QueryPlace, in plan: [UInt8], _ key: CursorKey) {
        let place = place.encoded
        bytes = [QueryCursor.format] + QueryCursor.seal(place, plan, key) + place
    }

    /// The place, if the cursor was given for this query and plan.
    func place(in plan: [UInt8], _ key: CursorKey) throws(RecordError) -> QueryPlace {
        guard bytes.first == QueryCursor.format, bytes.count >= 9,
            case let encoded = Array(bytes.dropFirst(9)),
            Array(bytes[1..<9]) == QueryCursor.seal(encoded, plan, key), let place = QueryPlace(encoded)
        else {
            throw RecordError(
                .invalidCursor,
                "The cursor is not one of this query as it is answered now: begin it anew, without a cursor."
            )
        }
        return place
    }

    private static func seal(_ place: [UInt8], _ plan: [UInt8], _ key: CursorKey) -> [UInt8] {
        let length = withUnsafeBytes(of: UInt64(plan.count).bigEndian) { Array($0) }
        let seal = key.seal(of: [format] + length + plan + place)
        return withUnsafeBytes(of: seal.bigEndian) { Array($0) }
    }
}

/// How far a query has come.
struct QueryPlace: Hashable, Sendable {
    /// The number of the plan's branch.
    var branch = 0
    /// The position of the last candidate in it; nil at its beginning.
    var position: [UInt8]?
    /// The partition, where one after the other is asked; nil before the next.
    var partition: [UInt8]?
    /// Where the store's listing of partitions goes on; nil at its beginning, and where partitions are not listed.
    var listing: [UInt8]?

    /// A tuple: the branch, and the rest as byte strings or missing.
    var encoded: [UInt8] {
        var encoder = TupleEncoder()
        encoder.append(branch)
        for part in [position, partition, listing] {
            if let part { encoder.append(part) } else { encoder.appendMissing() }
        }
        return encoder.bytes
    }
}

extension QueryPlace {
    /// Total on any bytes.
    init?(_ bytes: [UInt8]) {
        var elements: [TupleElement] = []
        do throws(TupleError) {
            var decoder = try TupleDecoder(bytes, byteCountMax: bytes.count)
            elements = try decoder.rest().elements
        } catch {
            return nil
        }
        guard elements.count == 4, case .integer(let number) = elements[0], let branch = Int(exactly: number),
            branch >= 0
        else { return nil }
        var parts: [[UInt8]?] = []
        for element in elements.dropFirst() {
            switch element {
            case .bytes(let bytes): parts.append(bytes)
            case .missing: parts.append(nil)
            default: return nil
            }
        }
        self.init(branch: branch, position: parts[0], partition: parts[1], listing: parts[2])
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
        bytes.withUnsafeBytes { bytes in
            for start in stride(from: 0, through: bytes.count, by: 8) {
                var word: UInt64
                if start + 8 <= bytes.count {
                    word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self))
                } else {
                    word = bytes[start...].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
                    word |= UInt64(bytes.count & 0xff) << 56
                }
                state[3] ^= word
                CursorKey.rounds(2, &state)
                state[0] ^= word
            }
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
