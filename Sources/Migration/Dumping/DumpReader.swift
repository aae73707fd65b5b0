public import KeyValue

/// Anything that bytes are read from, one after the other.
public protocol ByteSource {
    /// At least one byte and at most `count`, as soon as there are some; none at the end.
    mutating func read(_ count: Int) async throws(StoreError) -> [UInt8]
}

/// The rows of a dump, each block of which is verified before any of its rows is told.
///
/// Throws `StoreError.Code.corrupted` for a dump that is damaged or cut short, with the number of the first `block` that
/// is not whole; `StoreError.Code.newerFormat`; `StoreError.Code.invalidArgument` for what is no dump. Memory is
/// bounded by one block, whatever the dump claims, and no room is made for bytes that have not come.
public struct DumpReader<Source: ByteSource>: RowSource {
    /// What the dump says of itself.
    public let header: DumpHeader
    /// What has been read so far; all of the dump after the last page.
    public private(set) var summary = DumpSummary()
    private var source: Source
    private var decoder: DumpDecoder
    private var isEnded = false

    /// Reads the header.
    public init(_ source: Source) async throws(StoreError) {
        var source = source
        var decoder = try DumpDecoder()
        var found: DumpHeader?
        while found == nil {
            let piece = try await source.piece(decoder.wanted)
            if case .header(let header) = try decoder.take(piece) { found = header }
        }
        guard let found else { throw DumpFormat.damage("it ends too early", block: nil) }
        header = found
        self.source = source
        self.decoder = decoder
    }

    public mutating func nextPage() async throws(StoreError) -> [Row]? {
        while !isEnded {
            if Task.isCancelled { throw .cancelled }
            switch try decoder.take(try await source.piece(decoder.wanted)) {
            case .more, .header: continue
            case .rows(let rows): return rows
            case .end(let summary):
                self.summary = summary
                isEnded = true
            }
        }
        return nil
    }
}

extension ByteSource {
    /// As many bytes as wanted, or all that are left.
    fileprivate mutating func piece(_ count: Int) async throws(StoreError) -> [UInt8] {
        var piece: [UInt8] = []
        while piece.count < count {
            let more = try await read(min(count - piece.count, 1 << 20))
            if more.isEmpty { break }
            piece += more
        }
        return piece
    }
}
