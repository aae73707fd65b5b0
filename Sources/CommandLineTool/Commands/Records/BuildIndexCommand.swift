import ArgumentParser
import KeyValue
import Migration
import Records

struct BuildIndexCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "build",
        abstract: "Build an index over the records that are there, and make it readable.",
        discussion: """
            Services may go on meanwhile, if all of them declare the index: start it when those of the release before are \
            gone. It waits two leases of the schema, for a count or a sum six. After an interruption, build it again: it \
            goes on where it was.

            Where records have the same values of a unique index, it stays write-only and up to 100 of them are listed; \
            exit status 1.

            JSON: state, entered, mended, duplicateCount, and duplicates: type, partition and primaryKey of each, as text.

            Example: wherehouse index build sqlite:metadata.db uploads upload by_time --rest 20
            """
    )

    @Argument(help: ArgumentTexts.store) var store: String
    @Argument(help: ArgumentHelp("The namespace of the records.", valueName: "namespace")) var namespace: String
    @Argument(help: ArgumentHelp("The record type.", valueName: "type")) var type: String
    @Argument(help: ArgumentHelp("The name of the index.", valueName: "index")) var index: String
    @OptionGroup var work: RecordWorkOptions
    @OptionGroup var options: OutputOptions

    func run(in context: CommandContext) async throws {
        let report = try await work.run(on: store, namespace, [type], in: context) { records, progress in
            try await records.buildIndex(index, of: type, pace: work.pace, progress: progress)
        }
        if options.json {
            try await context.output.line(json(report))
        } else {
            for address in report.duplicates {
                try await context.output.line("duplicate\t" + HumanText.text("\(address)".utf8))
            }
            let mended = report.mended == 0 ? "" : ", \(HumanText.number(report.mended)) of them again"
            try await context.output.line(
                "Entered \(HumanText.count(report.entered, "record"))\(mended): the index is \(report.state.rawValue)."
            )
        }
        guard report.duplicateCount == 0 else {
            throw CommandError(
                .failed,
                "Records have the same values of the unique index: change or delete them, and build again.",
                ["duplicates": "\(report.duplicateCount)"]
            )
        }
    }

    private func json(_ report: IndexBuildReport) -> JSONObject {
        var object = JSONObject()
        object.add("state", report.state.rawValue)
        object.add("entered", report.entered)
        object.add("mended", report.mended)
        object.add("duplicateCount", report.duplicateCount)
        let duplicates = report.duplicates.map { address in
            var object = JSONObject()
            object.add("type", address.type)
            object.add("partition", "\(address.partition)")
            object.add("primaryKey", "\(address.primaryKey)")
            return object
        }
        object.add("duplicates", duplicates)
        return object
    }
}
