import Foundation

/// A directory of a test's own, gone with the last reference.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "sqlite-store-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
        path = url.path
    }

    deinit {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            FileHandle.standardError.write(Data("left behind: \(path): \(error)\n".utf8))
        }
    }

    var name: String { String(path.split(separator: "/").last ?? "") }

    func file(_ name: String = "store.db") -> String { path + "/" + name }
}
