/// The format that is [dag-pb](https://github.com/ipld/ipld): links and bytes in a Protocol Buffers message, of which
/// files and folders of IPFS are made.
///
/// As a value such a block is a map of `Links`, each a map of `Hash`, `Name` and `Tsize`, and of `Data`; all but `Links`
/// and `Hash` may be left out. Links lie in the order of their names' bytes; one without a name counts as one with an
/// empty name.
public enum DAGPB {
    /// The value that `bytes` hold, which has to be all of them. O(n).
    public static func decode(
        _ bytes: [UInt8],
        _ strictness: Strictness = .strict,
        limits: DecodingLimits = DecodingLimits()
    ) throws(IPLDError) -> Node {
        var budget = try DecodingBudget(limits, byteCount: bytes.count)
        return try bytes.withReader { (reader) throws(IPLDError) in
            var links: [Node] = []
            var data: [UInt8]?
            var hasDataBetween = false
            while !reader.isAtEnd {
                let start = reader.offset
                switch try reader.byte() {
                case nodeLinks:
                    guard data == nil || (strictness == .lenient && (links.isEmpty || hasDataBetween)) else {
                        throw IPLDError(.malformed, "A link lies behind the data.", offset: start)
                    }
                    if data != nil { hasDataBetween = true }
                    try budget.spend(items: 4, at: start)
                    try budget.spendLink(at: start)
                    var inner = ByteReader(try reader.take(try reader.length()))
                    links.append(try link(&inner, at: start))
                case nodeData:
                    guard data == nil else {
                        throw IPLDError(.malformed, "A block has data twice.", offset: start)
                    }
                    data = Array(try reader.take(try reader.length()))
                default:
                    throw IPLDError(.malformed, "A block has a field that dag-pb does not have.", offset: start)
                }
            }
            var map: NodeMap = ["Links": .list(links)]
            if let data { map["Data"] = .bytes(data) }
            guard strictness == .lenient || isInOrder(links) else {
                throw IPLDError(.malformed, "The links do not lie in the order of their names.", offset: 0)
            }
            return .map(map)
        }
    }

    private static func link(_ reader: inout ByteReader, at start: Int) throws(IPLDError) -> Node {
        var map = NodeMap()
        while !reader.isAtEnd {
            let field = try reader.byte()
            guard map["Tsize"] == nil, map["Name"] == nil || field == linkSize, map["Hash"] == nil || field != linkHash
            else {
                throw IPLDError(.malformed, "A link's fields are out of order or double.", offset: start)
            }
            switch field {
            case linkHash:
                var inner = ByteReader(try reader.take(try reader.length()))
                map["Hash"] = .link(try CID(whole: &inner))
            case linkName:
                let name = Text(utf8: try reader.take(try reader.length()))
                guard name.isValid else {
                    throw IPLDError(.malformed, "A link's name is not UTF-8.", offset: start)
                }
                map["Name"] = .string(name)
            case linkSize: map["Tsize"] = .integer(NodeInteger(isNegative: false, argument: try reader.varint()))
            default:
                throw IPLDError(.malformed, "A link has a field that dag-pb does not have.", offset: start)
            }
        }
        guard map["Hash"] != nil else {
            throw IPLDError(.malformed, "A link names no block.", offset: start)
        }
        return .map(map)
    }

    /// The bytes of a value of the form that ``decode(_:_:limits:)`` gives: the links, then the data. Throws
    /// ``IPLDError/Code/notRepresentable`` for any other value.
    public static func encode(_ node: Node) throws(IPLDError) -> [UInt8] {
        guard case .map(let map) = node, case .list(let links)? = map["Links"] else {
            throw IPLDError(.notRepresentable, "A dag-pb block is a map with a list of Links.")
        }
        guard isInOrder(links) else {
            throw IPLDError(.notRepresentable, "The links of a dag-pb block lie in the order of their names' bytes.")
        }
        var bytes: [UInt8] = []
        for link in links {
            let encoded = try encodeLink(link)
            append(nodeLinks, encoded, to: &bytes)
        }
        switch map["Data"] {
        case .bytes(let data)?: append(nodeData, data, to: &bytes)
        case nil: break
        default: throw IPLDError(.notRepresentable, "The Data of a dag-pb block is bytes.")
        }
        guard map.count == (map["Data"] == nil ? 1 : 2) else {
            throw IPLDError(.notRepresentable, "A dag-pb block has Links and Data, and nothing else.")
        }
        return bytes
    }

    private static func isInOrder(_ links: [Node]) -> Bool {
        zip(links, links.dropFirst()).allSatisfy { left, right in !name(of: right).precedesBytewise(name(of: left)) }
    }

    private static func name(of link: Node) -> Text {
        guard case .string(let name)? = link["Name"] else { return "" }
        return name
    }

    private static func encodeLink(_ node: Node) throws(IPLDError) -> [UInt8] {
        guard case .map(let map) = node, case .link(let cid)? = map["Hash"] else {
            throw IPLDError(.notRepresentable, "A link of a dag-pb block is a map with a Hash.")
        }
        var bytes: [UInt8] = []
        var count = 1
        append(linkHash, cid.bytes, to: &bytes)
        if let name = map["Name"] {
            guard case .string(let text) = name, text.isValid else {
                throw IPLDError(.notRepresentable, "The Name of a link is a string of valid UTF-8.")
            }
            append(linkName, text.utf8, to: &bytes)
            count += 1
        }
        if let size = map["Tsize"] {
            guard case .integer(let integer) = size, !integer.isNegative, integer.argument <= Varint.max else {
                throw IPLDError(.notRepresentable, "The Tsize of a link is an integer from 0 to 2^63 - 1.")
            }
            bytes.append(linkSize)
            Varint.appendUnchecked(integer.argument, to: &bytes)
            count += 1
        }
        guard map.count == count else {
            throw IPLDError(.notRepresentable, "A link has Hash, Name and Tsize, and nothing else.")
        }
        return bytes
    }

    private static func append(_ field: UInt8, _ value: [UInt8], to bytes: inout [UInt8]) {
        bytes.append(field)
        Varint.appendUnchecked(UInt64(value.count), to: &bytes)
        bytes.append(contentsOf: value)
    }

    // A field's number and how its value is written.
    private static let nodeData: UInt8 = 1 << 3 | 2
    private static let nodeLinks: UInt8 = 2 << 3 | 2
    private static let linkHash: UInt8 = 1 << 3 | 2
    private static let linkName: UInt8 = 2 << 3 | 2
    private static let linkSize: UInt8 = 3 << 3 | 0
}
