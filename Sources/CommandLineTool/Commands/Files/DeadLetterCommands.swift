import ArgumentParser
import Files
import KeyValue
import Tuples

struct FilesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "files",
        abstract: "Look after the records of a files service.",
        subcommands: [DeadLettersCommand.self]
    )
}

struct DeadLettersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead-letters",
        abstract: "Decide what becomes of uploads whose processing failed as often as it is tried.",
        discussion: """
            Nobody tries them again by themselves. The service may go on meanwhile, where its store is for several programs.
            """,
        subcommands: [ListDeadLettersCommand.self, RetryDeadLettersCommand.self, DropDeadLettersCommand.self]
    )
}

/// Where dead letters are.
struct DeadLetterOptions: ParsableArguments {
    @Argument(help: ArgumentTexts.store) var store: String
    @Option(help: ArgumentHelp("The namespace of the records.", valueName: "namespace"))
    var namespace = FilesService.namespace
    @Option(help: ArgumentHelp("How often the service tries to process an upload.", valueName: "count"))
    var attempts = FilesConfiguration().processingAttemptsMax

    func validate() throws {
        guard attempts >= 1 else { throw ValidationError("--attempts is how often an upload is tried: 1 or more.") }
    }

    func open<Result>(_ context: CommandContext, _ body: (DeadLetters) async throws -> Result) async throws -> Result {
        try await context.withStore(store) { store in
            try await context.withRecords {
                let letters = try await DeadLetters.open(
                    try ServicePart.uploads.store(in: store),
                    attemptsMax: attempts,
                    namespace: namespace,
                    environment: context.environment,
                    wallClock: Timestamp.now
                )
                return try await body(letters)
            }
        }
    }
}

extension DeadLetterOptions {
    /// Does with each that is meant what `body` says; how many there were.
    fileprivate func decide(
        on selection: DeadLetterSelection,
        _ context: CommandContext,
        _ body: (DeadLetters, String) async throws -> Void
    ) async throws -> Int {
        try await open(context) { letters in try await selection.visit(letters) { try await body(letters, $0) } }
    }
}

/// Which of them are meant.
struct DeadLetterSelection: ParsableArguments {
    @Argument(help: ArgumentHelp("The uploads, as list tells them.", valueName: "upload")) var uploads: [String] = []
    @Flag(help: "All that list tells.") var all = false

    func validate() throws {
        guard all == uploads.isEmpty else { throw ValidationError("Name the uploads that are meant, or say --all.") }
    }

    /// Calls `body` with each; how many there were.
    func visit(_ letters: DeadLetters, _ body: (String) async throws -> Void) async throws -> Int {
        var count = 0
        for upload in uploads {
            do {
                try await body(upload)
            } catch let error as FilesError {
                throw CommandError(.failed, error.message, ["upload": upload])
            }
            count += 1
        }
        guard all else { return count }
        try await letters.visit { letter in
            do {
                try await body(letter.upload)
                count += 1
            } catch let error as FilesError where error.code == .notFound || error.code == .wrongStatus {
                // Somebody has decided upon it meanwhile.
            }
        }
        return count
    }
}

struct ListDeadLettersCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the uploads whose processing failed as often as it is tried.",
        discussion: """
            Each line has the upload, its owner, how many attempts failed, and why the last one did; those that began first \
            before others.

            JSON: upload, owner, failures, failure.

            Example: wherehouse files dead-letters list postgres://files@10.0.0.6/files
            """
    )

    @OptionGroup var letters: DeadLetterOptions
    @OptionGroup var options: OutputOptions

    func run(in context: CommandContext) async throws {
        try await letters.open(context) { letters in
            try await letters.visit { try await tell($0, context) }
        }
    }

    private func tell(_ letter: DeadLetter, _ context: CommandContext) async throws {
        guard options.json else {
            let columns = [
                letter.upload, HumanText.text(letter.owner.utf8), "\(letter.failures)",
                HumanText.text(letter.failure.utf8),
            ]
            return try await context.output.line(columns.joined(separator: "\t"))
        }
        var object = JSONObject()
        object.add("upload", letter.upload)
        object.add("owner", letter.owner)
        object.add("failures", Int(letter.failures))
        object.add("failure", letter.failure)
        try await context.output.line(object)
    }
}

struct RetryDeadLettersCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Have uploads processed again, as if that had never been tried.",
        discussion: """
            The service does it in its next round, within a minute.

            JSON: retried, the number of uploads.

            Example: wherehouse files dead-letters retry postgres://files@10.0.0.6/files --all
            """
    )

    @OptionGroup var letters: DeadLetterOptions
    @OptionGroup var selection: DeadLetterSelection
    @OptionGroup var options: OutputOptions

    func run(in context: CommandContext) async throws {
        let count = try await letters.decide(on: selection, context) { try await $0.retry($1) }
        try await context.output.line(count, "retried", options.json ? nil : "to try again")
    }
}

struct DropDeadLettersCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "drop",
        abstract: "Give uploads up, with their bytes.",
        discussion: """
            Nobody is shown them from then on, and the service removes them and their bytes in its next round.

            JSON: dropped, the number of uploads.

            Example: wherehouse files dead-letters drop sqlite:data/metadata.db 6a7c1f7e-0000-4000-8000-000000000000
            """
    )

    @OptionGroup var letters: DeadLetterOptions
    @OptionGroup var selection: DeadLetterSelection
    @OptionGroup var options: OutputOptions

    func run(in context: CommandContext) async throws {
        let count = try await letters.decide(on: selection, context) { try await $0.drop($1) }
        try await context.output.line(count, "dropped", options.json ? nil : "given up")
    }
}

extension Output {
    /// Tells how many uploads it was: in words, or as JSON where there are none.
    fileprivate func line(_ count: Int, _ name: String, _ words: String?) async throws {
        if let words { return try await line("\(HumanText.count(count, "upload")) \(words).") }
        var object = JSONObject()
        object.add(name, count)
        try await line(object)
    }
}
