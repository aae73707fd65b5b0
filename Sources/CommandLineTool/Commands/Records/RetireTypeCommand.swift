import ArgumentParser
import KeyValue
import Records

struct RetireTypeCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "retire",
        abstract: "Remove a record type with all of its records and indexes.",
        discussion: """
            Start the release of the service that leaves the type out first: programs that go on declaring it can't write \
            any more. It waits two leases of the schema until none of them acts on what it knew before. After an \
            interruption, retire it again.

            JSON: removed, the number of rows.

            Example: wherehouse records retire sqlite:metadata.db uploads upload --delete-records
            """
    )

    @Argument(help: ArgumentTexts.store) var store: String
    @Argument(help: ArgumentHelp("The namespace of the records.", valueName: "namespace")) var namespace: String
    @Argument(help: ArgumentHelp("The record type.", valueName: "type")) var type: String
    @Flag(help: "Yes, all of its records are to go.") var deleteRecords = false
    @OptionGroup var options: OutputOptions

    func validate() throws {
        guard deleteRecords else {
            throw ValidationError("All records of the type would be deleted: say --delete-records if they may.")
        }
    }

    func run(in context: CommandContext) async throws {
        let removed = try await context.withStore(store) { store in
            try await context.withRecords {
                let catalog = RecordCatalog(store, environment: context.environment)
                return try await catalog.retireType(type, in: namespace)
            }
        }
        if options.json {
            var object = JSONObject()
            object.add("removed", removed)
            try await context.output.line(object)
        } else {
            try await context.output.line("Removed \(HumanText.number(removed)) rows.")
        }
    }
}
