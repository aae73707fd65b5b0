import KeyValue

/// Takes the bytes of a dump apart, piece by piece, and trusts none of them: the pure half of reading.
///
/// It says how many bytes it wants next, and is given exactly those, or fewer at the end of the dump. After an error it is
/// of no further use.
struct DumpDecoder {
    /// What a piece came to.
    enum Event {
        /// The piece was a part of something.
        case more
        case header(DumpHeader)
        case rows([Row])
        case end(DumpSummary)
    }

    private enum State {
        /// Kept are the bytes of the block so far.
        case header
        case headerName(Int)
        case kind
        case blockHead
        case blockBody(rows: Int, rawBytes: Int)
        case end
        case behindTheEnd
    }

    private static let blockHeadBytes = 20
    private static let endBytes = 24
    /// The head of a row, one byte of partition and one of key.
    private static let rowBytesMin = RowCoding.headBytes + 2

    private let compression: Compression
    private var state = State.header
    private var kept: [UInt8] = []
    private var check: UInt128 = 0
    private var summary = DumpSummary()
    private var flags: UInt32 = 0
    private var lastKey: Key?

    /// How many bytes it wants; 1 behind the end, to see that there are none.
    private(set) var wanted = DumpFormat.headerBytes

    init() throws(StoreError) { compression = try Compression() }

    /// The block that is being read; nil in the header.
    private var block: UInt64? {
        switch state {
        case .header, .headerName: nil
        default: summary.blocks
        }
    }

    private func damage(_ reason: StaticString) -> StoreError { DumpFormat.damage(reason, block: block) }

    mutating func take(_ piece: [UInt8]) throws(StoreError) -> Event {
        if case .behindTheEnd = state {
            guard piece.isEmpty else { throw damage("there are bytes behind its end") }
            return .end(summary)
        }
        kept += piece
        guard piece.count == wanted else {
            // What is no dump at all is told from one that was cut short.
            if case .header = state { try checkMagic() }
            throw damage("it ends too early")
        }
        switch state {
        case .header: return try takeHeaderHead()
        case .headerName(let count): return try takeHeader(nameBytes: count)
        case .kind: return try takeKind()
        case .blockHead: return try takeBlockHead()
        case .blockBody(let rows, let rawBytes): return .rows(try takeRows(rows, rawBytes: rawBytes))
        case .end: return try takeEnd()
        case .behindTheEnd: return .end(summary)
        }
    }

    private mutating func expect(_ state: State, _ count: Int) -> Event {
        self.state = state
        wanted = count
        return .more
    }

    /// What was kept without its check, which has to be right. What comes next is kept from its beginning.
    private mutating func unseal() throws(StoreError) -> ArraySlice<UInt8> {
        let body = kept.dropLast(DumpFormat.checkBytes)
        var rest = kept.suffix(DumpFormat.checkBytes)
        let found = DumpFormat.check(body, after: check)
        guard rest.popInteger() == found else { throw damage("the checksum is wrong") }
        check = found
        kept = []
        return body
    }
}

// MARK: - The header

extension DumpDecoder {
    private func checkMagic() throws(StoreError) {
        guard kept.prefix(8).elementsEqual(DumpFormat.magic.prefix(kept.count)), !kept.isEmpty else {
            throw .invalidArgument("This is not a dump: give a file that dump wrote; lines of JSON go to put --from.")
        }
    }

    private mutating func takeHeaderHead() throws(StoreError) -> Event {
        try checkMagic()
        var rest = kept.dropFirst(8)
        guard let version = rest.popInteger(UInt32.self), let flags = rest.popInteger(UInt32.self),
            let nameBytes = kept.last
        else { throw damage("it ends too early") }
        guard version <= DumpFormat.version else {
            throw StoreError(
                .newerFormat,
                "The dump was written by a newer release: restore it with that one, or a later one.",
                ["version": "\(version)", "known": "\(DumpFormat.version)"]
            )
        }
        guard version == DumpFormat.version else { throw damage("there is no such version") }
        self.flags = flags
        return expect(.headerName(Int(nameBytes)), Int(nameBytes) + DumpFormat.checkBytes)
    }

    private mutating func takeHeader(nameBytes: Int) throws(StoreError) -> Event {
        let body = try unseal()
        var rest = body.dropFirst(16)
        guard flags & ~7 == 0 else { throw damage("there is no such flag") }
        guard let created = rest.popInteger(UInt64.self),
            let system = String(validating: body.suffix(nameBytes), as: UTF8.self)
        else { throw damage("the name of the system is no text") }
        _ = expect(.kind, 1)
        return .header(
            DumpHeader(
                system: system,
                createdSeconds: created,
                isSnapshot: flags & DumpFormat.Flags.isSnapshot != 0,
                includesTombstones: flags & DumpFormat.Flags.includesTombstones != 0,
                isOrdered: flags & DumpFormat.Flags.isOrdered != 0
            )
        )
    }
}

// MARK: - Blocks and the end

extension DumpDecoder {
    private mutating func takeKind() throws(StoreError) -> Event {
        switch kept.first {
        case DumpFormat.Kind.rows: return expect(.blockHead, DumpDecoder.blockHeadBytes)
        case DumpFormat.Kind.end: return expect(.end, DumpDecoder.endBytes + DumpFormat.checkBytes)
        default: throw damage("there is no such kind of block")
        }
    }

    private mutating func takeBlockHead() throws(StoreError) -> Event {
        var rest = kept.dropFirst(1)
        guard let number = rest.popInteger(UInt64.self), let rows = rest.popInteger(UInt32.self),
            let rawBytes = rest.popInteger(UInt32.self), let storedBytes = rest.popInteger(UInt32.self)
        else { throw damage("it ends too early") }
        guard number == summary.blocks else { throw damage("another block belongs here") }
        guard rawBytes <= DumpFormat.rawBytesMax, storedBytes <= DumpFormat.storedBytesMax, rows > 0,
            Int(rows) <= Int(rawBytes) / DumpDecoder.rowBytesMin
        else { throw damage("a length is beyond its limit") }
        return expect(
            .blockBody(rows: Int(rows), rawBytes: Int(rawBytes)),
            Int(storedBytes) + DumpFormat.checkBytes
        )
    }

    private mutating func takeRows(_ count: Int, rawBytes: Int) throws(StoreError) -> [Row] {
        let body = try unseal()
        guard let raw = compression.expand(body.dropFirst(1 + DumpDecoder.blockHeadBytes), to: rawBytes) else {
            throw damage("the block does not expand to what it says")
        }
        var rows: [Row] = []
        rows.reserveCapacity(count)
        var offset = 0
        while offset < raw.count {
            guard rows.count < count, let (row, end) = raw.withUnsafeBytes({ RowCoding.row(in: $0, at: offset) }),
                raw[offset + 1] <= 1
            else { throw damage("a row is malformed") }
            try accept(row)
            rows.append(row)
            offset = end
        }
        guard rows.count == count else { throw damage("there are fewer rows than it says") }
        summary.blocks += 1
        summary.rows += UInt64(count)
        summary.rawBytes += UInt64(rawBytes)
        _ = expect(.kind, 1)
        return rows
    }

    /// Throws for rows that can't be in a dump like this one.
    private mutating func accept(_ row: Row) throws(StoreError) {
        guard row.key.space != .reservedLocal, !row.key.partition.isEmpty, !row.key.bytes.isEmpty else {
            throw damage("a row has a key that can't be")
        }
        guard !row.isTombstone || (row.value.isEmpty && flags & DumpFormat.Flags.includesTombstones != 0) else {
            throw damage("a tombstone can't be like this")
        }
        guard flags & DumpFormat.Flags.isOrdered != 0 else { return }
        if let lastKey, row.key <= lastKey { throw damage("rows are not in order") }
        lastKey = row.key
    }

    private mutating func takeEnd() throws(StoreError) -> Event {
        var rest = try unseal().dropFirst(1)
        guard rest.popInteger(UInt64.self) == summary.blocks, rest.popInteger(UInt64.self) == summary.rows,
            rest.popInteger(UInt64.self) == summary.rawBytes
        else { throw damage("the totals are wrong") }
        return expect(.behindTheEnd, 1)
    }
}
