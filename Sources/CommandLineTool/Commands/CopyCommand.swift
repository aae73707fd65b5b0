import ArgumentParser
import KeyValue
import Migration

struct CopyCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "copy",
        abstract: "Copy all records of a store into another.",
        discussion: """
            Both stores must be at rest: what is written to the first meanwhile may be copied or not. A copy that was \
            stopped is finished by running it again, since records that are there already are left as they are. Check \
            the result with verify. JSON: read, written, kept, failed, bytes, and failures: the key and the reason of \
            each of the first.

            Example: wherehouse copy sqlite:one.db sqlite:two.db
            """
    )

    @Argument(help: ArgumentHelp("The URL of the store to read.", valueName: "from")) var source: String
    @Argument(help: ArgumentHelp("The URL of the store to write.", valueName: "to")) var target: String
    @Option(help: ArgumentHelp("What to do where the target has a record already.", valueName: "policy"))
    var ifExists = ExistingRecord.skip
    @OptionGroup var work: LongWorkOptions
    @OptionGroup var options: OutputOptions

    func validate() throws {
        if source == target { throw ValidationError("The two stores are the same: name another to copy to.") }
    }

    func run(in context: CommandContext) async throws {
        try await context.withStore(source) { source in
            try await context.withStore(target, creating: true) { target in
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
                        try await copier.copy(from: source, temporaryDirectory: work.temporaryPath)
                    }
                }
                progress.end()
                try await report.show(on: context.output, json: options.json)
            }
        }
    }
}
