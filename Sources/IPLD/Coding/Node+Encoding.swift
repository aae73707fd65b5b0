internal import FoundationEssentials

extension Node {
    /// The value of anything `Encodable`: what has keys becomes a map, what has none a list, a ``CID`` a link, and
    /// `[UInt8]` and `Data` become bytes. A property that is nil is left out, as its type decides.
    ///
    /// Throws `EncodingError` for an integer beyond 64 bits and for a key that stands twice, and what the type throws.
    public init(encoding value: some Encodable) throws {
        self = try Encoding.part(value, []).node([])
    }
}

/// A value that is being put together: containers are filled after they have been handed out.
private final class Part {
    enum Content {
        case whole(Node)
        case list([Part])
        case map([(key: String, part: Part)])
    }

    var content: Content

    init(_ content: Content) { self.content = content }

    func node(_ path: [any CodingKey]) throws -> Node {
        switch content {
        case .whole(let node): return node
        case .list(let parts): return .list(try parts.map { try $0.node(path) })
        case .map(let parts):
            guard let map = NodeMap(try parts.map { (Text($0.key), try $0.part.node(path)) }) else {
                throw EncodingError.invalidValue(
                    parts.map(\.key),
                    EncodingError.Context(codingPath: path, debugDescription: "A key stands twice in one map.")
                )
            }
            return .map(map)
        }
    }

    func append(_ part: Part) {
        guard case .list(var parts) = content else {
            content = .list([part])
            return
        }
        // So that the list is not shared while it grows.
        content = .whole(.null)
        parts.append(part)
        content = .list(parts)
    }

    func set(_ part: Part, for key: String) {
        guard case .map(var parts) = content else {
            content = .map([(key, part)])
            return
        }
        content = .whole(.null)
        parts.append((key, part))
        content = .map(parts)
    }
}

private struct Encoding: Encoder {
    let part: Part
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    static func part<Value: Encodable>(_ value: Value, _ path: [any CodingKey]) throws -> Part {
        switch value {
        case let value as Bool: return Part(.whole(.boolean(value)))
        case let value as String: return Part(.whole(.string(Text(value))))
        case let value as Double: return Part(.whole(.float(value)))
        case let value as Float: return Part(.whole(.float(Double(value))))
        case let value as CID: return Part(.whole(.link(value)))
        // An empty list of anything passes for one of bytes, so the type itself is asked.
        case let value as [UInt8] where Value.self == [UInt8].self: return Part(.whole(.bytes(value)))
        case let value as Data: return Part(.whole(.bytes(Array(value))))
        case let value as any FixedWidthInteger:
            guard let integer = NodeInteger(exactly: value) else {
                throw EncodingError.invalidValue(
                    value,
                    EncodingError.Context(codingPath: path, debugDescription: "An integer is larger than 64 bits hold.")
                )
            }
            return Part(.whole(.integer(integer)))
        default:
            let part = Part(.whole(.map([:])))
            try value.encode(to: Encoding(part: part, codingPath: path))
            return part
        }
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(Keyed(part: part, codingPath: codingPath))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        part.content = .list([])
        return Unkeyed(part: part, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { Single(part: part, codingPath: codingPath) }

    struct Single: SingleValueEncodingContainer {
        let part: Part
        let codingPath: [any CodingKey]

        func encodeNil() { part.content = .whole(.null) }
        func encode<Value: Encodable>(_ value: Value) throws {
            part.content = try Encoding.part(value, codingPath).content
        }
    }

    struct Keyed<Key: CodingKey>: KeyedEncodingContainerProtocol {
        let part: Part
        let codingPath: [any CodingKey]

        private func inner(_ key: any CodingKey) -> Encoding {
            let inner = Part(.whole(.map([:])))
            part.set(inner, for: key.stringValue)
            return Encoding(part: inner, codingPath: codingPath + [key])
        }

        func encodeNil(forKey key: Key) { part.set(Part(.whole(.null)), for: key.stringValue) }
        func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
            part.set(try Encoding.part(value, codingPath + [key]), for: key.stringValue)
        }
        func nestedContainer<Inner: CodingKey>(
            keyedBy type: Inner.Type,
            forKey key: Key
        ) -> KeyedEncodingContainer<Inner> { inner(key).container(keyedBy: type) }
        func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { inner(key).unkeyedContainer() }
        func superEncoder() -> any Encoder { inner(NodeKey.super) }
        func superEncoder(forKey key: Key) -> any Encoder { inner(key) }
    }

    struct Unkeyed: UnkeyedEncodingContainer {
        let part: Part
        let codingPath: [any CodingKey]
        private(set) var count = 0

        init(part: Part, codingPath: [any CodingKey]) {
            self.part = part
            self.codingPath = codingPath
        }

        private mutating func inner() -> Encoding {
            let inner = Part(.whole(.map([:])))
            part.append(inner)
            defer { count += 1 }
            return Encoding(part: inner, codingPath: codingPath + [NodeKey(index: count)])
        }

        mutating func encodeNil() {
            part.append(Part(.whole(.null)))
            count += 1
        }
        mutating func encode<Value: Encodable>(_ value: Value) throws {
            part.append(try Encoding.part(value, codingPath + [NodeKey(index: count)]))
            count += 1
        }
        mutating func nestedContainer<Inner: CodingKey>(keyedBy type: Inner.Type) -> KeyedEncodingContainer<Inner> {
            inner().container(keyedBy: type)
        }
        mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { inner().unkeyedContainer() }
        mutating func superEncoder() -> any Encoder { inner() }
    }
}

/// A key of a place in a list, or of a class's superclass.
struct NodeKey: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(stringValue: String) {
        self.stringValue = stringValue
        intValue = nil
    }

    init(intValue: Int) { self.init(index: intValue) }

    init(index: Int) {
        stringValue = "\(index)"
        intValue = index
    }

    static let `super` = NodeKey(stringValue: "super")
}
