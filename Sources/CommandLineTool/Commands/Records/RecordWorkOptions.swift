import ArgumentParser
import Foundation
import KeyValue
import Migration
import Records
import Tuples

/// What commands take that work on all records of a type.
struct RecordWorkOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Read so many rows at once, 1 to 256.", valueName: "count")) var pageSize = 128
    @Option(help: ArgumentHelp("Work on so many records side by side, 1 to 64.", valueName: "count")) var width = 8
    @Option(help: ArgumentHelp("Rest so long after each page.", valueName: "milliseconds")) var rest = 0
    @Flag(help: "Show no progress.") var quiet = false

    func validate() throws {
        guard (1...256).contains(pageSize) else { throw ValidationError("--page-size is 1 to 256.") }
        guard (1...64).contains(width) else { throw ValidationError("--width is 1 to 64.") }
        guard (0...3_600_000).contains(rest) else { throw ValidationError("--rest is at most an hour.") }
    }

    var pace: IndexWorkPace { IndexWorkPace(pageSize: pageSize, width: width, rest: .milliseconds(rest)) }

    /// Opens the records of a namespace by the schema on the store, and shows how far the work on them is.
    func run<Result>(
        on url: String,
        _ namespace: String,
        _ types: [String]?,
        in context: CommandContext,
        _ body: (RecordStore, @escaping @Sendable (IndexWorkProgress) -> Void) async throws -> Result
    ) async throws -> Result {
        try await context.withStore(url) { store in
            try await context.withRecords {
                let catalog = RecordCatalog(store, environment: context.environment)
                // Nobody is given a cursor here.
                let described = try await catalog.open(namespace, types: types, cursorKey: CursorKey(high: 0, low: 0)) {
                    Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
                }
                let line = ProgressLine(isQuiet: quiet, now: context.environment.now)
                defer { line.end() }
                return try await body(described.records) { progress in
                    let phase: Migration.Progress.Phase = progress.phase == .entering ? .writing : .comparing
                    line.show(Migration.Progress(phase, records: progress.rows, bytes: 0, elapsed: .zero))
                }
            }
        }
    }
}
