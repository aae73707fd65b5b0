import Foundation

/// The published suites of formats, which are not part of this project: a folder that holds checkouts of them under
/// their own names, like codec-fixtures. `WHEREHOUSE_SUITES` names it; CONTRIBUTING.md lists what is looked for.
public enum PublicSuites {
    /// The folder; nil where there is none, and then the tests of the suites are skipped.
    public static let folder = ProcessInfo.processInfo.environment["WHEREHOUSE_SUITES"]

    /// Every file below a folder of the checkouts, in order.
    public static func paths(below path: String) -> [String] {
        guard let folder, let all = FileManager.default.enumerator(atPath: "\(folder)/\(path)") else { return [] }
        return all.compactMap { $0 as? String }.sorted().map { "\(path)/\($0)" }
    }

    /// A file of the checkouts.
    public static func bytes(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(filePath: "\(folder ?? "")/\(path)")))
    }

    /// A file that is a JSON array of cases.
    public static func cases<Case: Decodable>(_ path: String, of type: Case.Type = Case.self) throws -> [Case] {
        try JSONDecoder().decode([Case].self, from: Data(try bytes(path)))
    }

    /// The lines of a file, each as its fields between commas.
    public static func lines(_ path: String) throws -> [[String]] {
        String(decoding: try bytes(path), as: UTF8.self).split(whereSeparator: \.isNewline)
            .map { $0.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } }
    }
}
