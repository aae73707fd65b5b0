#if PostgreSQL
import KeyValue

/// A range, from where a cursor left off, as two places in the order of (space, partition, key): the first is part of
/// it, the second is not.
struct Bounds: Hashable, Sendable {
    /// A place in the order. The space can be one past the last.
    struct Place: Hashable, Sendable {
        var space: Int16
        var partition: [UInt8] = []
        var key: [UInt8] = []
    }

    private(set) var lower: Place
    private(set) var upper: Place

    init(_ range: KeyRange, reverse: Bool, after position: Key?) {
        let space = Int16(range.space.rawValue)
        lower = Place(space: space)
        upper = Place(space: space + 1)
        switch range.extent {
        case .all: break
        case .partitions(let from, let to):
            lower.partition = from ?? []
            if let to { upper = Place(space: space, partition: to) }
        case .keys(let partition, let from, let to):
            lower = Place(space: space, partition: partition, key: from ?? [])
            // The first byte string that sorts after another is the other with a zero.
            upper =
                to.map { Place(space: space, partition: partition, key: $0) }
                ?? Place(space: space, partition: partition + [0])
        }
        guard let position else { return }
        if reverse {
            upper = Place(space: space, partition: position.partition, key: position.bytes)
        } else {
            lower = Place(space: space, partition: position.partition, key: position.bytes + [0])
        }
    }

    /// In SQL, over the first six parameters.
    static let condition = "(s, p, k) >= ($1, $2, $3) AND (s, p, k) < ($4, $5, $6)"

    func append(to parameters: inout Parameters) {
        for place in [lower, upper] {
            parameters.append(place.space)
            parameters.append(place.partition)
            parameters.append(place.key)
        }
    }
}
#endif
