/// Where a scan or a listing goes on. Opaque, and valid for as long as its store exists: across restarts, after the
/// key under it is gone, and in another process.
///
/// A cursor goes with the range and the direction that it came from; a store refuses one that it can't have given for
/// them with ``StoreError/Code/invalidArgument``.
public struct Cursor: Hashable, Sendable {
    /// The bytes, for keeping it elsewhere.
    public let bytes: [UInt8]

    /// A cursor from kept bytes. They are checked when the cursor is used.
    public init(bytes: [UInt8]) { self.bytes = bytes }
}

extension Cursor {
    private static let positionFormat: UInt8 = 1

    /// For stores whose order is that of keys: the cursor that goes on behind `key`, in either direction.
    public init(after key: Key) {
        var writer = KeyWriter()
        writer.append(byte: Cursor.positionFormat)
        writer.append(key: key)
        bytes = writer.bytes
    }

    /// For stores that list partitions: the cursor that goes on behind this one.
    public init(afterPartition partition: [UInt8], in space: KeySpace) {
        // The key is only there to make a position of the partition.
        self.init(after: Key(partition: partition, bytes: [0], space: space))
    }

    /// For stores that list partitions: the partition of `space` behind which to go on.
    public func partitionPosition(in space: KeySpace) throws(StoreError) -> [UInt8] {
        try position(in: .all(in: space)).partition
    }

    /// For stores whose order is that of keys: the key behind which to go on, which lies in `range`.
    public func position(in range: KeyRange) throws(StoreError) -> Key {
        var reader = KeyReader(bytes)
        guard reader.byte() == Cursor.positionFormat, let key = reader.key(), reader.isAtEnd, range.contains(key)
        else {
            throw .invalidArgument("The cursor is not one of this range: begin the scan anew, without a cursor.")
        }
        return key
    }
}

/// For stores: where a call begins that may go on from a cursor; nil where it has none.
extension Cursor? {
    /// The key behind which to go on, which lies in `range`.
    public func position(in range: KeyRange) throws(StoreError) -> Key? {
        guard let self else { return nil }
        return try self.position(in: range)
    }

    /// The partition of `space` behind which to go on.
    public func partitionPosition(in space: KeySpace) throws(StoreError) -> [UInt8]? {
        guard let self else { return nil }
        return try self.partitionPosition(in: space)
    }

    /// The mark behind which to go on.
    public func markPosition() throws(StoreError) -> MarkID? {
        guard let self else { return nil }
        return try self.markPosition()
    }
}
