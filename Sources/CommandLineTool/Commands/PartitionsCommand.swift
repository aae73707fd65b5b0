import ArgumentParser
import KeyValue

struct PartitionsCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "partitions",
        abstract: "List partitions.",
        discussion: """
            A partition that holds nothing but traces of deleted records is listed too.

            Example: wherehouse partitions sqlite:metadata.db
            """
    )

    @Argument(help: ArgumentTexts.store) var store: String
    @OptionGroup var options: OutputOptions

    func run(in context: CommandContext) async throws {
        try await context.withStore(store) { store in
            var cursor: Cursor?
            repeat {
                let page = try await store.partitions(in: .records, limit: 1_024, after: cursor)
                for partition in page.partitions { try await show(partition, context.output) }
                cursor = page.cursor
            } while cursor != nil
        }
    }

    private func show(_ partition: [UInt8], _ output: Output) async throws {
        guard options.json else { return try await output.line(HumanText.text(partition)) }
        var object = JSONObject()
        object.add("partition", bytes: partition)
        try await output.line(object)
    }
}
