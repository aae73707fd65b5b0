/// The first value of an archive: the roots of version 1, or that it is of version 2.
enum CARHeader {
    static func encode(roots: [CID]) -> [UInt8] {
        // Written by hand, since the writer of values throws, and this can't fail: `{"roots": [...], "version": 1}`.
        var header: [UInt8] = []
        DAGCBOR.appendHead(DAGCBOR.Major.map, 2, to: &header)
        append("roots", to: &header)
        DAGCBOR.appendHead(DAGCBOR.Major.list, UInt64(roots.count), to: &header)
        for root in roots { DAGCBOR.append(root, to: &header) }
        append("version", to: &header)
        DAGCBOR.appendHead(DAGCBOR.Major.unsigned, 1, to: &header)
        return header
    }

    private static func append(_ key: StaticString, to bytes: inout [UInt8]) {
        DAGCBOR.appendHead(DAGCBOR.Major.string, UInt64(key.utf8CodeUnitCount), to: &bytes)
        key.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    /// The roots; nil for version 2.
    static func decode(_ bytes: [UInt8], limits: CAR.Limits) throws(IPLDError) -> [CID]? {
        let rootsMax = limits.headerBytesMax / 8
        let node = try DAGCBOR.decode(
            bytes,
            .lenient,
            limits: DecodingLimits(bytesMax: limits.headerBytesMax, depthMax: 4, itemsMax: rootsMax, linksMax: rootsMax)
        )
        guard case .integer(let number)? = node["version"], let version = number.value(as: Int.self) else {
            throw IPLDError(.malformed, "The archive's header names no version.", offset: 0)
        }
        switch version {
        case 1:
            guard case .list(let list)? = node["roots"] else {
                throw IPLDError(.malformed, "The archive's header has no list of roots.", offset: 0)
            }
            var roots: [CID] = []
            roots.reserveCapacity(list.count)
            for element in list {
                guard case .link(let cid) = element else {
                    throw IPLDError(.malformed, "A root of the archive is not a link.", offset: 0)
                }
                roots.append(cid)
            }
            return roots
        case 2: return nil
        default:
            throw IPLDError(.unsupported, "An archive has version 1 or 2, not \(version).", offset: 0)
        }
    }
}
