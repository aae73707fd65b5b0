import ArgumentParser
import KeyValue
import Migration

struct GetCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Show the value of one record.",
        discussion: """
            Text is shown as it is; a value that is not text, or that a terminal would act on, is shown with escapes. \
            Exit status 1 when there is no such record. JSON: the fields partition, key and value; of bytes that are \
            not UTF-8 partitionBase64, keyBase64 and valueBase64.

            Example: wherehouse get sqlite:metadata.db utils acl_2.3.1-3_amd64.deb
            """
    )

    @Argument(help: ArgumentTexts.store) var store: String
    @Argument(help: ArgumentTexts.partition) var partition: BytesArgument
    @Argument(help: ArgumentTexts.key) var key: BytesArgument
    @Flag(help: "Write the bytes of the value and nothing else.") var raw = false
    @OptionGroup var options: OutputOptions

    func validate() throws {
        if raw, options.json { throw ValidationError("--raw and --json exclude each other: give one.") }
    }

    func run(in context: CommandContext) async throws {
        let key = Key(partition: partition.bytes, bytes: key.bytes)
        let entry = try await context.withStore(store) { store in try await store.get(key) }
        guard let entry else {
            throw CommandError(.failed, "There is no such record.", ["key": "\(key)"])
        }
        if options.json {
            try await context.output.line(Row(key: key, value: entry.value).json())
        } else if raw {
            try await context.output.write(entry.value)
        } else {
            try await context.output.line(HumanText.text(entry.value, allowsLines: true))
        }
    }
}
