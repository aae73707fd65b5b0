import CZstdDirect
import Foundation
import KeyValue
import Migration

/// Dumping a store into a file, and restoring one, beside the same rows read or written by the C API and compressed or
/// expanded by zstd at the same level, in blocks of the same size.
func measureDumping(_ bench: Workbench, _ results: inout Results) async throws {
    let count = bench.data.keys.count
    let table = try bench.openFilledTable("dumped-direct.db", count)
    let source = try await bench.openFilledStore("dumped.db", count)
    let (packed, dump) = (bench.path("packed"), bench.path("dump"))
    let dumps = try await interleave(
        [
            Body(name: "C API and zstd, dump", operations: count) { _ in
                var packer = try Packer(to: packed)
                try table.scan { try packer.append($0) }
                return try packer.finish()
            },
            Body(name: "store, dump", operations: count) { _ in
                var sink = try FileSink(dump)
                let options = DumpOptions(createdSeconds: 0)
                let summary = try await Dumper(source, options: options).write(to: &sink)
                try sink.finish()
                return Int(summary.rows)
            },
        ],
        repeats: bench.repeats
    )
    results.figures.append(Figure("dump, a record; bound C API and zstd", dumps[1], against: dumps[0], .none))
    await source.close()

    let restores = try await interleave(
        [
            Body(name: "zstd and C API, restore", operations: count) {
                try bench.remove("restored-direct.db")
            } run: { _ in
                let target = try DirectTable(bench.path("restored-direct.db"))
                return try unpack(packed, into: target)
            },
            Body(name: "store, restore", operations: count) {
                try bench.remove("restored.db")
            } run: { _ in
                let target = try await bench.openStore("restored.db")
                var reader = try await DumpReader(try FileBytes(dump))
                let report = try await Copier(to: target).restore(&reader, temporaryDirectory: bench.path(""))
                await target.close()
                return report.written
            },
            Body(name: "reader, verification", operations: count) { _ in
                var reader = try await DumpReader(try FileBytes(dump))
                var rows = 0
                while let page = try await reader.nextPage() { rows += page.count }
                return rows
            },
        ],
        repeats: bench.repeats
    )
    results.figures += [
        Figure("restore, a record; bound zstd and C API", restores[1], against: restores[0], .none),
        Figure("reading a dump to its end, a record", restores[2]),
    ]
}

/// Rows in blocks of half a MiB, each a zstd frame of level 1 with a checksum, behind its two lengths.
private struct Packer {
    private let file: FileHandle
    private let context = ZSTD_createCCtx()
    private var block: [UInt8] = []
    private var rows = 0

    init(to path: String) throws {
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        file = try FileHandle(forWritingTo: URL(filePath: path))
        block.reserveCapacity(1 << 20)
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, 1)
        ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
    }

    mutating func append(_ row: DirectTable.Row) throws {
        for part in [row.partition, row.key, row.value] {
            withUnsafeBytes(of: UInt32(part.count)) { block.append(contentsOf: $0) }
        }
        block.append(contentsOf: row.partition)
        block.append(contentsOf: row.key)
        block.append(contentsOf: row.value)
        rows += 1
        if block.count >= 512 << 10 { try flush() }
    }

    private mutating func flush() throws {
        let packed = [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(block.count)) { buffer, filled in
            filled = block.withUnsafeBytes {
                ZSTD_compress2(context, buffer.baseAddress, buffer.count, $0.baseAddress, $0.count)
            }
        }
        var head = Data()
        for length in [block.count, packed.count] { withUnsafeBytes(of: length) { head.append(contentsOf: $0) } }
        try file.write(contentsOf: head)
        try file.write(contentsOf: packed)
        block.removeAll(keepingCapacity: true)
    }

    /// How many rows there were.
    mutating func finish() throws -> Int {
        if !block.isEmpty { try flush() }
        try file.close()
        ZSTD_freeCCtx(context)
        return rows
    }
}

/// Writes what a ``Packer`` packed, 10,000 rows a transaction; how many there were.
private func unpack(_ path: String, into table: DirectTable) throws -> Int {
    let file = try FileHandle(forReadingFrom: URL(filePath: path))
    let context = ZSTD_createDCtx()
    defer { ZSTD_freeDCtx(context) }
    var rows = 0
    var hasMore = true
    while hasMore {
        try table.write {
            let start = rows
            while rows - start < 10_000 {
                guard let head = try file.read(upToCount: 16), head.count == 16 else {
                    hasMore = false
                    return
                }
                let lengths = head.withUnsafeBytes { ($0.load(as: Int.self), $0.load(fromByteOffset: 8, as: Int.self)) }
                let packed = try file.read(upToCount: lengths.1) ?? Data()
                let block = [UInt8](unsafeUninitializedCapacity: lengths.0) { buffer, filled in
                    filled = packed.withUnsafeBytes {
                        ZSTD_decompressDCtx(context, buffer.baseAddress, buffer.count, $0.baseAddress, $0.count)
                    }
                }
                rows += try block.withUnsafeBytes { try table.putAll($0) }
            }
        }
    }
    return rows
}

/// A new file.
private struct FileSink: ByteSink {
    private let file: FileHandle

    init(_ path: String) throws {
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        file = try FileHandle(forWritingTo: URL(filePath: path))
    }

    mutating func write(_ bytes: [UInt8]) async throws(StoreError) {
        do { try file.write(contentsOf: bytes) } catch { throw StoreError(.full, "There is no room for the dump.") }
    }

    func finish() throws { try file.close() }
}

/// A file that is there.
private struct FileBytes: ByteSource {
    private let file: FileHandle

    init(_ path: String) throws { file = try FileHandle(forReadingFrom: URL(filePath: path)) }

    mutating func read(_ count: Int) async throws(StoreError) -> [UInt8] {
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = max(0, Foundation.read(file.fileDescriptor, buffer.baseAddress, count))
        }
        return bytes
    }
}
