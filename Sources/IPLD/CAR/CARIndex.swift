/// Which block lies where in an archive, found by its hash.
///
/// Offsets are those of ``CARSection/offset``. The index takes as much memory as its encoding, and a look-up takes
/// O(log n). The format is the one that archives in use have, which is go-car's: it says how many widths there are,
/// and how many bytes each takes, where the specification's text counts entries.
public struct CARIndex: Hashable, Sendable {
    /// How entries are grouped.
    public enum Format: UInt64, Hashable, Sendable, CaseIterable {
        /// By the digest's length, whatever the hash function.
        case sorted = 0x0400
        /// By hash function, then by the digest's length.
        case multihashSorted = 0x0401
    }

    /// Entries of equal length, sorted by digest and then by offset.
    struct Bucket: Hashable, Sendable {
        let width: Int
        let entries: [UInt8]
    }

    struct Group: Hashable, Sendable {
        /// Nil where the format does not tell.
        let code: Multicodec?
        let buckets: [Bucket]
    }

    /// How entries are grouped.
    public let format: Format
    let groups: [Group]

    init(format: Format, groups: [Group]) {
        self.format = format
        self.groups = groups
    }

    /// An index of sections. Blocks of the identity function are left out, since they are found without one.
    /// O(n log n).
    public init(_ format: Format, of sections: some Sequence<(cid: CID, offset: UInt64)>) {
        var digests: [Multicodec?: [Int: [(digest: [UInt8], offset: UInt64)]]] = [:]
        for (cid, offset) in sections where cid.hash.code != .identity {
            let code = format == .multihashSorted ? cid.hash.code : nil
            digests[code, default: [:]][cid.hash.digest.count, default: []].append((cid.hash.digest, offset))
        }
        let groups = digests.map { code, lengths in
            let buckets = lengths.map { length, entries in Bucket(width: length + CARIndex.offsetBytes, entries) }
            return Group(code: code, buckets: buckets.sorted { $0.width < $1.width })
        }
        self.init(format: format, groups: groups.sorted { ($0.code?.rawValue ?? 0) < ($1.code?.rawValue ?? 0) })
    }

    /// How many entries there are.
    public var count: Int {
        groups.reduce(0) { $0 + $1.buckets.reduce(0) { $0 + $1.count } }
    }

    /// Where blocks of this hash begin, in ascending order. The format ``Format/sorted`` does not tell hash functions
    /// apart, so that a block found there is to be verified.
    public func offsets(of hash: Multihash) -> [UInt64] {
        let width = hash.digest.count + CARIndex.offsetBytes
        return groups.filter { $0.code == nil || $0.code == hash.code }
            .flatMap { $0.buckets.filter { $0.width == width }.flatMap { $0.offsets(of: hash.digest) } }
    }

    /// Throws ``IPLDError/Code/malformed`` unless every entry leads to a section that begins with such a block, and every
    /// block is found, those of the identity function aside. Of a block that lies in the archive several times one place
    /// is enough. O(n log n); the sections are held in memory.
    public func verify(_ sections: some Sequence<(cid: CID, offset: UInt64)>) throws(IPLDError) {
        var hashes: [UInt64: Multihash] = [:]
        for (cid, offset) in sections {
            hashes[offset] = cid.hash
            guard cid.hash.code == .identity || !offsets(of: cid.hash).isEmpty else {
                throw IPLDError(
                    .malformed,
                    "A block is missing in the index; make the index anew.",
                    offset: Int(clamping: offset)
                )
            }
        }
        for group in groups {
            for bucket in group.buckets {
                for index in 0..<bucket.count {
                    let offset = bucket.offset(at: index)
                    guard let hash = hashes[offset], group.code == nil || group.code == hash.code,
                        hash.digest == bucket.digest(at: index)
                    else {
                        throw IPLDError(
                            .malformed,
                            "The index leads to a place where no such block begins; make the index anew.",
                            offset: Int(clamping: offset)
                        )
                    }
                }
            }
        }
    }

    /// Every entry, in the order of the encoding.
    public func forEachEntry(_ body: (_ code: Multicodec?, _ digest: [UInt8], _ offset: UInt64) throws -> Void) rethrows
    {
        for group in groups {
            for bucket in group.buckets {
                for index in 0..<bucket.count {
                    try body(group.code, bucket.digest(at: index), bucket.offset(at: index))
                }
            }
        }
    }

    static let offsetBytes = 8
}

extension CARIndex.Bucket {
    init(width: Int, _ entries: [(digest: [UInt8], offset: UInt64)]) {
        let sorted = entries.sorted { left, right in
            left.digest == right.digest
                ? left.offset < right.offset : left.digest.lexicographicallyPrecedes(right.digest)
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(width * sorted.count)
        for (digest, offset) in sorted {
            bytes.append(contentsOf: digest)
            bytes.appendLittleEndian(offset)
        }
        self.init(width: width, entries: bytes)
    }

    var count: Int { entries.count / width }

    func digest(at index: Int) -> [UInt8] {
        Array(entries[index * width..<(index + 1) * width - CARIndex.offsetBytes])
    }

    func offset(at index: Int) -> UInt64 {
        entries[(index + 1) * width - CARIndex.offsetBytes..<(index + 1) * width]
            .reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// How the digest at a place stands to another of the same length.
    func precedes(_ index: Int, _ digest: [UInt8]) -> Bool {
        entries[index * width..<(index + 1) * width - CARIndex.offsetBytes].lexicographicallyPrecedes(digest)
    }

    func offsets(of digest: [UInt8]) -> [UInt64] {
        var lower = 0
        var upper = count
        while lower < upper {
            let middle = lower + (upper - lower) / 2
            if precedes(middle, digest) { lower = middle + 1 } else { upper = middle }
        }
        return (lower..<count).lazy.prefix { self.digest(at: $0) == digest }.map { offset(at: $0) }
    }
}
