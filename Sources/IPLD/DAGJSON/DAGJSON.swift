/// The format that is [DAG-JSON](https://github.com/ipld/ipld): JSON (RFC 8259) with links and bytes, in which each
/// value has one form.
///
/// A link is `{"/": "CID"}`, bytes are `{"/": {"bytes": "base64 without padding"}}`. There is no white space, keys lie
/// in the order of their bytes, and a float has a point or an exponent, which an integer never has.
public enum DAGJSON {
    /// The bytes of a value. The same value always gives the same bytes. O(n log n).
    ///
    /// Throws ``IPLDError/Code/notRepresentable`` for a float that is not finite, text that is not UTF-8 and a map that
    /// would be read as a link or as bytes, and ``IPLDError/Code/limitExceeded`` for what lies deeper than
    /// ``DecodingLimits/depthCeiling``.
    public static func encode(_ node: Node) throws(IPLDError) -> [UInt8] {
        var bytes: [UInt8] = []
        try encode(node, to: &bytes, depth: 0)
        return bytes
    }

    /// The value that `bytes` hold, which has to be all of them. O(n log n).
    public static func decode(
        _ bytes: [UInt8],
        _ strictness: Strictness = .strict,
        limits: DecodingLimits = DecodingLimits()
    ) throws(IPLDError) -> Node {
        let budget = try DecodingBudget(limits, byteCount: bytes.count)
        let node = try bytes.withReader { (reader) throws(IPLDError) in
            var decoder = Decoder(reader: reader, budget: budget)
            return try decoder.whole()
        }
        guard strictness == .strict else { return node }
        guard try encode(node) == bytes else {
            throw IPLDError(.malformed, "The value is not in the one form that DAG-JSON has for it.")
        }
        return node
    }

    /// What a map with the key of slash alone stands for; nil for a map that stands for itself.
    static func reserved(_ map: NodeMap) -> Reserved? {
        guard let value = map[slash] else { return nil }
        switch value {
        case .string(let text): return map.count == 1 ? .link(text) : .invalid
        case .map(let inner):
            guard case .string(let text)? = inner[bytesKey] else { return nil }
            return map.count == 1 && inner.count == 1 ? .bytes(text) : .invalid
        case .null, .boolean, .integer, .float, .bytes, .list, .link: return nil
        }
    }

    enum Reserved {
        case link(Text)
        case bytes(Text)
        case invalid
    }

    private static let slash: Text = "/"
    private static let bytesKey: Text = "bytes"
}
