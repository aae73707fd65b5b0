extension CARIndex {
    /// The index as it stands in an archive of version 2, or in a file of its own.
    public var encoded: [UInt8] {
        var bytes: [UInt8] = []
        Varint.appendUnchecked(format.rawValue, to: &bytes)
        if format == .multihashSorted { bytes.appendLittleEndian(UInt32(clamping: groups.count)) }
        for group in groups {
            if format == .multihashSorted { bytes.appendLittleEndian(group.code?.rawValue ?? 0) }
            CARIndex.append(group.buckets, to: &bytes)
        }
        if format == .sorted, groups.isEmpty { CARIndex.append([], to: &bytes) }
        return bytes
    }

    private static func append(_ buckets: [Bucket], to bytes: inout [UInt8]) {
        bytes.appendLittleEndian(UInt32(clamping: buckets.count))
        for bucket in buckets {
            bytes.appendLittleEndian(UInt32(clamping: bucket.width))
            bytes.appendLittleEndian(UInt64(bucket.entries.count))
            bytes.append(contentsOf: bucket.entries)
        }
    }

    /// Reads an index, which has to be all of `bytes`, and holds it in memory.
    public init(decoding bytes: [UInt8]) throws(IPLDError) {
        self = try bytes.withReader { (reader) throws(IPLDError) in
            let index = try CARIndex(&reader)
            try reader.requireEnd(behind: "index")
            return index
        }
    }

    private init(_ reader: inout ByteReader) throws(IPLDError) {
        let number = try reader.varint()
        guard let format = Format(rawValue: number) else {
            throw IPLDError(.unsupported, "The index is in a format that is not known here.", offset: 0)
        }
        switch format {
        case .sorted:
            let buckets = try CARIndex.buckets(&reader)
            self.init(format: format, groups: buckets.isEmpty ? [] : [Group(code: nil, buckets: buckets)])
        case .multihashSorted:
            var groups: [Group] = []
            for _ in 0..<(try reader.littleEndian(4)) {
                let start = reader.offset
                guard let code = Multicodec(rawValue: try reader.littleEndian(8)) else {
                    throw IPLDError(.malformed, "The index names a hash function that can't be.", offset: start)
                }
                if let last = groups.last?.code, last.rawValue >= code.rawValue { throw unordered(at: start) }
                groups.append(Group(code: code, buckets: try CARIndex.buckets(&reader)))
            }
            self.init(format: format, groups: groups)
        }
    }

    private static func buckets(_ reader: inout ByteReader) throws(IPLDError) -> [Bucket] {
        var buckets: [Bucket] = []
        for _ in 0..<(try reader.littleEndian(4)) {
            let start = reader.offset
            let width = Int(try reader.littleEndian(4))
            let byteCount = try reader.littleEndian(8)
            guard width >= offsetBytes, width <= Multihash.digestBytesMax + offsetBytes else {
                throw IPLDError(.malformed, "The index has entries of a length that can't be.", offset: start)
            }
            guard byteCount <= UInt64(reader.remaining) else { throw reader.truncated() }
            guard byteCount % UInt64(width) == 0 else {
                throw IPLDError(.malformed, "The index ends in the middle of an entry.", offset: start)
            }
            if let last = buckets.last, last.width >= width { throw unordered(at: start) }
            let bucket = Bucket(width: width, entries: Array(try reader.take(Int(byteCount))))
            guard bucket.isSorted else { throw unordered(at: start) }
            buckets.append(bucket)
        }
        return buckets
    }
}

/// A look-up in an index out of order would miss what is there.
private func unordered(at offset: Int) -> IPLDError {
    IPLDError(.malformed, "The index is out of order; make it anew from the archive.", offset: offset)
}

extension CARIndex.Bucket {
    /// Whether digests ascend; equal ones may stand beside each other.
    fileprivate var isSorted: Bool {
        guard count > 1 else { return true }
        return entries.withUnsafeBytes { bytes in
            let length = width - CARIndex.offsetBytes
            return (1..<count).allSatisfy { index in
                let left = UnsafeRawBufferPointer(rebasing: bytes[(index - 1) * width..<(index - 1) * width + length])
                let right = UnsafeRawBufferPointer(rebasing: bytes[index * width..<index * width + length])
                return !right.lexicographicallyPrecedes(left)
            }
        }
    }
}
