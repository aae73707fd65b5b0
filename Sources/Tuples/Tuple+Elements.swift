/// Elements by kind. Each throws ``TupleError/Code/noElement`` if the tuple is too short, and
/// ``TupleError/Code/otherKind`` if the element is not of the kind.
extension Tuple {
    /// The element at an index.
    public func element(at index: Int) throws(TupleError) -> TupleElement {
        guard elements.indices.contains(index) else { throw TupleError(.noElement, at: .element(index)) }
        return elements[index]
    }

    /// The byte string at an index.
    public func bytes(at index: Int) throws(TupleError) -> [UInt8] {
        guard case .bytes(let value) = try element(at: index) else { throw otherKind(at: index) }
        return value
    }

    /// The string at an index.
    public func string(at index: Int) throws(TupleError) -> String {
        guard case .string(let value) = try element(at: index) else { throw otherKind(at: index) }
        return value
    }

    /// The tuple at an index.
    public func tuple(at index: Int) throws(TupleError) -> Tuple {
        guard case .tuple(let value) = try element(at: index) else { throw otherKind(at: index) }
        return value
    }

    /// The integer at an index. Throws ``TupleError/Code/integerOutOfRange`` if it is a ``BigInteger``.
    public func integer(at index: Int) throws(TupleError) -> Int64 {
        switch try element(at: index) {
        case .integer(let value): return value
        case .bigInteger: throw TupleError(.integerOutOfRange, at: .element(index))
        default: throw otherKind(at: index)
        }
    }

    /// The 32-bit floating-point number at an index.
    public func float(at index: Int) throws(TupleError) -> Float {
        guard case .float(let value) = try element(at: index) else { throw otherKind(at: index) }
        return value
    }

    /// The 64-bit floating-point number at an index.
    public func double(at index: Int) throws(TupleError) -> Double {
        guard case .double(let value) = try element(at: index) else { throw otherKind(at: index) }
        return value
    }

    /// The truth value at an index.
    public func bool(at index: Int) throws(TupleError) -> Bool {
        guard case .bool(let value) = try element(at: index) else { throw otherKind(at: index) }
        return value
    }

    /// The UUID at an index.
    public func uuid(at index: Int) throws(TupleError) -> TupleUUID {
        guard case .uuid(let value) = try element(at: index) else { throw otherKind(at: index) }
        return value
    }

    /// The moment at an index.
    public func timestamp(at index: Int) throws(TupleError) -> Timestamp {
        guard case .timestamp(let value) = try element(at: index) else { throw otherKind(at: index) }
        return value
    }

    private func otherKind(at index: Int) -> TupleError {
        let code = elements.indices.contains(index) ? elements[index].kindCode : nil
        return TupleError(.otherKind, at: .element(index), typeCode: code)
    }
}
