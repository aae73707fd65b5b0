import KeyValue
import Tuples

/// Where the scan of a raw view stands: at which node, at which place of its own, with which of the keys it named still
/// to be read. Nothing is held on the server.
struct RawCursor: Hashable {
    private static let format: Int64 = 2

    /// The node that is being scanned.
    var node: String
    /// The node's own cursor; nil when it has told all its keys.
    var place: [UInt8]?
    /// The keys that it named and that were not read yet.
    var pending: [[UInt8]] = []

    /// The beginning of a node.
    init(node: String) {
        self.node = node
        place = Array("0".utf8)
    }

    /// A tuple: the format, the partition of the range or null, the node, its place or null, the keys.
    func cursor(in range: KeyRange) -> Cursor {
        var encoder = TupleEncoder()
        encoder.append(RawCursor.format)
        if case .keys(let partition, _, _) = range.extent { encoder.append(partition) } else { encoder.appendNull() }
        encoder.append(node)
        if let place { encoder.append(place) } else { encoder.appendNull() }
        for key in pending { encoder.append(key) }
        return Cursor(bytes: encoder.bytes)
    }

    init(_ cursor: Cursor, in range: KeyRange) throws(StoreError) {
        do throws(TupleError) {
            var decoder = try TupleDecoder(cursor.bytes, byteCountMax: RawCursor.bytesMax)
            let tuple = try decoder.rest()
            let partition: [UInt8]? = if case .null = try tuple.element(at: 1) { nil } else { try tuple.bytes(at: 1) }
            var expected: [UInt8]?
            if case .keys(let partition, _, _) = range.extent { expected = partition }
            if try tuple.integer(at: 0) == RawCursor.format, partition == expected {
                node = try tuple.string(at: 2)
                place = if case .null = try tuple.element(at: 3) { nil } else { try tuple.bytes(at: 3) }
                for index in 4..<max(4, tuple.elements.count) { pending.append(try tuple.bytes(at: index)) }
                return
            }
        } catch {
            // Whatever is wrong with it, the remedy is the same.
        }
        throw .invalidArgument("The cursor is not one of this range: begin the scan anew, without a cursor.")
    }

    /// More than any page's keys make.
    private static let bytesMax = 1 << 30
}
