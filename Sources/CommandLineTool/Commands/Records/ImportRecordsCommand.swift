import ArgumentParser
import Foundation
import KeyValue
import Records
import Tuples

struct ImportRecordsCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Save records of a type, given as JSON, one object a line.",
        discussion: """
            Each object has the values of fields by their names; moments, UUIDs and bytes are texts, and fields of many \
            values have arrays. A record that is there is replaced. Records before a line that is wrong may have been saved.

            --declare takes a file with one JSON object that declares the type: name, primaryKey, partitionedBy, group, \
            fields (each with name, kind and number), indexes (each with name, kind, columns and shards), and shards, \
            expiry and schemaVersion where they are needed; each as records types and index list write them.

            JSON: saved, the number of records.

            Example: wherehouse records import sqlite:metadata.db debian package --declare package.json < packages.ndjson
            """
    )

    @Argument(help: ArgumentTexts.store) var store: String
    @Argument(help: ArgumentHelp("The namespace of the records.", valueName: "namespace")) var namespace: String
    @Argument(help: ArgumentHelp("The record type.", valueName: "type")) var type: String
    @Option(help: ArgumentHelp("Declare the type as this file says.", valueName: "file")) var declare: String?
    @Option(help: ArgumentHelp("Read from a file, or from standard input: -.", valueName: "file")) var from = "-"
    @OptionGroup var options: OutputOptions

    /// How many records are saved at once, so that one commit serves many.
    private static let savesAtOnce = 256

    func run(in context: CommandContext) async throws {
        let declared = try declare.map { [try TypeFile.description(try InputFile.contents(of: $0))] } ?? []
        let input = try InputFile(from)
        let saved = try await context.withStore(store, creating: declare != nil) { store in
            try await context.withRecords {
                let described = try await RecordCatalog(store, environment: context.environment).open(
                    namespace,
                    types: [type],
                    declaring: declared,
                    cursorKey: CursorKey(high: 0, low: 0),
                    wallClock: Timestamp.now
                )
                guard let type = described.types[type] else { return 0 }
                return try await save(input, type, described.records)
            }
        }
        if options.json {
            var object = JSONObject()
            object.add("saved", saved)
            try await context.output.line(object)
        } else {
            try await context.output.line("\(HumanText.count(saved, "record")) saved.")
        }
    }

    private func save(
        _ input: InputFile,
        _ type: RecordType<StoredMessage>,
        _ records: RecordStore
    ) async throws -> Int {
        var lines = LineReader(input)
        var saved = 0
        var messages: [StoredMessage] = []
        while let line = try await lines.next() {
            guard !line.allSatisfy({ $0 == 0x20 || $0 == 0x0D }) else { continue }
            do {
                messages.append(try RecordLine(line).message(of: type))
            } catch let error as RecordError {
                let metadata = error.metadata.merging(["line": "\(lines.number)"]) { $1 }
                throw CommandError(.failed, error.message, metadata)
            } catch is DecodingError {
                let metadata = ["line": "\(lines.number)"]
                throw CommandError(.failed, "A line is no JSON object of values, or of arrays of them.", metadata)
            }
            saved += 1
            if messages.count < ImportRecordsCommand.savesAtOnce { continue }
            try await save(messages, type, records)
            messages = []
        }
        try await save(messages, type, records)
        return saved
    }

    private func save(
        _ messages: [StoredMessage],
        _ type: RecordType<StoredMessage>,
        _ records: RecordStore
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for message in messages { group.addTask { _ = try await records.save(message, as: type) } }
            try await group.waitForAll()
        }
    }
}
