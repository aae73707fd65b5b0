import ArgumentParser
import KeyValue
import Synchronization

struct ExerciseCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "exercise",
        abstract: "Write and read all the time, and count what was lost.",
        discussion: """
            Writers put, delete and read small records in a partition named exercise, each its own, and compare what they \
            read with what was acknowledged: to try out a server, a failover or a migration before a real service goes \
            through it. The records stay there. It ends after --seconds, or with ^C; then everything is read once more. \
            Exit status 0 when nothing was lost, 1 otherwise.

            JSON: writes, deletes, reads, refused (failed for certain), unknown (of unknown outcome), longestMilliseconds \
            (of a write), lost.

            Example: wherehouse exercise redis://127.0.0.1:6379 --seconds 60
            """
    )

    @Argument(help: ArgumentTexts.store) var store: String
    @Option(help: ArgumentHelp("When to end; only with ^C unless given.", valueName: "seconds")) var seconds: Int?
    @Option(help: ArgumentHelp("How many writers there are.", valueName: "count")) var writers = 4
    @Option(help: ArgumentHelp("How many keys each writer has.", valueName: "count")) var keys = 100
    @Option(help: ArgumentHelp("How long a writer rests after each operation.", valueName: "ms")) var pause = 5
    @Flag(help: ArgumentHelp("Lose an acknowledged record.", visibility: .hidden)) var loseOne = false
    @OptionGroup var options: OutputOptions

    func validate() throws {
        guard (1...1_000).contains(writers) else { throw ValidationError("--writers is from 1 to 1000.") }
        guard (1...1_000_000).contains(keys) else { throw ValidationError("--keys is from 1 to 1000000.") }
        guard (0...60_000).contains(pause) else { throw ValidationError("--pause is from 0 to 60000.") }
        guard (1...31_536_000).contains(seconds ?? 1) else { throw ValidationError("--seconds is at least 1.") }
    }

    func run(in context: CommandContext) async throws {
        let report = try await context.withStore(store, creating: true) { store in
            let exercise = Exercise(
                store: store,
                environment: context.environment,
                keys: keys,
                pause: .milliseconds(pause),
                losesOne: loseOne
            )
            return try await run(exercise)
        }
        if let key = report.lost.first {
            throw CommandError(
                .failed,
                "What was read is not what was acknowledged.",
                ["lost": "\(report.lost.count)", "key": "\(key)"]
            )
        }
    }

    /// In a task of its own: ^C ends the exercise, and what it found out is still told.
    private func run(_ exercise: Exercise) async throws -> ExerciseReport {
        let isStopped = Stop()
        let (environment, writers) = (exercise.environment, writers)
        let end = seconds.map { environment.now() + .seconds($0) }
        let json = options.json
        let work = Task {
            let report = try await exercise.run(writers: writers) {
                isStopped.isSet || end.map { environment.now() >= $0 } ?? false
            }
            let output = Output()
            if json { try await output.line(report.json) } else { try await output.line(report.text) }
            try await output.flush()
            return report
        }
        return try await withTaskCancellationHandler {
            try await work.value
        } onCancel: {
            isStopped.set()
        }
    }
}

/// Says that it is enough.
private final class Stop: Sendable {
    private let value = Mutex(false)

    var isSet: Bool { value.withLock { $0 } }

    func set() { value.withLock { $0 = true } }
}
