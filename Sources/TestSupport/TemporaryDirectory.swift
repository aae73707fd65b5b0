import Foundation

/// A directory of a test's own, gone with the last reference.
public final class TemporaryDirectory: Sendable {
    /// Its absolute path.
    public let path: String

    /// Makes it, empty.
    public init() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "wherehouse-test-\(UUID().uuidString)")
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

    /// The last part of its path.
    public var name: String { String(path.split(separator: "/").last ?? "") }

    /// The path of a file in it, whether there is one or not.
    public func file(_ name: String = "store.db") -> String { path + "/" + name }
}
