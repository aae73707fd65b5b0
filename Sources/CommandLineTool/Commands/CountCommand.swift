import ArgumentParser
import KeyValue

struct CountCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "count",
        abstract: "Count records.",
        discussion: """
            JSON: count, and accuracy, which is exact or estimated.

            Example: wherehouse count sqlite:metadata.db admin --prefix pool/main/a/
            """
    )

    @Argument(help: ArgumentTexts.store) var store: String
    @Argument(help: ArgumentHelp("The partition to count in; all when it is left out.", valueName: "partition"))
    var partition: BytesArgument?
    @Option(help: "Count keys that begin with this.") var prefix: BytesArgument?
    @OptionGroup var options: OutputOptions

    func validate() throws {
        if partition == nil, prefix != nil { throw ValidationError("--prefix chooses keys of a partition: name one.") }
    }

    private var range: KeyRange {
        guard let partition else { return .all() }
        return prefix.map { .prefix($0.bytes, of: partition.bytes) } ?? .partition(partition.bytes)
    }

    func run(in context: CommandContext) async throws {
        let count = try await context.withStore(store) { store in try await store.count(range) }
        if options.json {
            var object = JSONObject()
            object.add(count)
            try await context.output.line(object)
        } else {
            try await context.output.line(count.text)
        }
    }
}
