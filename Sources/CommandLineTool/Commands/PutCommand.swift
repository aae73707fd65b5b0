import ArgumentParser
import KeyValue
import Migration

struct PutCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "put",
        abstract: "Write one record, or many from a file.",
        discussion: """
            With --from, each line of the file is one JSON object with the fields partition, key and value; bytes that \
            are not UTF-8 go as partitionBase64, keyBase64 and valueBase64. That is what scan --json writes. The whole \
            input is read and put in order before the first record is written, so a line that is wrong leaves the \
            store as it was. Of lines with the same key the last counts; with skip the first, and with fail they are \
            an error. JSON: written and kept, and with --from all that copy tells.

            Example: wherehouse put sqlite:metadata.db utils hello.txt '{"size":5}'
            Example: gzip -dc Sample/debian-packages.ndjson.gz | wherehouse put sqlite:metadata.db --from -
            """
    )

    @Argument(help: ArgumentTexts.store) var store: String
    @Argument(help: ArgumentTexts.partition) var partition: BytesArgument?
    @Argument(help: ArgumentTexts.key) var key: BytesArgument?
    @Argument(help: ArgumentHelp("The value.", valueName: "value")) var value: BytesArgument?
    @Option(help: ArgumentHelp("Read records from a file, or from standard input: -.", valueName: "file"))
    var from: String?
    @Option(help: ArgumentHelp("What to do where there is a record already.", valueName: "policy"))
    var ifExists = ExistingRecord.replace
    @OptionGroup var work: LongWorkOptions
    @OptionGroup var options: OutputOptions

    func validate() throws {
        let isWhole = partition != nil && key != nil && value != nil
        guard from == nil ? isWhole : partition == nil else {
            throw ValidationError("Give either a partition, a key and a value, or --from with a file.")
        }
    }

    func run(in context: CommandContext) async throws {
        if let from {
            let input = try InputFile(from)
            try await context.withStore(store, creating: true) { store in try await load(input, into: store, context) }
        } else if let partition, let key, let value {
            let key = Key(partition: partition.bytes, bytes: key.bytes)
            try await context.withStore(store, creating: true) { store in
                try await putOne(value.bytes, at: key, in: store, context.output)
            }
        }
    }

    private func putOne(
        _ value: [UInt8],
        at key: Key,
        in store: any KeyValueStore,
        _ output: Output
    ) async throws {
        var written = 1
        do throws(StoreError) {
            try await store.put(value, at: key, if: ifExists.precondition)
        } catch {
            guard error.code == .preconditionFailed else { throw error }
            guard ifExists == .skip else {
                throw CommandError(.failed, "There is such a record already.", ["key": "\(key)"])
            }
            written = 0
        }
        if options.json {
            var object = JSONObject()
            object.add("written", written)
            object.add("kept", 1 - written)
            try await output.line(object)
        } else {
            try await output.line(written == 1 ? "1 record written." : "0 records written, 1 left as it was.")
        }
    }

    private func load(_ input: InputFile, into store: any KeyValueStore, _ context: CommandContext) async throws {
        var rows = InterchangeRows(LineReader(input))
        let progress = ProgressLine(isQuiet: work.quiet, now: context.environment.now)
        defer { progress.end() }
        let copier = Copier(
            to: store,
            options: CopyOptions(onExisting: ifExists.copyPolicy),
            environment: context.environment,
            progress: progress.show
        )
        let report: CopyReport
        do throws(StoreError) {
            report = try await copier.copy(
                &rows,
                sorted: SortOptions(duplicates: ifExists.duplicates),
                temporaryDirectory: work.temporaryPath
            )
        } catch {
            if let failure = rows.failure { throw failure }
            guard error.code != .cancelled else { throw error }
            throw CommandError(failed: error)
        }
        progress.end()
        try await report.show(on: context.output, json: options.json)
    }
}
