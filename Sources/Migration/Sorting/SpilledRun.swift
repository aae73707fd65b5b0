import KeyValue

/// A sorted run in a file of its own.
struct SpilledRun {
    let file: SpillFile
    let byteCount: Int
}

/// Writes one run, in pieces.
struct RunWriter {
    static let pieceBytes = 1 << 20

    private let file: SpillFile
    private var buffer: [UInt8] = []
    private var written = 0

    init(_ file: SpillFile) { self.file = file }

    /// Whether the next ``flush()`` has a whole piece to write.
    var isFull: Bool { buffer.count >= RunWriter.pieceBytes }

    mutating func append(_ row: Row) throws(StoreError) { try RowCoding.append(row, to: &buffer) }

    mutating func flush() throws(StoreError) {
        try file.write(buffer, at: written)
        written += buffer.count
        buffer.removeAll(keepingCapacity: true)
    }

    consuming func finish() throws(StoreError) -> SpilledRun {
        try flush()
        return SpilledRun(file: file, byteCount: written)
    }
}

/// Reads one run from its beginning, with a buffer.
struct RunReader {
    static let bufferBytes = 64 << 10

    private let run: SpilledRun
    private var buffer: [UInt8] = []
    private var offset = 0
    private var filePosition = 0

    init(_ run: SpilledRun) { self.run = run }

    /// The next row; nil at the end of the run.
    mutating func next() throws(StoreError) -> Row? {
        guard offset < buffer.count || filePosition < run.byteCount else { return nil }
        try fill(RowCoding.headBytes)
        let rowBytes = buffer.withUnsafeBytes { RowCoding.head(in: $0, at: offset)?.rowBytes }
        guard let rowBytes else { throw SpillFile.damage }
        try fill(rowBytes)
        let next = buffer.withUnsafeBytes { RowCoding.row(in: $0, at: offset) }
        guard let (row, end) = next else { throw SpillFile.damage }
        offset = end
        return row
    }

    /// Makes `count` bytes behind the offset available.
    private mutating func fill(_ count: Int) throws(StoreError) {
        let held = buffer.count - offset
        guard held < count else { return }
        let left = run.byteCount - filePosition
        guard held + left >= count else { throw SpillFile.damage }
        let part = try run.file.read(min(left, max(count - held, RunReader.bufferBytes)), at: filePosition)
        filePosition += part.count
        buffer = Array(buffer[offset...]) + part
        offset = 0
    }
}
