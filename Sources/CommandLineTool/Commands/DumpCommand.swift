import ArgumentParser
import Glibc
import KeyValue
import Migration

/// How rows are written to a dump.
enum DumpForm: String, ExpressibleByArgument, CaseIterable {
    case binary
    case ndjson
}

struct DumpCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "dump",
        abstract: "Write everything in a store to a file or to a pipe.",
        discussion: """
            Records travel, tombstones, and the reserved data that migrations keep; what belongs to the store alone does \
            not. Where the store has snapshots, all is of one moment, whatever is written meanwhile; otherwise hold its \
            writers. A file gets its name when it is whole and on the disk, and is readable for its owner alone; until \
            then .partial stands behind the name.

            The binary form is compressed, and every byte of it is checked when it is restored. The form ndjson is for \
            people and other tools: the lines of scan --json, one a row, without checksums, read back by put --from.

            JSON, with --output: rows, blocks, rawBytes, snapshot; with --format ndjson: rows, snapshot.

            Example: wherehouse dump sqlite:metadata.db --output metadata.dump
            Example: wherehouse dump sqlite:one.db | wherehouse restore sqlite:two.db
            """
    )

    @Argument(help: ArgumentTexts.store) var store: String
    @Option(help: ArgumentHelp("The file to write, or standard output: -.", valueName: "file")) var output = "-"
    @Option(help: ArgumentHelp("The form of the dump.", valueName: "form")) var format = DumpForm.binary
    @Option(help: ArgumentHelp("How hard to compress, from 1 to 19.", valueName: "level")) var level = 1
    @Flag(help: "Leave tombstones out: traces of deleted records.") var noTombstones = false
    @Flag(help: "Replace a file that is there.") var force = false
    @Flag(help: "Show no progress.") var quiet = false
    @OptionGroup var options: OutputOptions

    func validate() throws {
        if output == "-", options.json { throw ValidationError("--json tells of a file: name one with --output.") }
        if !(1...19).contains(level) { throw ValidationError("--level is from 1 to 19.") }
    }

    func run(in context: CommandContext) async throws {
        if output == "-", format == .binary, isatty(STDOUT_FILENO) == 1 {
            throw CommandError(.usage, "A dump is no text: write it to a file with --output, or to a pipe.")
        }
        try await context.withStore(store) { store in
            guard output != "-" else {
                _ = try await write(store, to: context.output, context)
                return
            }
            let file = try PartialFile(output, replacing: force)
            let fileOutput = Output(descriptor: file.descriptor, path: output)
            let summary = try await write(store, to: fileOutput, context)
            try await fileOutput.flush()
            try file.finish()
            try await show(summary, isSnapshot: store.capabilities.snapshots, context.output)
        }
    }

    private func write(
        _ store: any KeyValueStore,
        to output: Output,
        _ context: CommandContext
    ) async throws -> DumpSummary {
        let progress = ProgressLine(isQuiet: quiet, now: context.environment.now)
        defer { progress.end() }
        let dumper = Dumper(
            store,
            options: DumpOptions(
                createdSeconds: UInt64(max(0, Glibc.time(nil))),
                includesTombstones: !noTombstones,
                compressionLevel: level
            ),
            environment: context.environment,
            progress: progress.show
        )
        var sink = DumpOutput(output)
        do {
            return try await working {
                guard format == .ndjson else { return try await dumper.write(to: &sink) }
                var summary = DumpSummary()
                try await dumper.read { (_, rows) async throws(StoreError) in
                    summary.add(rows: rows.count)
                    for row in rows { try await sink.write(row.json().bytes + [0x0A]) }
                }
                return summary
            }
        } catch {
            throw sink.failure ?? error
        }
    }

    private func show(_ summary: DumpSummary, isSnapshot: Bool, _ output: Output) async throws {
        guard options.json else {
            let moment = isSnapshot ? "as of one moment" : "not as of one moment"
            return try await output.line("\(HumanText.count(Int(clamping: summary.rows), "row")) dumped, \(moment).")
        }
        var object = JSONObject()
        object.add(summary, form: format)
        object.add("snapshot", isSnapshot)
        try await output.line(object)
    }
}

extension JSONObject {
    /// Adds what is in a dump.
    mutating func add(_ summary: DumpSummary, form: DumpForm = .binary) {
        add("rows", Int(clamping: summary.rows))
        guard form == .binary else { return }
        add("blocks", Int(clamping: summary.blocks))
        add("rawBytes", Int(clamping: summary.rawBytes))
    }
}
