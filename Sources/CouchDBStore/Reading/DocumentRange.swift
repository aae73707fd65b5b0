#if CouchDB
import KeyValue
import StoreHTTP

/// A range of keys as one of identifiers, from `lower` up to but without `upper`.
struct DocumentRange: Sendable {
    private var lower: [UInt8]
    private var upper: [UInt8]

    /// A range, or what is left of it behind a key.
    init(_ range: KeyRange, after last: Key?, reverse: Bool) {
        self.init(range)
        guard let last else { return }
        if reverse {
            upper = DocumentID.of(last)
        } else {
            // A blank is before everything that may follow.
            lower = DocumentID.of(last) + [0x20]
        }
    }

    /// All partitions of a space behind one.
    init(in space: KeySpace, behindPartition last: [UInt8]?) {
        self.init(.all(in: space))
        if let last { lower = DocumentID.bound(partition: last, in: space) + [DocumentRange.behindBlank] }
    }

    private init(_ range: KeyRange) {
        let space = range.space
        lower = DocumentID.prefix(of: space)
        upper = [lower[0], DocumentRange.behindBlank]
        switch range.extent {
        case .all: break
        case .partitions(let from, let to):
            if let from { lower = DocumentID.bound(partition: from, in: space) }
            if let to { upper = DocumentID.bound(partition: to, in: space) }
        case .keys(let partition, let from, let to):
            lower = DocumentID.bound(key: from ?? [], of: partition, in: space)
            if let to {
                upper = DocumentID.bound(key: to, of: partition, in: space)
            } else {
                upper = DocumentID.bound(partition: partition, in: space) + [DocumentRange.behindBlank]
            }
        }
    }

    private static let behindBlank: UInt8 = 0x21

    var isEmpty: Bool { !ByteOrder.precedes(lower, upper) }

    func contains(_ id: String) -> Bool {
        let id = Array(id.utf8)
        return !ByteOrder.precedes(id, lower) && ByteOrder.precedes(id, upper)
    }

    /// The parameters of a listing. From the upper end down it has the upper bound too.
    func parameters(reverse: Bool) -> [JSON.Member] {
        let (low, high) = (String(decoding: lower, as: UTF8.self), String(decoding: upper, as: UTF8.self))
        return [
            JSON.Member("startkey", .string(reverse ? high : low)),
            JSON.Member("endkey", .string(reverse ? low : high)),
            JSON.Member("descending", .bool(reverse)),
            JSON.Member("inclusive_end", .bool(reverse)),
        ]
    }
}
#endif
