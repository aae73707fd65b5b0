/// The name of a mark: 128 bits, most of them random, drawn by whoever asks for the mark.
public struct MarkID: Hashable, Sendable {
    /// The upper half.
    public let high: UInt64
    /// The lower half.
    public let low: UInt64

    /// A name with these bits, which nobody else may ever draw: see ``StoreEnvironment/makeMarkID()``.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}

extension MarkID: Comparable {
    public static func < (left: MarkID, right: MarkID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

/// The trace of one batch in one bin: which keys it wrote.
///
/// Marks are how a migration learns what changed. They are removed by name, never by key, so that a change made while
/// its key is being carried over is not forgotten.
public struct Mark: Hashable, Sendable {
    /// Its name.
    public let id: MarkID
    /// The keys that the batch wrote, in the batch's order, without those that it only checked.
    public let keys: [Key]

    /// A mark from its parts.
    public init(id: MarkID, keys: [Key]) {
        self.id = id
        self.keys = keys
    }
}

extension Mark {
    /// The bytes of the name, in which stores order their marks: 16, big-endian.
    public var encodedID: [UInt8] { id.encoded }

    /// The bytes of the keys, in which stores keep them.
    public var encodedKeys: [UInt8] {
        var writer = KeyWriter()
        for key in keys { writer.append(key: key) }
        return writer.bytes
    }

    /// The mark behind kept bytes; throws ``StoreError/Code/corrupted``.
    public init(encodedID: [UInt8], encodedKeys: [UInt8]) throws(StoreError) {
        let damage = StoreError(.corrupted, "A mark can't be read: restore the store from a copy.")
        guard let id = MarkID(encoded: encodedID) else { throw damage }
        var keys: [Key] = []
        var reader = KeyReader(encodedKeys)
        while !reader.isAtEnd {
            guard let key = reader.key() else { throw damage }
            keys.append(key)
        }
        self.init(id: id, keys: keys)
    }
}

extension MarkID {
    /// 16 bytes, big-endian.
    public var encoded: [UInt8] {
        var writer = KeyWriter()
        writer.append(integer: high)
        writer.append(integer: low)
        return writer.bytes
    }

    /// The name behind 16 bytes; nil for any other number of them.
    public init?(encoded: [UInt8]) {
        var reader = KeyReader(encoded)
        guard let high = reader.integer(), let low = reader.integer(), reader.isAtEnd else { return nil }
        self.init(high: high, low: low)
    }
}

extension Cursor {
    /// For stores that list marks in the order of their names: the cursor that goes on behind this one.
    public init(after id: MarkID) { self.init(bytes: id.encoded) }

    /// For stores that list marks in the order of their names: the name behind which to go on.
    public func markPosition() throws(StoreError) -> MarkID {
        guard let id = MarkID(encoded: bytes) else {
            throw .invalidArgument("The cursor is not one of a listing of marks: begin anew, without a cursor.")
        }
        return id
    }
}

/// Some of the marks of a bin.
public struct MarkPage: Hashable, Sendable {
    /// The marks, in the order of their names.
    public let marks: [Mark]
    /// Where the listing goes on; nil at its end.
    public let cursor: Cursor?

    /// A page from its parts.
    public init(marks: [Mark], cursor: Cursor?) {
        self.marks = marks
        self.cursor = cursor
    }
}
