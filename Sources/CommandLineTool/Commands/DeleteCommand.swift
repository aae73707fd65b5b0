import ArgumentParser
import KeyValue

struct DeleteCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Delete one record.",
        discussion: """
            Deleting a record that is not there is no error. JSON: deleted, which is true or false, or null where the \
            store can't say.

            Example: wherehouse delete sqlite:metadata.db utils hello.txt
            """
    )

    @Argument(help: ArgumentTexts.store) var store: String
    @Argument(help: ArgumentTexts.partition) var partition: BytesArgument
    @Argument(help: ArgumentTexts.key) var key: BytesArgument
    @OptionGroup var options: OutputOptions

    func run(in context: CommandContext) async throws {
        let key = Key(partition: partition.bytes, bytes: key.bytes)
        let existed = try await context.withStore(store) { store in try await store.delete(key) }
        if options.json {
            var object = JSONObject()
            if let existed { object.add("deleted", existed) } else { object.addNull("deleted") }
            try await context.output.line(object)
        } else {
            let text =
                switch existed {
                case true: "1 record deleted."
                case false: "There was no such record."
                default: "Deleted; the store can't say whether there was a record."
                }
            try await context.output.line(text)
        }
    }
}
