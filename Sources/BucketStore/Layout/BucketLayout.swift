#if S3
import KeyValue

/// The names of a store's objects.
///
/// Format 1. All begin with the store's prefix:
///
/// | name behind the prefix | what it holds |
/// | --- | --- |
/// | `S/partition/key` | a row of space S, which is 0, 1 or 2, as ``StoredObject``; both as ``OrderedText`` |
/// | `fence` | the fence, as ``Fence/encoded``; none for an open one |
/// | `format` | the version of this layout, in decimal |
/// | `probe-…` | nothing for long: what is tried out when a store is opened |
///
/// Listings are in the order of names, which is that of partitions and keys.
struct BucketLayout: Sendable {
    static let format = 1
    /// What S3 and its like take.
    static let nameBytesMax = 1_024
    static let prefixBytesMax = 128
    private static let slash: UInt8 = 0x2F

    let prefix: [UInt8]

    /// A layout under a prefix, which is empty, or ends with a slash.
    init(prefix: String) throws(StoreError) {
        let isLegal = prefix.utf8.allSatisfy { byte in
            (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte)
                || [0x21, 0x2D, 0x2E, 0x2F, 0x5F].contains(byte)
        }
        guard isLegal, prefix.utf8.count <= BucketLayout.prefixBytesMax, !prefix.hasPrefix("/") else {
            throw .invalidArgument(
                "A store in a bucket is under at most 128 letters, digits and -._!, with slashes between them.",
                ["prefix": prefix]
            )
        }
        self.prefix = Array((prefix.isEmpty || prefix.hasSuffix("/") ? prefix : prefix + "/").utf8)
    }

    /// How long partitions and keys may be, so that every name is short enough.
    var limits: (partition: Int, key: Int) {
        let partition = 192
        let left = BucketLayout.nameBytesMax - prefix.count - 3 - OrderedText.count(ofBytes: partition)
        return (partition, OrderedText.bytes(inCount: left))
    }

    var formatName: [UInt8] { prefix + Array("format".utf8) }
    var fenceName: [UInt8] { prefix + Array("fence".utf8) }

    func probeName(_ nonce: UInt64) -> [UInt8] { prefix + Array("probe-\(nonce)".utf8) }

    /// What the names of a space begin with.
    func names(of space: KeySpace) -> [UInt8] { prefix + [0x30 + space.rawValue, BucketLayout.slash] }

    /// What the names of a partition begin with.
    func names(of partition: [UInt8], in space: KeySpace) -> [UInt8] {
        names(of: space) + OrderedText.encode(partition) + [BucketLayout.slash]
    }

    func name(of key: Key) -> [UInt8] { names(of: key.partition, in: key.space) + OrderedText.encode(key.bytes) }

    /// The key behind a name of a space; nil for an object that is none of the store's.
    func key(of name: [UInt8], in space: KeySpace) -> Key? {
        let start = names(of: space)
        guard name.starts(with: start) else { return nil }
        let parts = name.dropFirst(start.count).split(separator: BucketLayout.slash, omittingEmptySubsequences: false)
        guard parts.count == 2, let partition = OrderedText.decode(parts[0]), let bytes = OrderedText.decode(parts[1]),
            !partition.isEmpty, !bytes.isEmpty
        else { return nil }
        return Key(partition: partition, bytes: bytes, space: space)
    }

    /// The partition behind what all names of it begin with, with the slash.
    func partition(of names: [UInt8], in space: KeySpace) -> [UInt8]? {
        let start = self.names(of: space)
        guard names.starts(with: start), names.last == BucketLayout.slash else { return nil }
        return OrderedText.decode(names.dropFirst(start.count).dropLast()).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// What the names of a range begin with, and behind which name it begins; nil for the first.
    func listing(of range: KeyRange) -> (names: [UInt8], after: [UInt8]?) {
        switch range.extent {
        case .all: return (names(of: range.space), nil)
        case .partitions(let lower, _):
            let start = names(of: range.space)
            return (start, lower.flatMap { BucketLayout.before(start, OrderedText.encode($0), isPartition: true) })
        case .keys(let partition, let lower, _):
            let start = names(of: partition, in: range.space)
            return (start, lower.flatMap { BucketLayout.before(start, OrderedText.encode($0)) })
        }
    }

    /// A name that sorts before `start` with `text` behind it, with no name of the store between them; nil where there
    /// is none before.
    private static func before(_ start: [UInt8], _ text: [UInt8], isPartition: Bool = false) -> [UInt8]? {
        // Longer than a name can be: what sorts behind its beginning sorts behind it.
        let text = text.prefix(nameBytesMax - start.count)
        guard let final = text.last else { return nil }
        var name = start + text.dropLast()
        if let predecessor = OrderedText.predecessor(of: final) {
            name.append(predecessor)
        } else if isPartition {
            // What comes before is a partition of its own, with all its keys.
            name.append(slash)
        } else {
            return name
        }
        return name + Array(repeating: OrderedText.last, count: max(0, nameBytesMax - name.count))
    }
}
#endif
