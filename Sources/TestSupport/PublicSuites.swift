import Foundation

/// Published test vectors of formats, which are not part of this project: files below a folder.
public struct PublicSuites: Sendable {
    private let folder: String

    /// What packages on PyPI carry, each under its project's name. Scripts/install gets them.
    public static let packaged = PublicSuites(
        folder: (0..<3).reduce(URL(filePath: #filePath)) { url, _ in url.deletingLastPathComponent() }
            .appending(path: ".build/vectors").path
    )

    /// Checkouts of suites that no package carries, each under its own name, like codec-fixtures. `WHEREHOUSE_SUITES`
    /// names the folder, and CONTRIBUTING.md lists what is looked for. Without it there are none, and their tests are
    /// skipped.
    public static let checkouts = PublicSuites(folder: ProcessInfo.processInfo.environment["WHEREHOUSE_SUITES"] ?? "")

    /// Whether there are checkouts.
    public static var hasCheckouts: Bool { !checkouts.folder.isEmpty }

    /// Every file below a folder of them, in order.
    public func paths(below path: String) -> [String] {
        guard let all = FileManager.default.enumerator(atPath: "\(folder)/\(path)") else { return [] }
        return all.compactMap { $0 as? String }.sorted().map { "\(path)/\($0)" }
    }

    /// A file of them.
    public func bytes(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(filePath: "\(folder)/\(path)")))
    }

    /// A file that is a JSON array of cases.
    public func cases<Case: Decodable>(_ path: String, of type: Case.Type = Case.self) throws -> [Case] {
        try JSONDecoder().decode([Case].self, from: Data(try bytes(path)))
    }

    /// The lines of a file, each as its fields between commas.
    public func lines(_ path: String) throws -> [[String]] {
        String(decoding: try bytes(path), as: UTF8.self).split(whereSeparator: \.isNewline)
            .map { $0.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } }
    }
}
