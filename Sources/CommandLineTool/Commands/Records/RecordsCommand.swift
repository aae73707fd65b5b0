import ArgumentParser
import KeyValue
import Records

struct RecordsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "records",
        abstract: "Look at the records that services keep in a store, and save or remove some.",
        discussion: "What services have declared lies in the store, so that this needs none of their code.",
        subcommands: [RecordTypesCommand.self, ImportRecordsCommand.self, RetireTypeCommand.self]
    )
}

struct RecordTypesCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "types",
        abstract: "List the record types of a store, as the services have declared them.",
        discussion: """
            Each line has the namespace, the type, its primary key, what its records are partitioned by, and the number \
            of its indexes.

            JSON: namespace, epoch, type, schemaVersion, primaryKey, partitionedBy, shards, expiry, fields (each with name, \
            kind and isMultiValued), indexes (names).

            Example: wherehouse records types sqlite:metadata.db
            """
    )

    @Argument(help: ArgumentTexts.store) var store: String
    @OptionGroup var options: OutputOptions

    func run(in context: CommandContext) async throws {
        try await context.withSchemas(of: store, nil) { namespace, schema in
            for type in schema.types {
                if options.json {
                    try await context.output.line(json(type, namespace, schema))
                } else {
                    let place = type.partitionedBy.joined(separator: ",")
                    let columns = [
                        namespace, type.name, type.primaryKey.joined(separator: ","),
                        type.shards.map { "\(place) in \($0) shards" } ?? place, "\(type.indexes.count) indexes",
                    ]
                    try await context.output.line(columns.map { HumanText.text($0.utf8) }.joined(separator: "\t"))
                }
            }
        }
    }

    private func json(_ type: RecordTypeDescription, _ namespace: String, _ schema: SchemaDescription) -> JSONObject {
        var object = JSONObject()
        object.add("namespace", namespace)
        object.add("epoch", Int(clamping: schema.epoch))
        object.add("type", type.name)
        object.add("schemaVersion", Int(type.schemaVersion))
        object.add("primaryKey", type.primaryKey)
        object.add("partitionedBy", type.partitionedBy)
        if let shards = type.shards { object.add("shards", shards) } else { object.addNull("shards") }
        if let expiry = type.expiry { object.add("expiry", expiry) } else { object.addNull("expiry") }
        object.add(
            "fields",
            type.fields.map { field in
                var object = JSONObject()
                object.add("name", field.name)
                object.add("kind", field.kind.rawValue)
                object.add("isMultiValued", field.isMultiValued)
                return object
            }
        )
        object.add("indexes", type.indexes.map(\.name))
        return object
    }
}

extension CommandContext {
    /// Reads the schemas of a store: that of one namespace, or of all.
    func withSchemas(
        of url: String,
        _ namespace: String?,
        _ body: (String, SchemaDescription) async throws -> Void
    ) async throws {
        try await withStore(url) { store in
            try await withRecords {
                let catalog = RecordCatalog(store, environment: environment)
                let namespaces = if let namespace { [namespace] } else { try await catalog.namespaces() }
                for namespace in namespaces {
                    try await body(namespace, try await catalog.describeSchema(of: namespace))
                }
            }
        }
    }

    /// Does work on records, whose errors are told as those of stores are.
    func withRecords<Result>(_ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let error as RecordError {
            throw CommandError(.failed, error.message, error.metadata)
        }
    }
}
