/// The keys from `lower` up to but without `upper`, in unsigned byte order.
public struct TupleRange: Hashable, Sendable {
    /// The first key that is inside, if it exists.
    public let lower: [UInt8]
    /// The first key that is no longer inside; nil if the range has no end.
    public let upper: [UInt8]?

    /// Every key whose tuple begins with this one, or is it.
    ///
    /// - Throws: ``TupleError`` if the tuple is beyond ``TupleLimits``.
    public init(beginningWith tuple: Tuple) throws(TupleError) {
        self.init(elementsAfter: try tuple.encoded())
    }

    /// Every key that is this prefix, or this prefix and then the encoding of any tuple. Not every key that begins with
    /// these bytes: "a" and a zero byte in a string begin as the string "a" does, and are no extension of it.
    init(elementsAfter prefix: [UInt8]) {
        lower = prefix
        upper = prefix + [TypeCode.escape]
    }

    /// Every key that begins with these bytes, whatever they are.
    public init(prefix: [UInt8]) {
        lower = prefix
        upper = Self.end(ofPrefix: prefix)
    }

    /// Every key whose tuple has the elements of `tuple` and then a string that begins with `beginning`.
    ///
    /// - Throws: ``TupleError`` if the tuple is beyond ``TupleLimits``.
    public init(after tuple: Tuple = [], stringsBeginningWith beginning: String) throws(TupleError) {
        var encoder = TupleEncoder()
        try encoder.append(contentsOf: tuple)
        encoder.appendOpen(beginning)
        self.init(prefix: encoder.bytes)
    }

    /// The first key behind all keys that begin with a prefix: the prefix without the 0xff at its end, and its then last
    /// byte one higher. Nil if the prefix is empty or all 0xff, since then nothing is behind.
    public static func end(ofPrefix prefix: [UInt8]) -> [UInt8]? {
        guard let index = prefix.lastIndex(where: { $0 != .max }) else { return nil }
        return prefix[..<index] + [prefix[index] + 1]
    }

    /// Whether a key is inside.
    public func contains(_ key: [UInt8]) -> Bool {
        !key.lexicographicallyPrecedes(lower) && upper.map { key.lexicographicallyPrecedes($0) } ?? true
    }
}
