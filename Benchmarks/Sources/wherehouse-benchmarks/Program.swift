import Foundation

/// Measures what the options ask for, prints the table, and writes it where it is wanted.
@main
struct Program {
    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        if arguments.first == "child" { return try await Child.main(Array(arguments.dropFirst())) }
        let options: Options
        do {
            options = try Options(arguments)
        } catch let error as WrongUsage {
            FileHandle.standardError.write(Data("benchmarks: \(error)\n".utf8))
            exit(64)
        }
        let (results, failures) = try await measure(options)
        let report = Report(
            results: results,
            machine: try Machine.current(),
            swift: options.swift,
            date: Date(),
            settings: "\(options.records) records in the tables that are read, \(options.repeats) repeats."
        )
        let markdown = report.markdown
        FileHandle.standardOutput.write(Data(markdown.utf8))
        if let path = options.markdown { try Data(markdown.utf8).write(to: URL(filePath: path)) }
        if let path = options.json { try results.json().write(to: URL(filePath: path)) }
        for failure in failures { FileHandle.standardError.write(Data("benchmarks: \(failure)\n".utf8)) }
        if !failures.isEmpty { exit(1) }
    }

    /// What was measured, and which themes failed why: one that fails takes nothing from the others.
    ///
    /// Off the main thread, where servers work too.
    @concurrent
    private static func measure(_ options: Options) async throws -> (Results, [String]) {
        let bench = try Workbench(
            records: options.records,
            uploads: options.uploads,
            repeats: options.repeats,
            below: URL(filePath: options.directory)
        )
        var results = Results()
        var failures: [String] = []
        for theme in options.themes {
            do {
                try await theme.measure(bench, &results)
            } catch {
                failures.append("\(theme.rawValue): \(error)")
            }
        }
        try bench.removeAll()
        return (results, failures)
    }
}
