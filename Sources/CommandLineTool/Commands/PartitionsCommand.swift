import ArgumentParser
import KeyValue

struct PartitionsCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "partitions",
        abstract: "List partitions.",
        discussion: """
            A partition that holds nothing but traces of deleted records is listed too. With --counts the number of records \
            follows each, for which most stores read every key. JSON: partition or partitionBase64, and with --counts \
            count and accuracy.

            Example: wherehouse partitions sqlite:metadata.db
            """
    )

    @Argument(help: ArgumentTexts.store) var store: String
    @Flag(help: "Count the records of each.") var counts = false
    @OptionGroup var options: OutputOptions

    func run(in context: CommandContext) async throws {
        try await context.withStore(store) { store in
            var cursor: Cursor?
            repeat {
                let page = try await store.partitions(in: .records, limit: 1_024, after: cursor)
                for partition in page.partitions {
                    let count = counts ? try await store.count(.partition(partition)) : nil
                    try await show(partition, count, context.output)
                }
                cursor = page.cursor
            } while cursor != nil
        }
    }

    private func show(_ partition: [UInt8], _ count: Measurement?, _ output: Output) async throws {
        if options.json {
            var object = JSONObject()
            object.add("partition", bytes: partition)
            if let count { object.add(count) }
            try await output.line(object)
        } else {
            let columns = [HumanText.text(partition)] + (count.map { [$0.text] } ?? [])
            try await output.line(columns.joined(separator: "\t"))
        }
    }
}
