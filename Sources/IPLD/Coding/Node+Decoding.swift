internal import FoundationEssentials

extension Node {
    /// The value as another type, by the rules of ``init(encoding:)``. Numbers are taken only where they fit exactly.
    ///
    /// Throws `DecodingError`, which names the place, and what the type throws.
    public func decode<Value: Decodable>(as type: Value.Type = Value.self) throws -> Value {
        try Decoding(node: self, codingPath: []).value(type)
    }
}

private struct Decoding: Decoder {
    let node: Node
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func value<Value: Decodable>(_ type: Value.Type) throws -> Value {
        guard Decoding.isOwn(type) else { return try Value(from: self) }
        guard let value = own(type) as? Value else { throw mismatch(type) }
        return value
    }

    func mismatch(_ type: Any.Type) -> DecodingError {
        .typeMismatch(type, DecodingError.Context(codingPath: codingPath, debugDescription: "The value is another."))
    }

    /// Whether a type stands for one kind of value, so that it is not asked how it is decoded.
    private static func isOwn(_ type: Any.Type) -> Bool {
        type is any FixedWidthInteger.Type || type == Bool.self || type == String.self || type == Double.self
            || type == Float.self || type == CID.self || type == [UInt8].self || type == Data.self
    }

    private func own(_ type: Any.Type) -> Any? {
        switch node {
        case .boolean(let value): value
        case .string(let text): text.string
        case .link(let cid): cid
        case .bytes(let bytes): type == Data.self ? Data(bytes) : bytes
        case .float(let value): type == Float.self ? Float(exactly: value) : value
        case .integer(let integer):
            if let type = type as? any FixedWidthInteger.Type {
                integer.any(type)
            } else if type == Double.self {
                integer.value(as: Int64.self).flatMap { Double(exactly: $0) }
            } else {
                nil
            }
        case .null, .list, .map: nil
        }
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .map(let map) = node else { throw mismatch([String: Any].self) }
        return KeyedDecodingContainer(Keyed(map: map, codingPath: codingPath))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .list(let list) = node else { throw mismatch([Any].self) }
        return Unkeyed(list: list, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { Single(decoding: self) }

    struct Single: SingleValueDecodingContainer {
        let decoding: Decoding
        var codingPath: [any CodingKey] { decoding.codingPath }

        func decodeNil() -> Bool { decoding.node == .null }
        func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try decoding.value(type) }
    }

    struct Keyed<Key: CodingKey>: KeyedDecodingContainerProtocol {
        let map: NodeMap
        let codingPath: [any CodingKey]

        var allKeys: [Key] { map.compactMap { $0.key.string.flatMap { Key(stringValue: $0) } } }
        func contains(_ key: Key) -> Bool { map[Text(key.stringValue)] != Optional<Node>.none }

        private func inner(_ key: any CodingKey) throws -> Decoding {
            guard let node = map[Text(key.stringValue)] else {
                throw DecodingError.keyNotFound(
                    key,
                    DecodingError.Context(codingPath: codingPath, debugDescription: "The map has no such key.")
                )
            }
            return Decoding(node: node, codingPath: codingPath + [key])
        }

        func decodeNil(forKey key: Key) throws -> Bool { try inner(key).node == .null }
        func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
            try inner(key).value(type)
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

    struct Unkeyed: UnkeyedDecodingContainer {
        let list: [Node]
        let codingPath: [any CodingKey]
        private(set) var currentIndex = 0

        init(list: [Node], codingPath: [any CodingKey]) {
            self.list = list
            self.codingPath = codingPath
        }

        var count: Int? { list.count }
        var isAtEnd: Bool { currentIndex >= list.count }

        /// The value that is next; it stays next until it has been read.
        private func next() throws -> Decoding {
            let path = codingPath + [NodeKey(index: currentIndex)]
            guard !isAtEnd else {
                throw DecodingError.valueNotFound(
                    Node.self,
                    DecodingError.Context(codingPath: path, debugDescription: "The list has no more values.")
                )
            }
            return Decoding(node: list[currentIndex], codingPath: path)
        }

        private mutating func reading<Value>(_ body: (Decoding) throws -> Value) throws -> Value {
            let value = try body(try next())
            currentIndex += 1
            return value
        }

        mutating func decodeNil() throws -> Bool {
            guard try next().node == .null else { return false }
            currentIndex += 1
            return true
        }
        mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
            try reading { try $0.value(type) }
        }
        mutating func nestedContainer<Inner: CodingKey>(
            keyedBy type: Inner.Type
        ) throws -> KeyedDecodingContainer<Inner> { try reading { try $0.container(keyedBy: type) } }
        mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
            try reading { try $0.unkeyedContainer() }
        }
        mutating func superDecoder() throws -> any Decoder { try reading { $0 } }
    }
}

extension NodeInteger {
    /// The value as a type that is known only when running.
    fileprivate func any<Value: FixedWidthInteger>(_ type: Value.Type) -> Any? { value(as: type) }
}
