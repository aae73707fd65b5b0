/// Reads an archive of version 1 or 2 as its bytes arrive, and holds no more of it than one block and what was last
/// appended.
///
/// Append bytes, then call ``next()`` until it returns nil; at the end of the archive call ``finish()``.
/// After an error the reader is done: it throws the same error again.
public struct CARReader: Sendable {
    private let verification: CAR.Verification
    private let limits: CAR.Limits
    private var buffer: [UInt8] = []
    /// Where in the buffer the next byte to read is.
    private var position = 0
    /// Where in the part of version 1 the next byte to read is.
    private var offset: UInt64 = 0
    private var state = State.header
    /// How much of the part of version 1 is left, in an archive of version 2.
    private var bytesLeft: UInt64?
    /// How many bytes lie before the index, behind the part of version 1.
    private var bytesBeforeIndex: UInt64 = 0
    private let keepsIndex: Bool
    private var indexBytes: [UInt8] = []
    private var failure: IPLDError?

    /// The roots, once the header has been read.
    public private(set) var roots: [CID]?
    /// Where the parts lie, in an archive of version 2 whose header has been read.
    public private(set) var layout: CARLayout?

    private enum State: Sendable {
        case header
        case layout
        /// Bytes before the part of version 1.
        case padding(UInt64)
        case innerHeader
        case sections
        /// What follows the part of version 1.
        case rest

        /// Whether it is in the part of version 1, if the archive is of version 2.
        var isInner: Bool {
            switch self {
            case .innerHeader, .sections: true
            case .header, .layout, .padding, .rest: false
            }
        }
    }

    /// A reader at the beginning of an archive, which holds the bytes of an index in memory only if it is told to.
    public init(
        verification: CAR.Verification = .all,
        limits: CAR.Limits = CAR.Limits(),
        keepsIndex: Bool = false
    ) {
        self.verification = verification
        self.limits = limits
        self.keepsIndex = keepsIndex
    }

    /// Takes the archive's next bytes. What is appended to an empty reader is not copied.
    public mutating func append(_ bytes: [UInt8]) {
        if position == buffer.count {
            buffer = bytes
        } else {
            buffer.removeSubrange(..<position)
            buffer.append(contentsOf: bytes)
        }
        position = 0
    }

    /// The next block; nil when it needs more bytes, or there are no more blocks.
    public mutating func next() throws(IPLDError) -> CARSection? {
        if let failure { throw failure }
        do throws(IPLDError) {
            return try advance()
        } catch {
            failure = error
            throw error
        }
    }

    /// Throws ``IPLDError/Code/truncated`` when the archive ends here in the middle of something. To be called when
    /// ``next()`` has returned nil.
    public func finish() throws(IPLDError) {
        if let failure { throw failure }
        switch state {
        case .rest: return
        case .sections where position == buffer.count && (bytesLeft ?? 0) == 0: return
        default: throw IPLDError(.truncated, "The archive ends in the middle of something.")
        }
    }

    /// The index of an archive of version 2; nil where it has none, or the reader was not told to keep it. To be called
    /// after ``finish()``. ``CARIndex/verify(_:)`` tells whether it belongs to the archive.
    public func index() throws(IPLDError) -> CARIndex? {
        guard keepsIndex, layout?.indexOffset != nil else { return nil }
        return try CARIndex(decoding: indexBytes)
    }

    private mutating func advance() throws(IPLDError) -> CARSection? {
        while true {
            switch state {
            case .header:
                guard let header = try part(limits.headerBytesMax) else { return nil }
                roots = try CARHeader.decode(Array(buffer[header]), limits: limits)
                skip(to: header.upperBound)
                state = roots == nil ? .layout : .sections
            case .layout:
                let end = position + CARLayout.byteCount
                guard end <= buffer.count else { return nil }
                let layout = try CARLayout(decoding: buffer[position..<end])
                self.layout = layout
                position = end
                bytesLeft = layout.dataSize
                bytesBeforeIndex = layout.indexOffset.map { $0 - layout.dataOffset - layout.dataSize } ?? 0
                state = .padding(layout.dataOffset - CARLayout.dataOffsetMin)
            case .padding(let count):
                let skipped = min(count, UInt64(buffer.count - position))
                position += Int(skipped)
                guard skipped == count else {
                    state = .padding(count - skipped)
                    return nil
                }
                offset = 0
                state = .innerHeader
            case .innerHeader:
                guard let header = try part(limits.headerBytesMax) else { return nil }
                roots = try CARHeader.decode(Array(buffer[header]), limits: limits)
                guard roots != nil else {
                    throw IPLDError(.malformed, "An archive of version 2 lies in another.")
                }
                skip(to: header.upperBound)
                state = .sections
            case .sections:
                if bytesLeft == 0 {
                    state = .rest
                    continue
                }
                guard let section = try part(limits.sectionBytesMax) else { return nil }
                return try read(section)
            case .rest:
                try takeRest()
                return nil
            }
        }
    }

    private mutating func takeRest() throws(IPLDError) {
        let skipped = min(bytesBeforeIndex, UInt64(buffer.count - position))
        bytesBeforeIndex -= skipped
        position += Int(skipped)
        if keepsIndex, layout?.indexOffset != nil {
            guard buffer.count - position <= limits.indexBytesMax - indexBytes.count else {
                throw IPLDError(
                    .limitExceeded,
                    "The archive's index is larger than its limit; raise it or read no index."
                )
            }
            indexBytes.append(contentsOf: buffer[position...])
        }
        position = buffer.count
    }

    private mutating func skip(to end: Int) {
        let count = UInt64(end - position)
        offset += count
        if let left = bytesLeft, state.isInner { bytesLeft = left - min(left, count) }
        position = end
    }

    /// Where in the buffer the next part lies, behind its length; nil when it has not arrived whole.
    private func part(_ bytesMax: Int) throws(IPLDError) -> Range<Int>? {
        guard position < buffer.count else { return nil }
        let start = position
        let read = try buffer.withReader(at: start) { (reader) throws(IPLDError) -> (length: UInt64, start: Int)? in
            try reader.varintIfWhole().map { ($0, reader.offset) }
        }
        guard let (length, begin) = read else { return nil }
        guard length > 0 else {
            throw IPLDError(.malformed, "A part of the archive is empty.", offset: Int(clamping: offset))
        }
        guard length <= UInt64(bytesMax) else {
            throw IPLDError(
                .limitExceeded,
                "A part of the archive is larger than its limit; raise it if the archive is yours.",
                offset: Int(clamping: offset)
            )
        }
        let end = begin + Int(length)
        if state.isInner, let left = bytesLeft, UInt64(end - position) > left {
            throw IPLDError(.malformed, "A block reaches beyond its archive's part.", offset: Int(clamping: offset))
        }
        return end <= buffer.count ? begin..<end : nil
    }

    private mutating func read(_ range: Range<Int>) throws(IPLDError) -> CARSection {
        let start = offset
        let (cid, contentStart) = try buffer.withReader(at: range.lowerBound, to: range.upperBound) {
            (reader) throws(IPLDError) in (try CID(&reader), reader.offset)
        }
        let block = Block(cid, unverified: Array(buffer[contentStart..<range.upperBound]))
        if verification == .all || (verification == .known && cid.hash.isComputable) {
            do throws(IPLDError) {
                try block.verify()
            } catch {
                throw IPLDError(error.code, error.message, offset: Int(clamping: start))
            }
        }
        let section = CARSection(
            block: block,
            offset: start,
            contentOffset: start + UInt64(contentStart - position)
        )
        skip(to: range.upperBound)
        return section
    }
}
