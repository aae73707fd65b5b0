import Foundation
import Glibc
import KeyValue
import TestSupport
import Testing

@testable import Migration

@Suite struct SorterTests {
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func sort(_ rows: [Row], _ options: SortOptions) async throws -> SortedRows {
        var sorter = Sorter(directory: directory.path, options: options)
        for row in rows { try await sorter.append(row) }
        #expect(try directory.files == [])
        return try await sorter.finish()
    }

    @Test(arguments: [1, 2, 7, 100, 1_000], [2, 3, 64])
    func sortsInRunsOfAnySize(runRowsMax: Int, fanInMax: Int) async throws {
        for count in [0, 1, 2, 99, 100, 101, 700] {
            let rows = randomRows(count, seed: UInt64(count))
            let options = SortOptions(duplicates: .refuse, runRowsMax: runRowsMax, fanInMax: fanInMax)
            let source = try await sort(rows, options)
            #expect(source.rowsInMemoryMax <= max(runRowsMax, fanInMax))
            #expect(try await collect(source) == sorted(rows))
            #expect(try directory.files == [])
        }
    }

    @Test func spillsByBytes() async throws {
        let rows = (0..<50).map { Row(key: Key("p", "\(100 - $0)"), value: Array(repeating: 7, count: 100_000)) }
        let source = try await sort(rows, SortOptions(duplicates: .refuse, runBytesMax: 301_000))
        #expect(source.rowsInMemoryMax <= 17)
        #expect(try await collect(source) == sorted(rows))
    }

    @Test(arguments: [1, 3, 1_000])
    func keepsOneOfTheSameKey(runRowsMax: Int) async throws {
        let rows = (0..<30).map { Row(key: Key("p", "\($0 % 10)"), value: [UInt8($0)]) }
        for duplicates in [SortOptions.Duplicates.keepFirst, .keepLast] {
            let source = try await sort(
                rows,
                SortOptions(duplicates: duplicates, runRowsMax: runRowsMax, fanInMax: 2)
            )
            let expected = (0..<10).map { duplicates == .keepFirst ? UInt8($0) : UInt8($0 + 20) }
            #expect(try await collect(source).map(\.value) == expected.map { [$0] })
        }
        let error = await #expect(throws: StoreError.self) {
            // Before the first row is given out.
            _ = try await sort(rows, SortOptions(duplicates: .refuse, runRowsMax: runRowsMax, fanInMax: 2))
        }
        #expect(error?.code == .invalidArgument)
        #expect(error?.metadata["key"] == "p/0")
    }

    @Test func saysThatTheDirectoryIsMissing() async {
        let error = await #expect(throws: StoreError.self) {
            var sorter = Sorter(
                directory: directory.path + "/none",
                options: SortOptions(duplicates: .refuse, runRowsMax: 1)
            )
            try await sorter.append(Row(key: Key("p", "k"), value: []))
        }
        #expect(error?.code == .invalidArgument)
        #expect(error?.metadata["directory"] == directory.path + "/none")
    }

    @Test func saysThatTheDiskIsFull() throws {
        let descriptor = open("/dev/full", O_RDWR)
        try #require(descriptor >= 0)
        var writer = RunWriter(SpillFile(descriptor: descriptor, directory: "there"))
        try writer.append(Row(key: Key("p", "k"), value: [1]))
        let error = #expect(throws: StoreError.self) { try writer.flush() }
        #expect(error?.code == .full)
        #expect(error?.metadata["directory"] == "there")
    }

    @Test(arguments: [0, 1, 13, 14, 20, 70_000])
    func saysThatAFileWasCut(length: Int) throws {
        let path = directory.path + "/run"
        let descriptor = open(path, O_RDWR | O_CREAT, 0o600)
        try #require(descriptor >= 0)
        var writer = RunWriter(SpillFile(descriptor: descriptor, directory: directory.path))
        for index in 0..<1_000 {
            try writer.append(Row(key: Key("p", "\(index)"), value: Array(repeating: 1, count: 80)))
        }
        var reader = RunReader(try writer.finish())
        try #require(truncate(path, off_t(length)) == 0)
        let error = #expect(throws: StoreError.self) { while try reader.next() != nil {} }
        #expect(error?.code == .corrupted)
    }

    @Test func readsRowsLargerThanItsBuffer() throws {
        var writer = RunWriter(try SpillFile(in: directory.path))
        let rows = [0, 1, 65_536, 300_000, 5].enumerated().map { index, size in
            Row(key: Key("p", "\(index)"), value: Array(repeating: UInt8(index), count: size))
        }
        for row in rows { try writer.append(row) }
        var reader = RunReader(try writer.finish())
        for row in rows { #expect(try reader.next() == row) }
        #expect(try reader.next() == nil)
    }

    @Test func stopsWhenCancelled() async throws {
        let path = directory.path
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            var sorter = Sorter(directory: path, options: SortOptions(duplicates: .refuse, runBytesMax: 4 << 20))
            for index in 0..<100 {
                try await sorter.append(Row(key: Key("p", "\(index)"), value: Array(repeating: 0, count: 100_000)))
            }
        }
        let error = await #expect(throws: StoreError.self) { try await task.value }
        #expect(error?.code == .cancelled)
        #expect(try directory.files == [])
    }
}

@Suite struct MergePlannerTests {
    @Test(arguments: [2, 3, 8])
    func neverKeepsManyRuns(fanInMax: Int) {
        var planner = MergePlanner(fanInMax: fanInMax)
        var rowsWritten = 0
        var sizes: [Int] = []
        func merge(_ count: Int) {
            #expect((2...fanInMax).contains(count))
            let merged = sizes.suffix(count).reduce(0, +)
            sizes.removeLast(count)
            sizes.append(merged)
            rowsWritten += merged
        }
        for _ in 0..<500 {
            planner.addRun()
            sizes.append(1)
            while let count = planner.nextMerge() { merge(count) }
            #expect(planner.runs == sizes.count)
        }
        let levels = Int((log(500.0) / log(Double(fanInMax))).rounded(.up))
        #expect(sizes.count <= fanInMax * levels)
        while let count = planner.nextFinalMerge() { merge(count) }
        #expect(sizes.count <= fanInMax)
        #expect(sizes.reduce(0, +) == 500)
        #expect(rowsWritten <= 500 * (levels + 1))
    }

    @Test func leavesFewRunsAlone() {
        var planner = MergePlanner(fanInMax: 4)
        for _ in 0..<3 {
            planner.addRun()
            #expect(planner.nextMerge() == nil)
        }
        #expect(planner.nextFinalMerge() == nil)
    }
}
