import KeyValue

@testable import Migration

/// Bytes in memory, delivered in pieces of a size.
struct ArrayBytes: ByteSource {
    var bytes: ArraySlice<UInt8>
    var pieceBytes = 1_000

    init(_ bytes: [UInt8]) { self.bytes = bytes[...] }

    mutating func read(_ count: Int) async throws(StoreError) -> [UInt8] {
        let piece = Array(bytes.prefix(min(count, pieceBytes)))
        bytes = bytes.dropFirst(piece.count)
        return piece
    }
}

/// Keeps what is written.
struct ArraySink: ByteSink {
    var bytes: [UInt8] = []

    mutating func write(_ bytes: [UInt8]) async throws(StoreError) { self.bytes += bytes }
}

/// The dump of a store.
func dumped(_ store: any KeyValueStore, tombstones: Bool = true) async throws -> [UInt8] {
    var sink = ArraySink()
    let options = DumpOptions(createdSeconds: 1_700_000_000, includesTombstones: tombstones)
    _ = try await Dumper(store, options: options).write(to: &sink)
    return sink.bytes
}

/// A dump of blocks, each with these rows, and where each part of it begins: header, blocks, end.
func dumped(
    blocks: [[Row]],
    isOrdered: Bool = true,
    includesTombstones: Bool = true
) throws -> (bytes: [UInt8], parts: [ArraySlice<UInt8>]) {
    let header = DumpHeader(
        system: "memory",
        createdSeconds: 1,
        isSnapshot: true,
        includesTombstones: includesTombstones,
        isOrdered: isOrdered
    )
    var encoder = try DumpEncoder(header, level: 1)
    var bytes = encoder.header
    var starts = [0]
    for rows in blocks {
        starts.append(bytes.count)
        for row in rows { bytes += try encoder.append(row) ?? [] }
        bytes += try encoder.endBlock() ?? []
    }
    starts.append(bytes.count)
    bytes += try encoder.finish()
    let ends = starts.dropFirst() + [bytes.count]
    return (bytes, zip(starts, ends).map { bytes[$0..<$1] })
}

/// All rows of a dump.
func rows(ofDump bytes: [UInt8], pieceBytes: Int = 1_000) async throws -> [Row] {
    var source = ArrayBytes(bytes)
    source.pieceBytes = pieceBytes
    return try await collect(try await DumpReader(source))
}

/// What reading a dump fails with; nil when it is whole.
func code(ofReading bytes: [UInt8]) async -> StoreError.Code? {
    do throws(StoreError) {
        var reader = try await DumpReader(ArrayBytes(bytes))
        while try await reader.nextPage() != nil {}
        return nil
    } catch {
        return error.code
    }
}
