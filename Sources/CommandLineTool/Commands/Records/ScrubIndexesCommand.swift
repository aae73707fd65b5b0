import ArgumentParser
import KeyValue
import Records

struct ScrubIndexesCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "scrub",
        abstract: "Hold every record and every index entry against each other, and mend what is amiss.",
        discussion: """
            Services may go on meanwhile. Every row is read. After an interruption, scrub again: it goes on where it was, \
            and tells of the whole.

            Records that can't be read are left as they are, up to 100 of them are listed, and the exit status is 1.

            JSON: partitions, examined, mended, unknown (rows of no type that was scrubbed), damagedCount, and damaged: the \
            key, code and message of each.

            Example: wherehouse index scrub sqlite:metadata.db uploads
            """
    )

    @Argument(help: ArgumentTexts.store) var store: String
    @Argument(help: ArgumentHelp("The namespace of the records.", valueName: "namespace")) var namespace: String
    @Option(help: ArgumentHelp("Scrub this type alone; again for more.", valueName: "type")) var type: [String] = []
    @Flag(help: "Begin anew, whatever was done before.") var fromStart = false
    @OptionGroup var work: RecordWorkOptions
    @OptionGroup var options: OutputOptions

    func run(in context: CommandContext) async throws {
        let types = type.isEmpty ? nil : type
        let report = try await work.run(on: store, namespace, types, in: context) { records, progress in
            try await records.scrubAll(pace: work.pace, fromStart: fromStart, progress: progress)
        }
        if options.json {
            try await context.output.line(json(report))
        } else {
            for row in report.damaged {
                try await context.output.line("damaged\t\(HumanText.key(row.key))\t\(HumanText.text(row.message.utf8))")
            }
            try await context.output.line(
                "Examined \(HumanText.count(report.examined, "row")) in \(HumanText.count(report.partitions, "partition"))"
                    + ", mended \(HumanText.number(report.mended))."
            )
        }
        guard report.damagedCount == 0 else {
            throw CommandError(
                .failed,
                "Some rows can't be read: restore them, or use the release that wrote them.",
                ["damaged": "\(report.damagedCount)"]
            )
        }
    }

    private func json(_ report: ScrubReport) -> JSONObject {
        var object = JSONObject()
        object.add("partitions", report.partitions)
        object.add("examined", report.examined)
        object.add("mended", report.mended)
        object.add("unknown", report.unknown)
        object.add("damagedCount", report.damagedCount)
        let damaged = report.damaged.map { row in
            var object = JSONObject()
            object.add(row.key)
            object.add("code", row.code.rawValue)
            object.add("message", row.message)
            return object
        }
        object.add("damaged", damaged)
        return object
    }
}
