import Foundation
import TestSupport

extension TemporaryDirectory {
    func read(_ name: String = "store.db") throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: file(name))))
    }

    func write(_ bytes: [UInt8], _ name: String = "store.db") throws {
        try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: file(name)) }

    var names: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() } }
}
