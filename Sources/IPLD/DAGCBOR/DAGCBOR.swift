/// The format that is [DAG-CBOR](https://github.com/ipld/ipld): CBOR (RFC 8949) in which each value has one form.
///
/// Numbers and lengths take the fewest bytes, lists and maps say their lengths, map keys are strings and lie in order
/// (the shorter first, then by bytes), floats have 64 bits and are finite, and the only tag is 42, a link.
public enum DAGCBOR {
    /// The bytes of a value. The same value always gives the same bytes. O(n).
    ///
    /// Throws ``IPLDError/Code/notRepresentable`` for a float that is not finite and text that is not UTF-8, and
    /// ``IPLDError/Code/limitExceeded`` for what lies deeper than ``DecodingLimits/depthCeiling``.
    public static func encode(_ node: Node) throws(IPLDError) -> [UInt8] {
        var bytes: [UInt8] = []
        try encode(node, to: &bytes)
        return bytes
    }

    /// Appends the bytes of a value. When it throws, `bytes` holds a part of them.
    public static func encode(_ node: Node, to bytes: inout [UInt8]) throws(IPLDError) {
        try encode(node, to: &bytes, depth: 0)
    }

    /// The value that `bytes` hold, which has to be all of them. O(n); O(n log n) for keys out of order.
    public static func decode(
        _ bytes: [UInt8],
        _ strictness: Strictness = .strict,
        limits: DecodingLimits = DecodingLimits()
    ) throws(IPLDError) -> Node {
        let (node, byteCount) = try decodePrefix(of: bytes, strictness, limits: limits)
        guard byteCount == bytes.count else {
            throw IPLDError(.malformed, "There are bytes behind the value.", offset: byteCount)
        }
        return node
    }

    /// The value at the beginning of `bytes`, and how many of them it takes.
    public static func decodePrefix(
        of bytes: [UInt8],
        _ strictness: Strictness = .strict,
        limits: DecodingLimits = DecodingLimits()
    ) throws(IPLDError) -> (node: Node, byteCount: Int) {
        let budget = try DecodingBudget(limits, byteCount: bytes.count)
        return try bytes.withReader { (reader) throws(IPLDError) in
            var decoder = Decoder(reader: reader, isStrict: strictness == .strict, budget: budget)
            let node = try decoder.node()
            return (node, decoder.reader.offset)
        }
    }
}

extension DAGCBOR {
    /// What the upper three bits of a value's first byte say.
    enum Major {
        static let unsigned: UInt8 = 0x00
        static let negative: UInt8 = 0x20
        static let bytes: UInt8 = 0x40
        static let string: UInt8 = 0x60
        static let list: UInt8 = 0x80
        static let map: UInt8 = 0xA0
        static let tag: UInt8 = 0xC0
        static let other: UInt8 = 0xE0
    }

    static let linkTag: UInt64 = 42
}
