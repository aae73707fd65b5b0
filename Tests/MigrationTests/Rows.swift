import Foundation
import KeyValue
import Migration
import TestSupport
import Testing

/// Random rows with keys of any bytes, many of them prefixes of each other.
func randomRows(_ count: Int, seed: UInt64, spaces: [KeySpace] = [.records, .reservedData]) -> [Row] {
    var generator = SeededGenerator(seed: seed)
    var rows: [Key: Row] = [:]
    while rows.count < count {
        func bytes(_ most: Int) -> [UInt8] {
            (0..<Int.random(in: 1...most, using: &generator)).map { _ in
                [0, 1, 0x2F, 0x61, 0x7F, 0x80, 0xFF].randomElement(using: &generator) ?? 0
            }
        }
        let space = spaces.randomElement(using: &generator) ?? .records
        let key = Key(partition: bytes(3), bytes: bytes(8), space: space)
        let isTombstone = Int.random(in: 0..<5, using: &generator) == 0
        let value = isTombstone ? [] : generator.bytes(Int.random(in: 0..<20, using: &generator))
        rows[key] = Row(key: key, value: value, isTombstone: isTombstone)
    }
    return rows.values.sorted { $0.key < $1.key }.shuffled(using: &generator)
}

/// Rows from an array, in pages of a size.
struct ArrayRows: RowSource {
    var rows: [Row]
    var pageRows = 10

    mutating func nextPage() async throws(StoreError) -> [Row]? {
        if Task.isCancelled { throw .cancelled }
        guard !rows.isEmpty else { return nil }
        defer { rows.removeFirst(min(pageRows, rows.count)) }
        return Array(rows.prefix(pageRows))
    }
}

/// Everything that a source has.
func collect(_ source: some RowSource) async throws -> [Row] {
    var source = source
    var rows: [Row] = []
    while let page = try await source.nextPage() {
        #expect(!page.isEmpty)
        rows += page
    }
    return rows
}

/// Fills a store.
func fill(_ store: any KeyValueStore, with rows: [Row]) async throws {
    for row in rows {
        let action: WriteBatch.Action = row.isTombstone ? .bury : .put(row.value)
        _ = try await store.write(WriteBatch([WriteBatch.Operation(action, at: row.key)]))
    }
    try await settle(store)
}

/// Lets a store whose reads lag catch up.
func settle(_ store: any KeyValueStore) async throws {
    for _ in 0..<8 { _ = try await store.get(Key("p", "k")) }
}

/// All rows that travel, tombstones included, in the order of keys.
func contents(_ store: any KeyValueStore) async throws -> [Row] {
    try await settle(store)
    return try await collect(StoreRows(store, ScanOptions(limit: 50, includesTombstones: true)))
        .sorted { $0.key < $1.key }
}

func sorted(_ rows: [Row]) -> [Row] { rows.sorted { $0.key < $1.key } }

/// A new directory, removed with everything in it when the last reference goes.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/migration-tests-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    var files: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: path) } }

    deinit {
        // What is left in the system's temporary directory is removed by the system.
        try? FileManager.default.removeItem(atPath: path)
    }
}
