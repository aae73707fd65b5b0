internal import FoundationEssentials

extension Node {
    /// The value as another type, by the rules of ``init(encoding:)``. Numbers are taken only where they fit exactly.
    ///
    /// Throws `DecodingError`, which names the place, and what the type throws.
    public func decode<Value: Decodable>(as type: Value.Type = Value.self) throws -> Value {
        try NodeDecoder.value(type, of: self, in: nil, NodeKey.root)
    }
}

/// A value that a type takes apart.
final class NodeDecoder: Decoder {
    let node: Node
    private let parent: NodeDecoder?
    private let key: any CodingKey

    init(_ node: Node, in parent: NodeDecoder?, _ key: any CodingKey) {
        self.node = node
        self.parent = parent
        self.key = key
    }

    var userInfo: [CodingUserInfoKey: Any] { [:] }
    /// Made when it is asked for: most values never are told where they are.
    var codingPath: [any CodingKey] { parent.map { $0.codingPath + [key] } ?? [] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .map(let map) = node else { throw mismatch([String: Any].self) }
        return KeyedDecodingContainer(KeyedNodeDecoder(decoder: self, map: map))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .list(let list) = node else { throw mismatch([Any].self) }
        return UnkeyedNodeDecoder(decoder: self, list: list)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { SingleNodeDecoder(decoder: self) }

    /// The whole value as another type.
    func value<Value: Decodable>(_ type: Value.Type) throws -> Value {
        if let value: Value = NodeDecoder.scalar(node) { return value }
        if NodeDecoder.isOwn(type) || type is any FixedWidthInteger.Type { throw mismatch(type) }
        return try Value(from: self)
    }

    /// A value that stands in a parent under a key, as another type.
    static func value<Value: Decodable>(
        _ type: Value.Type,
        of node: Node,
        in parent: NodeDecoder?,
        _ key: @autoclosure () -> any CodingKey
    ) throws -> Value {
        if let value: Value = scalar(node) { return value }
        return try NodeDecoder(node, in: parent, key()).value(type)
    }

    func mismatch(_ type: Any.Type) -> DecodingError {
        .typeMismatch(type, DecodingError.Context(codingPath: codingPath, debugDescription: "The value is another."))
    }

    /// Whether a type stands for one kind of value, so that it is not asked how it is decoded; integers aside.
    @inline(__always)
    private static func isOwn(_ type: Any.Type) -> Bool {
        type == String.self || type == Bool.self || type == Double.self || type == Float.self || type == CID.self
            || type == bytesType || type == Data.self
    }

    /// The value of a type that is a kind of its own; nil where it is another, or does not fit. Types are compared one
    /// by one: to ask a type at run time what it conforms to costs more than all the comparisons, and where the type is
    /// known to the compiler they cost nothing.
    @inline(__always)
    private static func scalar<Value>(_ node: Node) -> Value? {
        switch node {
        case .string(let text): Value.self == String.self ? text.string as? Value : nil
        case .boolean(let value): Value.self == Bool.self ? value as? Value : nil
        case .link(let cid): Value.self == CID.self ? cid as? Value : nil
        case .integer(let integer): number(integer)
        case .float(let value):
            if Value.self == Double.self {
                value as? Value
            } else {
                Value.self == Float.self ? Float(exactly: value) as? Value : nil
            }
        case .bytes(let bytes):
            if Value.self == bytesType {
                bytes as? Value
            } else {
                Value.self == Data.self ? Data(bytes) as? Value : nil
            }
        case .null, .list, .map: nil
        }
    }

    @inline(__always)
    private static func number<Value>(_ integer: NodeInteger) -> Value? {
        if Value.self == Int.self { return integer.value(as: Int.self) as? Value }
        if Value.self == Int64.self { return integer.value(as: Int64.self) as? Value }
        if Value.self == UInt64.self { return integer.value(as: UInt64.self) as? Value }
        if Value.self == Double.self {
            return integer.value(as: Int64.self).flatMap { Double(exactly: $0) } as? Value
        }
        // Nil itself must not be cast: it would pass for a value of an optional type.
        guard let type = Value.self as? any FixedWidthInteger.Type, let value = integer.any(type) else { return nil }
        return value as? Value
    }
}

private struct SingleNodeDecoder: SingleValueDecodingContainer {
    let decoder: NodeDecoder
    var codingPath: [any CodingKey] { decoder.codingPath }

    func decodeNil() -> Bool { decoder.node.isNull }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try decoder.value(type) }
}

private struct KeyedNodeDecoder<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let decoder: NodeDecoder
    let map: NodeMap

    var codingPath: [any CodingKey] { decoder.codingPath }
    var allKeys: [Key] { map.compactMap { $0.key.string.flatMap { Key(stringValue: $0) } } }
    func contains(_ key: Key) -> Bool { map.index(of: Text(key.stringValue)) != nil }

    private func node(_ key: any CodingKey) throws -> Node {
        guard let index = map.index(of: Text(key.stringValue)) else {
            throw DecodingError.keyNotFound(
                key,
                DecodingError.Context(codingPath: codingPath, debugDescription: "The map has no such key.")
            )
        }
        return map[index].value
    }

    private func inner(_ key: any CodingKey) throws -> NodeDecoder { NodeDecoder(try node(key), in: decoder, key) }

    func decodeNil(forKey key: Key) throws -> Bool { try node(key).isNull }
    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try NodeDecoder.value(type, of: try node(key), in: decoder, key)
    }
    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        guard let index = map.index(of: Text(key.stringValue)), !map[index].value.isNull else { return nil }
        return try NodeDecoder.value(type, of: map[index].value, in: decoder, key)
    }
    func nestedContainer<Inner: CodingKey>(
        keyedBy type: Inner.Type,
        forKey key: Key
    ) throws -> KeyedDecodingContainer<Inner> { try inner(key).container(keyedBy: type) }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try inner(key).unkeyedContainer()
    }
    func superDecoder() throws -> any Decoder { try inner(NodeKey.super) }
    func superDecoder(forKey key: Key) throws -> any Decoder { try inner(key) }
}

private struct UnkeyedNodeDecoder: UnkeyedDecodingContainer {
    let decoder: NodeDecoder
    let list: [Node]
    private(set) var currentIndex = 0

    init(decoder: NodeDecoder, list: [Node]) {
        self.decoder = decoder
        self.list = list
    }

    var codingPath: [any CodingKey] { decoder.codingPath }
    var count: Int? { list.count }
    var isAtEnd: Bool { currentIndex >= list.count }

    /// The value that is next; it stays next until it has been read.
    private func next() throws -> Node {
        guard !isAtEnd else {
            throw DecodingError.valueNotFound(
                Node.self,
                DecodingError.Context(
                    codingPath: codingPath + [NodeKey(index: currentIndex)],
                    debugDescription: "The list has no more values."
                )
            )
        }
        return list[currentIndex]
    }

    private mutating func reading<Value>(_ body: (NodeDecoder) throws -> Value) throws -> Value {
        let value = try body(NodeDecoder(try next(), in: decoder, NodeKey(index: currentIndex)))
        currentIndex += 1
        return value
    }

    mutating func decodeNil() throws -> Bool {
        guard try next().isNull else { return false }
        currentIndex += 1
        return true
    }
    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let value = try NodeDecoder.value(type, of: try next(), in: decoder, NodeKey(index: currentIndex))
        currentIndex += 1
        return value
    }
    mutating func nestedContainer<Inner: CodingKey>(
        keyedBy type: Inner.Type
    ) throws -> KeyedDecodingContainer<Inner> { try reading { try $0.container(keyedBy: type) } }
    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try reading { try $0.unkeyedContainer() }
    }
    mutating func superDecoder() throws -> any Decoder { try reading { $0 } }
}

extension Node {
    fileprivate var isNull: Bool { if case .null = self { true } else { false } }
}

extension NodeInteger {
    /// The value as a type that is known only when running.
    fileprivate func any<Value: FixedWidthInteger>(_ type: Value.Type) -> Any? { value(as: type) }
}
