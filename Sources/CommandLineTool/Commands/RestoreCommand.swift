import ArgumentParser
import Glibc
import KeyValue
import Migration
import Synchronization

struct RestoreCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Write a dump into a store.",
        discussion: """
            A file is read and verified to its end before the first record is written. What comes through a pipe is \
            verified block by block, and the restore ends at the first that is damaged: what came before it stays \
            written. A restore that was stopped or killed is finished by running it again.

            Where the store has a row already: skip leaves it as it is, a tombstone too; replace overwrites it; fail \
            ends the restore. With fail and a file, all keys are looked up first, and nothing is written if one is \
            taken; from a pipe, what came before stays written.

            JSON: all that copy tells; with --dry-run: rows, blocks, rawBytes, snapshot, system, createdSeconds.

            Example: wherehouse restore sqlite:metadata.db --input metadata.dump
            Example: wherehouse restore --dry-run --input metadata.dump
            """
    )

    @Argument(help: ArgumentTexts.store) var store: String?
    @Option(help: ArgumentHelp("The dump, or standard input: -.", valueName: "file")) var input = "-"
    @Option(help: ArgumentHelp("What to do where there is a row already.", valueName: "policy"))
    var ifExists = ExistingRecord.skip
    @Flag(help: "Verify the dump, and write nothing. Needs no store.") var dryRun = false
    @OptionGroup var work: LongWorkOptions
    @OptionGroup var options: OutputOptions

    func validate() throws {
        if store == nil, !dryRun { throw ValidationError("Name the store to write, or add --dry-run.") }
    }

    func run(in context: CommandContext) async throws {
        let isFile = isRegularFile
        if dryRun || isFile {
            let (header, summary) = try await read { _ in }
            if dryRun { return try await show(header, summary, context.output) }
        }
        guard let store else { return }
        // Before the store is made: what is no dump makes none.
        let source = DumpInput(try InputFile(input))
        var reader = try await opened(source)
        try await context.withStore(store, creating: true) { store in
            // Where it is not in order, the restore looks itself.
            if isFile, ifExists == .fail, reader.header.isOrdered { try await checkKeys(in: store) }
            let report = try await restore(&reader, source, into: store, context)
            try await report.show(on: context.output, json: options.json)
        }
    }

    private var isRegularFile: Bool {
        var status = stat()
        return input != "-" && stat(input, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    private func restore(
        _ reader: inout DumpReader<DumpInput>,
        _ source: DumpInput,
        into store: any KeyValueStore,
        _ context: CommandContext
    ) async throws -> CopyReport {
        let progress = ProgressLine(isQuiet: work.quiet, now: context.environment.now)
        defer { progress.end() }
        let done = Mutex(0)
        let copier = Copier(
            to: store,
            options: CopyOptions(onExisting: ifExists.copyPolicy),
            environment: context.environment,
            progress: { now in
                if now.phase == .writing { done.withLock { $0 = now.records } }
                progress.show(now)
            }
        )
        do {
            return try await copier.restore(&reader, temporaryDirectory: work.temporaryPath)
        } catch {
            if let failure = source.failure { throw failure }
            guard error.code != .cancelled else { throw error }
            var metadata = ErrorText.metadata(error)
            metadata["doneAtLeast"] = "\(done.withLock { $0 })"
            throw CommandError(.failed, error.message, metadata)
        }
    }

    /// Throws where one of the dump's keys is taken.
    private func checkKeys(in store: any KeyValueStore) async throws {
        let source = DumpInput(try InputFile(input))
        var reader = try await opened(source)
        let copier = Copier(to: store)
        do {
            try await working { try await copier.checkVacancy(of: &reader) }
        } catch {
            throw source.failure ?? error
        }
    }

    /// Reads the dump to its end.
    private func read(_ body: ([Row]) async throws -> Void) async throws -> (DumpHeader, DumpSummary) {
        let source = DumpInput(try InputFile(input))
        var reader = try await opened(source)
        do {
            while let rows = try await working({ try await reader.nextPage() }) { try await body(rows) }
        } catch {
            throw source.failure ?? error
        }
        return (reader.header, reader.summary)
    }

    private func opened(_ source: DumpInput) async throws -> DumpReader<DumpInput> {
        do {
            return try await working { try await DumpReader(source) }
        } catch {
            throw source.failure ?? error
        }
    }

    private func show(_ header: DumpHeader, _ summary: DumpSummary, _ output: Output) async throws {
        guard options.json else {
            return try await output.line("The dump is whole: \(HumanText.count(Int(clamping: summary.rows), "row")).")
        }
        var object = JSONObject()
        object.add(summary)
        object.add("snapshot", header.isSnapshot)
        object.add("system", header.system)
        object.add("createdSeconds", Int(clamping: header.createdSeconds))
        try await output.line(object)
    }
}
