/// A sequence of ``TupleElement``s, and as such a key: the unsigned order of encoded tuples as bytes is the order of the
/// tuples, element by element, where a tuple comes before what it is a prefix of.
///
///     let key = try Tuple(["user", 42, nil]).encoded()
public struct Tuple: Hashable, Sendable {
    /// The elements.
    public var elements: [TupleElement]

    /// The tuple of these elements.
    public init(_ elements: [TupleElement] = []) { self.elements = elements }

    /// The tuple that these bytes encode. Complexity: linear in their number.
    ///
    /// - Throws: ``TupleError`` unless the bytes are what ``encoded()`` gives for some tuple; never traps.
    public init(decoding bytes: [UInt8]) throws(TupleError) {
        var decoder = try TupleDecoder(bytes)
        self = try decoder.rest()
    }

    /// The encoding. Complexity: linear in its length.
    ///
    /// - Throws: ``TupleError`` if the tuple is beyond ``TupleLimits``.
    public func encoded() throws(TupleError) -> [UInt8] {
        var encoder = TupleEncoder()
        try encoder.append(contentsOf: self)
        return encoder.bytes
    }
}

extension Tuple: Comparable {
    public static func < (left: Tuple, right: Tuple) -> Bool {
        left.elements.lexicographicallyPrecedes(right.elements)
    }
}

extension Tuple: ExpressibleByArrayLiteral {
    public init(arrayLiteral elements: TupleElement...) { self.init(elements) }
}
