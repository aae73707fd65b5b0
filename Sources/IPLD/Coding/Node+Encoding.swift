internal import FoundationEssentials

extension Node {
    /// The value of anything `Encodable`: what has keys becomes a map, what has none a list, a ``CID`` a link, and
    /// `[UInt8]` and `Data` become bytes. A property that is nil is left out, as its type decides.
    ///
    /// Throws `EncodingError` for an integer beyond 64 bits and for a key that stands twice, and what the type throws.
    public init(encoding value: some Encodable) throws {
        self = try NodeEncoder.node(of: value, in: nil, NodeKey.root)
    }
}

/// A value that is being put together.
///
/// Most values are whole when they are handed in. Only containers that the type has asked for by itself are filled
/// later, so their places are kept.
final class NodeEncoder: Encoder {
    private enum Kind { case map, list, whole }

    /// What a type that encodes nothing becomes: a map.
    private var kind = Kind.map
    private var whole = Node.null
    private var list: [Node] = []
    private var entries: [NodeMap.Entry] = []
    private var unfinished: [(index: Int, encoder: NodeEncoder)] = []
    private let parent: NodeEncoder?
    private let key: any CodingKey

    init(in parent: NodeEncoder?, _ key: any CodingKey) {
        self.parent = parent
        self.key = key
    }

    var userInfo: [CodingUserInfoKey: Any] { [:] }
    /// Made when it is asked for: most values never are told where they are.
    var codingPath: [any CodingKey] { parent.map { $0.codingPath + [key] } ?? [] }
    var count: Int { list.count }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        kind = .map
        if entries.isEmpty { entries.reserveCapacity(8) }
        return KeyedEncodingContainer(KeyedNodeEncoder(encoder: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        kind = .list
        return UnkeyedNodeEncoder(encoder: self)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { SingleNodeEncoder(encoder: self) }

    func set(_ node: Node) {
        kind = .whole
        whole = node
    }

    func set(_ value: some Encodable) throws { set(try NodeEncoder.node(of: value, in: parent, key)) }

    func append(_ node: Node) { list.append(node) }

    func append(_ node: Node, for key: any CodingKey) { entries.append(NodeMap.Entry(Text(key.stringValue), node)) }

    /// An encoder whose value will stand at the end of the list.
    func appendUnfinished() -> NodeEncoder {
        let inner = NodeEncoder(in: self, NodeKey(index: list.count))
        unfinished.append((list.count, inner))
        list.append(.null)
        return inner
    }

    /// An encoder whose value will stand under a key.
    func appendUnfinished(for key: any CodingKey) -> NodeEncoder {
        let inner = NodeEncoder(in: self, key)
        unfinished.append((entries.count, inner))
        append(.null, for: key)
        return inner
    }

    /// The value, once nothing more is handed in.
    func node() throws -> Node {
        switch kind {
        case .whole: return whole
        case .list:
            for (index, encoder) in unfinished { list[index] = try encoder.node() }
            return .list(list)
        case .map:
            for (index, encoder) in unfinished { entries[index].value = try encoder.node() }
            guard let map = NodeMap(unordered: entries) else {
                throw invalid(entries.map(\.key.description), "A key stands twice in one map.")
            }
            return .map(map)
        }
    }

    private func invalid(_ value: Any, _ reason: String) -> EncodingError {
        .invalidValue(value, EncodingError.Context(codingPath: codingPath, debugDescription: reason))
    }

    /// The value of anything that stands in a parent under a key.
    static func node<Value: Encodable>(
        of value: Value,
        in parent: NodeEncoder?,
        _ key: @autoclosure () -> any CodingKey
    ) throws -> Node {
        if let node = scalar(value) { return node }
        let encoder = NodeEncoder(in: parent, key())
        if let integer = value as? any FixedWidthInteger {
            guard let integer = NodeInteger(exactly: integer) else {
                throw encoder.invalid(value, "An integer is larger than 64 bits hold.")
            }
            return .integer(integer)
        }
        try value.encode(to: encoder)
        return try encoder.node()
    }

    /// The value of a type that is a kind of its own. Types are compared one by one: to ask a type at run time what it
    /// conforms to costs more than all the comparisons, and where the type is known to the compiler they cost nothing.
    @inline(__always)
    private static func scalar<Value>(_ value: Value) -> Node? {
        if Value.self == String.self { return (value as? String).map { .string(Text($0)) } }
        if Value.self == Int.self { return (value as? Int).map { .integer(NodeInteger(Int64($0))) } }
        if Value.self == Int64.self { return (value as? Int64).map { .integer(NodeInteger($0)) } }
        if Value.self == UInt64.self {
            return (value as? UInt64).map { .integer(NodeInteger(isNegative: false, argument: $0)) }
        }
        if Value.self == Bool.self { return (value as? Bool).map { .boolean($0) } }
        if Value.self == Double.self { return (value as? Double).map { .float($0) } }
        if Value.self == Float.self { return (value as? Float).map { .float(Double($0)) } }
        if Value.self == CID.self { return (value as? CID).map { .link($0) } }
        if Value.self == bytesType { return (value as? [UInt8]).map { .bytes($0) } }
        if Value.self == Data.self { return (value as? Data).map { .bytes(Array($0)) } }
        return nil
    }
}

private struct SingleNodeEncoder: SingleValueEncodingContainer {
    let encoder: NodeEncoder
    var codingPath: [any CodingKey] { encoder.codingPath }

    func encodeNil() { encoder.set(Node.null) }
    func encode<Value: Encodable>(_ value: Value) throws { try encoder.set(value) }
}

private struct KeyedNodeEncoder<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let encoder: NodeEncoder
    var codingPath: [any CodingKey] { encoder.codingPath }

    func encodeNil(forKey key: Key) { encoder.append(.null, for: key) }
    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        encoder.append(try NodeEncoder.node(of: value, in: encoder, key), for: key)
    }
    func nestedContainer<Inner: CodingKey>(
        keyedBy type: Inner.Type,
        forKey key: Key
    ) -> KeyedEncodingContainer<Inner> { encoder.appendUnfinished(for: key).container(keyedBy: type) }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        encoder.appendUnfinished(for: key).unkeyedContainer()
    }
    func superEncoder() -> any Encoder { encoder.appendUnfinished(for: NodeKey.super) }
    func superEncoder(forKey key: Key) -> any Encoder { encoder.appendUnfinished(for: key) }
}

private struct UnkeyedNodeEncoder: UnkeyedEncodingContainer {
    let encoder: NodeEncoder
    var codingPath: [any CodingKey] { encoder.codingPath }
    var count: Int { encoder.count }

    func encodeNil() { encoder.append(.null) }
    func encode<Value: Encodable>(_ value: Value) throws {
        encoder.append(try NodeEncoder.node(of: value, in: encoder, NodeKey(index: encoder.count)))
    }
    func nestedContainer<Inner: CodingKey>(keyedBy type: Inner.Type) -> KeyedEncodingContainer<Inner> {
        encoder.appendUnfinished().container(keyedBy: type)
    }
    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { encoder.appendUnfinished().unkeyedContainer() }
    func superEncoder() -> any Encoder { encoder.appendUnfinished() }
}
