import KeyValue

@testable import Migration

/// Whatever is read to its end as a dump must be written and read again as the same rows. The first byte of the input
/// tells how the rest is taken: as a dump, or as parts of one whose checks are put right, which no mutation would hit.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    guard let kind = input.first else { return 0 }
    do throws(StoreError) {
        let bytes = kind % 2 == 0 ? Array(input.dropFirst()) : try dump(of: input.dropFirst())
        guard let (header, rows, summary) = try read(bytes) else { return 0 }
        check(header, rows, summary)
    } catch {
        precondition([.corrupted, .newerFormat, .invalidArgument].contains(error.code), "another error: \(error)")
    }
    return 0
}

/// Reads all pieces; nil where the decoder wants more than there is, and is told so.
private func read(_ bytes: [UInt8]) throws(StoreError) -> (DumpHeader, [Row], DumpSummary)? {
    var decoder = try DumpDecoder()
    var rest = bytes[...]
    var header: DumpHeader?
    var rows: [Row] = []
    while true {
        let piece = Array(rest.prefix(decoder.wanted))
        rest = rest.dropFirst(piece.count)
        switch try decoder.take(piece) {
        case .more: continue
        case .header(let read): header = read
        case .rows(let more): rows += more
        case .end(let summary): return header.map { ($0, rows, summary) }
        }
    }
}

private func check(_ header: DumpHeader, _ rows: [Row], _ summary: DumpSummary) {
    precondition(summary.rows == UInt64(rows.count), "the summary counts other rows")
    for row in rows {
        precondition(row.key.space != .reservedLocal, "a row belongs to the store alone")
        precondition(!row.key.partition.isEmpty && !row.key.bytes.isEmpty, "a row has no key")
        precondition(!row.isTombstone || (row.value.isEmpty && header.includesTombstones), "there is such a tombstone")
    }
    for (row, next) in zip(rows, rows.dropFirst()) where header.isOrdered {
        precondition(row.key < next.key, "rows are out of order")
    }
    do throws(StoreError) {
        var encoder = try DumpEncoder(header, level: 1)
        var bytes = encoder.header
        for row in rows { bytes += try encoder.append(row) ?? [] }
        bytes += try encoder.finish()
        guard let (headerAgain, again, _) = try read(bytes) else { preconditionFailure("what was written has no end") }
        precondition(headerAgain == header && again == rows, "what was written is read as something else")
    } catch {
        preconditionFailure("what was read can't be written and read again: \(error)")
    }
}

/// A dump of parts: flags, a name, and blocks of rows, each as the bytes say, with all checks right.
private func dump(of input: ArraySlice<UInt8>) throws(StoreError) -> [UInt8] {
    var input = input
    func take(_ count: Int) -> [UInt8] {
        defer { input = input.dropFirst(count) }
        return Array(input.prefix(count))
    }
    let compression = try Compression()
    var check: UInt128 = 0
    func sealed(_ part: [UInt8]) -> [UInt8] {
        check = DumpFormat.check(part[...], after: check)
        var part = part
        part.append(littleEndian: check)
        return part
    }
    var header = DumpFormat.magic
    header.append(littleEndian: DumpFormat.version)
    header.append(littleEndian: UInt32(take(1).first ?? 0))
    header.append(littleEndian: UInt64(1_700_000_000))
    let name = take(Int((take(1).first ?? 0) % 8))
    header.append(UInt8(name.count))
    var bytes = sealed(header + name)
    var summary = DumpSummary()
    while let rows = take(1).first, rows != 0 {
        let length: UInt16 = take(2).reduce(0) { $0 << 8 | UInt16($1) }
        let raw = take(Int(length))
        // Above 127 the bytes stand for the frame itself.
        let stored = rows < 128 ? try compression.compress(raw, level: 1) : raw
        let rawBytes = rows < 128 ? raw.count : Int(take(1).first ?? 0)
        var block = [DumpFormat.Kind.rows]
        block.append(littleEndian: summary.blocks)
        block.append(littleEndian: UInt32(rows % 128))
        block.append(littleEndian: UInt32(rawBytes))
        block.append(littleEndian: UInt32(stored.count))
        bytes += sealed(block + stored)
        summary.blocks += 1
        summary.rows += UInt64(rows % 128)
        summary.rawBytes += UInt64(rawBytes)
    }
    var end = [DumpFormat.Kind.end]
    end.append(littleEndian: summary.blocks)
    end.append(littleEndian: summary.rows)
    end.append(littleEndian: summary.rawBytes)
    bytes += sealed(end)
    return bytes + input
}
