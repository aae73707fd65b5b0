import ArgumentParser
import KeyValue
import Records

struct IndexCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "index",
        abstract: "Look at the indexes of records, build, scrub and drop them.",
        discussion: """
            To build or scrub an index, the fields that it takes have to be declared by their numbers in the messages: where \
            the service computes one, it does both itself, with the library.
            """,
        subcommands: [
            ListIndexesCommand.self, BuildIndexCommand.self, ScrubIndexesCommand.self, DropIndexCommand.self,
        ]
    )
}

struct ListIndexesCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the indexes of records, with their states.",
        discussion: """
            Each line has the namespace, the type, the index, its kind, its columns, where it lies, and its state: disabled \
            (nobody keeps it), write-only (kept by writers, and not used) or readable.

            JSON: namespace, type, index, kind, columns, shards (null for an index that lies with the records), state.

            Example: wherehouse index list sqlite:metadata.db
            """
    )

    @Argument(help: ArgumentTexts.store) var store: String
    @Option(help: ArgumentHelp("List those of this namespace alone.", valueName: "namespace")) var namespace: String?
    @OptionGroup var options: OutputOptions

    func run(in context: CommandContext) async throws {
        try await context.withSchemas(of: store, namespace) { namespace, schema in
            for type in schema.types {
                for index in type.indexes { try await show(index, type, namespace, context.output) }
            }
        }
    }

    private func show(
        _ index: IndexDescription,
        _ type: RecordTypeDescription,
        _ namespace: String,
        _ output: Output
    ) async throws {
        guard options.json else {
            let columns = [
                namespace, type.name, index.name, index.kind, index.columns.joined(separator: ","),
                index.shards.map { "\($0) shards" } ?? "local", index.state.rawValue,
            ]
            return try await output.line(columns.map { HumanText.text($0.utf8) }.joined(separator: "\t"))
        }
        var object = JSONObject()
        object.add("namespace", namespace)
        object.add("type", type.name)
        object.add("index", index.name)
        object.add("kind", index.kind)
        object.add("columns", index.columns)
        if let shards = index.shards { object.add("shards", shards) } else { object.addNull("shards") }
        object.add("state", index.state.rawValue)
        try await output.line(object)
    }
}

struct DropIndexCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "drop",
        abstract: "Take an index out of use and remove all that it keeps.",
        discussion: """
            Services may go on meanwhile: their queries stop using the index, and it waits until they have. A service that \
            goes on declaring it brings it back, disabled, when it is started again. After an interruption, drop it again.

            JSON: removed, the number of rows.

            Example: wherehouse index drop sqlite:metadata.db uploads upload by_time
            """
    )

    @Argument(help: ArgumentTexts.store) var store: String
    @Argument(help: ArgumentHelp("The namespace of the records.", valueName: "namespace")) var namespace: String
    @Argument(help: ArgumentHelp("The record type.", valueName: "type")) var type: String
    @Argument(help: ArgumentHelp("The name of the index.", valueName: "index")) var index: String
    @OptionGroup var options: OutputOptions

    func run(in context: CommandContext) async throws {
        let removed = try await context.withStore(store) { store in
            try await context.withRecords {
                let catalog = RecordCatalog(store, environment: context.environment)
                return try await catalog.dropIndex(index, of: type, in: namespace)
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
