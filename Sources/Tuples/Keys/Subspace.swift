/// The keys that begin with a prefix and go on with an encoded tuple.
///
/// Two subspaces whose prefixes are encoded tuples share no key, unless one tuple begins with the other. Bytes that are
/// no tuple may be a prefix too; then it is the caller who keeps subspaces apart.
public struct Subspace: Hashable, Sendable {
    /// What each key begins with.
    public let prefix: [UInt8]

    /// The subspace of a prefix.
    public init(prefix: [UInt8] = []) { self.prefix = prefix }

    /// The subspace inside of this one of the keys that begin with a tuple.
    ///
    /// - Throws: ``TupleError`` if that is beyond ``TupleLimits``.
    public func subspace(_ tuple: Tuple) throws(TupleError) -> Subspace {
        Subspace(prefix: try encode(tuple))
    }

    /// The key of a tuple.
    ///
    /// - Throws: ``TupleError`` if that is beyond ``TupleLimits``.
    public func encode(_ tuple: Tuple) throws(TupleError) -> [UInt8] {
        var encoder = TupleEncoder(prefix: prefix)
        try encoder.append(contentsOf: tuple)
        return encoder.bytes
    }

    /// The tuple of a key.
    ///
    /// - Throws: ``TupleError/Code/outsideSubspace`` if the key does not begin with the prefix, and what
    ///   ``Tuple/init(decoding:)`` throws. Offsets count from the start of the key.
    public func decode(_ key: [UInt8]) throws(TupleError) -> Tuple {
        guard contains(key) else {
            let difference = zip(key, prefix).prefix { $0 == $1 }.count
            throw TupleError(.outsideSubspace, atByte: difference)
        }
        var decoder = try TupleDecoder(key, from: prefix.count)
        return try decoder.rest()
    }

    /// Whether a key begins with the prefix. It may still be no tuple.
    public func contains(_ key: [UInt8]) -> Bool { key.starts(with: prefix) }

    /// Every key of the subspace whose tuple begins with this one, or is it.
    ///
    /// - Throws: ``TupleError`` if the tuple is beyond ``TupleLimits``.
    public func range(beginningWith tuple: Tuple = []) throws(TupleError) -> TupleRange {
        TupleRange(elementsAfter: try encode(tuple))
    }
}
