import Foundation
import KeyValue

/// What every theme works with.
struct Workbench: Sendable {
    /// The records of the tables that are read.
    let data: Dataset
    /// How many records the tables have that are written to and loaded.
    let writtenCount: Int
    /// Their numbers in an order like random.
    let written: [Int]
    /// How many uploads the files service has or makes at most.
    let uploadCount: Int
    /// How many rounds are measured, after one that is not.
    let repeats: Int
    /// Where databases are made; removed at the end.
    let directory: URL

    init(records: Int, uploads: Int, repeats: Int, below parent: URL) throws {
        data = Dataset(count: records)
        let count = min(records, 200_000)
        writtenCount = count
        written = data.shuffled.filter { $0 < count }
        uploadCount = uploads
        self.repeats = repeats
        directory = parent.appending(path: "wherehouse-benchmarks-\(ProcessInfo.processInfo.processIdentifier)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }

    /// The path of a database of this name.
    func path(_ name: String) -> String { directory.appending(path: name).path() }

    /// Removes a database of this name and the files beside it.
    func remove(_ name: String) throws {
        for file in try FileManager.default.contentsOfDirectory(atPath: directory.path())
        where file.hasPrefix(name) {
            try FileManager.default.removeItem(at: directory.appending(path: file))
        }
    }

    func removeAll() throws { try FileManager.default.removeItem(at: directory) }
}
