import ArgumentParser
import KeyValue
import Migration

struct CopyCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "copy",
        abstract: "Copy all records of a store into another.",
        discussion: """
            Both stores must be at rest: what is written to the first meanwhile may be copied or not. A copy that was \
            stopped or killed is finished by running it again: it goes on at the checkpoint that it keeps in the target, \
            and records that are there already are left as they are. If either store was changed in between, add \
            --restart. Check the result with verify.

            JSON: read, written, kept, failed, resumed (how many of those read an earlier run is done with), bytes, and \
            failures: the key and the reason of each of the first.

            Example: wherehouse copy sqlite:one.db sqlite:two.db
            """
    )

    @Argument(help: ArgumentHelp("The URL of the store to read.", valueName: "from")) var source: String
    @Argument(help: ArgumentHelp("The URL of the store to write.", valueName: "to")) var target: String
    @Option(help: ArgumentHelp("What to do where the target has a record already.", valueName: "policy"))
    var ifExists = ExistingRecord.skip
    @Flag(help: "Begin at the first record, even if an earlier run was stopped and left a checkpoint.")
    var restart = false
    // What the tests shorten.
    @Option(help: ArgumentHelp("The time between two checkpoints.", valueName: "milliseconds", visibility: .hidden))
    var checkpointInterval = 250
    @OptionGroup var work: LongWorkOptions
    @OptionGroup var options: OutputOptions

    func validate() throws {
        if source == target { throw ValidationError("The two stores are the same: name another to copy to.") }
    }

    func run(in context: CommandContext) async throws {
        // Without secrets.
        let name = "\(try StoreLocation(source))"
        try await context.withStore(source) { source in
            try await context.withStore(target, creating: true) { target in
                let checkpoints = CheckpointOptions(
                    source: name,
                    restarts: restart,
                    interval: .milliseconds(checkpointInterval),
                    onBeginning: tell
                )
                let progress = ProgressLine(isQuiet: work.quiet, now: context.environment.now)
                defer { progress.end() }
                let copier = Copier(
                    to: target,
                    options: CopyOptions(onExisting: ifExists.copyPolicy),
                    environment: context.environment,
                    progress: progress.show
                )
                let report = try await working {
                    try await progress.counting(source) {
                        try await copier.copy(
                            from: source,
                            temporaryDirectory: work.temporaryPath,
                            checkpoints: checkpoints
                        )
                    }
                }
                progress.end()
                try await report.show(on: context.output, json: options.json)
            }
        }
    }

    private func tell(_ beginning: CopyBeginning) {
        guard !work.quiet else { return }
        switch beginning {
        case .first: return
        case .behind(let rows):
            StandardError.write(
                "Going on behind \(HumanText.count(rows, "record")) that an earlier run is done with.\n"
            )
        case .anew(let reason):
            StandardError.write("Beginning anew: there is a checkpoint, but \(reason.rawValue).\n")
        }
    }
}
