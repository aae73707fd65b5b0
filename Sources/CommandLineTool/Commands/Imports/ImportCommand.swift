import ArgumentParser
import Files
import Importers
import KeyValue
import Migration
import Tuples

struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Bring over what other services kept.",
        subcommands: [ImportFilesCommand.self]
    )
}

struct ImportFilesCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "files",
        abstract: "Bring the uploads of a files service that kept them in Redis into a store.",
        discussion: """
            The first store is a Redis with layout=raw, or a copy that was made of one by copy. Nobody is to write to it \
            meanwhile, nor to use the records of the other one before the import is done. Bytes stay where they are: the \
            service is to be started with the buckets that the uploads name.

            An import that was stopped is ended by running it again. What is not carried is listed, with the reason, the \
            key and what of it; a whole upload that is not carried makes the exit status 1. Lists, answers that were kept \
            and locks are not carried, since they follow from the uploads.

            With --follow the service goes on meanwhile: everything is compared, then what it changes is carried over, as \
            it is captured in the Redis (migrate foreign install); what is there with other contents, or is gone from the \
            Redis, gives way. The URL names capture=stream or capture=events, and a user of the Redis that nobody else is. \
            Progress tells how many changed keys are not carried over yet. It ends by ^C; with --until caught-up when all \
            is carried over that was changed before, for a service that you have stopped; with --until frozen it takes \
            from all others the right to write, carries over the rest and ends: then start serve.

            JSON: an object for each thing that is not carried, with finding, loss (upload, detail or stray), key and \
            detail; then one with saved, unchanged, replaced, lost (uploads), aliases, keys, passingKeys, otherKeys, and \
            findings, the number of each; with --follow guarantee, comparisons, compared, changes, behind, written, \
            removed, lost and findings.

            Example: wherehouse import files redis://127.0.0.1?layout=raw sqlite:files.db
            """
    )

    @Argument(help: ArgumentHelp("The URL of the store to read.", valueName: "from")) var source: String
    @Argument(help: ArgumentHelp("The URL of the store to write.", valueName: "to")) var target: String
    @Option(help: ArgumentHelp("What the keys of the service begin with.", valueName: "text"))
    var prefix = FilesImporter.prefix
    @Option(help: ArgumentHelp("The namespace of the records.", valueName: "namespace"))
    var namespace = FilesService.namespace
    @Flag(help: "Let uploads take the place of those that are there with other contents.") var replace = false
    @Flag(help: "Go on while the service does, and carry over what it changes.") var follow = false
    @Option(
        help: ArgumentHelp(
            "With --follow: end when it is caught-up, or frozen, with no other writers.",
            valueName: "end"
        )
    )
    var until: FilesFollower.Ending?
    @Flag(help: "Show no progress.") var quiet = false
    @OptionGroup var options: OutputOptions

    func validate() throws {
        if source == target { throw ValidationError("The two stores are the same: name another to import into.") }
        if prefix.isEmpty { throw ValidationError("The prefix is empty: name what the service's keys begin with.") }
        if until != nil, !follow { throw ValidationError("--until is for following: add --follow.") }
    }

    func run(in context: CommandContext) async throws {
        if follow { return try await followSource(context) }
        let report = try await context.withStore(source) { source in
            try await context.withStore(target, creating: true) { target in
                try await context.withRecords { try await work(source, target, context) }
            }
        }
        if options.json {
            try await context.output.line(json(report))
        } else {
            try await context.output.line(summary(report))
        }
        try requireNone(lost: report.lostUploads)
    }

    func requireNone(lost: Int) throws {
        guard lost > 0 else { return }
        throw CommandError(.failed, "Some uploads were not carried over: see the reasons.", ["uploads": "\(lost)"])
    }

    private func work(
        _ source: any KeyValueStore,
        _ target: any KeyValueStore,
        _ context: CommandContext
    ) async throws -> ImportReport {
        let uploads = try await uploads(in: target, context)
        let importer = FilesImporter(
            from: source,
            to: uploads,
            prefix: prefix,
            ifExists: replace ? .replace : .keep
        )
        let line = ProgressLine(isQuiet: quiet, now: context.environment.now)
        defer { line.end() }
        return try await importer.run { finding in
            try await tell(finding, context)
        } progress: { report in
            let uploads = report.saved + report.unchanged + report.replaced
            line.show(Migration.Progress(.writing, records: uploads, bytes: 0, elapsed: .zero))
        }
    }

    func uploads(in target: any KeyValueStore, _ context: CommandContext) async throws -> UploadImport {
        try await UploadImport.open(
            target,
            namespace: namespace,
            environment: context.environment,
            wallClock: Timestamp.now
        )
    }

    func tell(_ finding: ImportFinding, _ context: CommandContext) async throws {
        guard options.json else {
            let columns = [finding.reason.rawValue, HumanText.text(finding.key), HumanText.text(finding.detail.utf8)]
            return try await context.output.line(columns.joined(separator: "\t"))
        }
        var object = JSONObject()
        object.add("finding", finding.reason.rawValue)
        object.add("loss", finding.reason.loss.rawValue)
        object.add("key", bytes: finding.key)
        object.add("detail", finding.detail)
        try await context.output.line(object)
    }

    private func summary(_ report: ImportReport) -> String {
        var parts = ["\(HumanText.count(report.saved, "upload")) saved"]
        if report.unchanged > 0 { parts.append("\(HumanText.number(report.unchanged)) there already") }
        if report.replaced > 0 { parts.append("\(HumanText.number(report.replaced)) replaced") }
        if report.lostUploads > 0 { parts.append("\(HumanText.number(report.lostUploads)) not carried") }
        parts.append("\(HumanText.number(report.aliases)) \(report.aliases == 1 ? "alias" : "aliases")")
        return parts.joined(separator: ", ") + "."
    }

    private func json(_ report: ImportReport) -> JSONObject {
        var object = JSONObject()
        object.add("saved", report.saved)
        object.add("unchanged", report.unchanged)
        object.add("replaced", report.replaced)
        object.add("lost", report.lostUploads)
        object.add("aliases", report.aliases)
        object.add("keys", report.keys)
        object.add("passingKeys", report.passingKeys)
        object.add("otherKeys", report.otherKeys)
        object.add("findings", json(report.findings))
        return object
    }

    func json(_ findings: [ImportFinding.Reason: Int]) -> JSONObject {
        var object = JSONObject()
        for (reason, count) in findings.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            object.add(reason.rawValue, count)
        }
        return object
    }
}
