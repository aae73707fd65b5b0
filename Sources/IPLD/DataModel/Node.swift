/// A value of the [IPLD data model](https://github.com/ipld/ipld): what a block holds, whatever format it is in.
public enum Node: Hashable, Sendable {
    /// Nothing.
    case null
    /// True or false.
    case boolean(Bool)
    /// A whole number of 64 bits and a sign.
    case integer(NodeInteger)
    /// A number that is finite.
    case float(Double)
    /// Text.
    case string(Text)
    /// Bytes.
    case bytes([UInt8])
    /// Values in an order.
    case list([Node])
    /// Values by name.
    case map(NodeMap)
    /// Another block.
    case link(CID)
}

extension Node {
    /// The value under a key; nil in anything but a map that has it.
    public subscript(key: Text) -> Node? {
        guard case .map(let map) = self else { return nil }
        return map[key]
    }

    /// The value at a place; nil in anything but a list that is long enough.
    public subscript(index: Int) -> Node? {
        guard case .list(let list) = self, list.indices.contains(index) else { return nil }
        return list[index]
    }

    /// Calls `body` with every link within, in the order of the tree.
    public func forEachLink(_ body: (CID) throws -> Void) rethrows {
        switch self {
        case .link(let cid): try body(cid)
        case .list(let list): for node in list { try node.forEachLink(body) }
        case .map(let map): for entry in map { try entry.value.forEachLink(body) }
        case .null, .boolean, .integer, .float, .string, .bytes: break
        }
    }
}

extension Node: ExpressibleByArrayLiteral {
    /// A list.
    public init(arrayLiteral elements: Node...) { self = .list(elements) }
}

extension Node: ExpressibleByBooleanLiteral {
    /// True or false.
    public init(booleanLiteral value: Bool) { self = .boolean(value) }
}

extension Node: ExpressibleByFloatLiteral {
    /// A float.
    public init(floatLiteral value: Double) { self = .float(value) }
}

extension Node: ExpressibleByIntegerLiteral {
    /// An integer.
    public init(integerLiteral value: Int64) { self = .integer(NodeInteger(value)) }
}

extension Node: ExpressibleByStringLiteral {
    /// Text.
    public init(stringLiteral value: String) { self = .string(Text(value)) }
}
