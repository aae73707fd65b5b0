import ArgumentParser
import KeyValue
import Migration

struct ScanCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "scan",
        abstract: "List records in the order of their keys.",
        discussion: """
            One line a record: partition, key and value, separated by tabs, with escapes where they are no text. A store \
            without order lists in an order of its own. JSON: what put --from reads, with the field space for records \
            of a reserved space and tombstone for traces of deleted ones.

            Example: wherehouse scan sqlite:metadata.db admin --prefix pool/main/a/ --limit 5
            """
    )

    @Argument(help: ArgumentTexts.store) var store: String
    @Argument(help: ArgumentHelp("The partition to list; all when it is left out.", valueName: "partition"))
    var partition: BytesArgument?
    @Option(help: "List keys that begin with this.") var prefix: BytesArgument?
    @Option(help: ArgumentHelp("List keys from this one on.", valueName: "key")) var from: BytesArgument?
    @Option(help: ArgumentHelp("List keys before this one.", valueName: "key")) var to: BytesArgument?
    @Option(help: ArgumentHelp("List so many records at most.", valueName: "count")) var limit: Int?
    @Flag(help: "List from the last key to the first.") var reverse = false
    @Flag(help: "List keys without values.") var keysOnly = false
    @Flag(help: "List tombstones too: traces of deleted records.") var tombstones = false
    @Option(help: "The space to list.") var space = SpaceArgument(.records)
    @OptionGroup var options: OutputOptions

    func validate() throws {
        if partition == nil, prefix != nil || from != nil || to != nil {
            throw ValidationError("--prefix, --from and --to choose keys of a partition: name one.")
        }
        if prefix != nil, from != nil || to != nil {
            throw ValidationError("--prefix excludes --from and --to: give one or the other.")
        }
        if let limit, limit < 1 { throw ValidationError("--limit is at least 1.") }
    }

    func run(in context: CommandContext) async throws {
        try await context.withStore(store) { store in try await list(store, context.output) }
    }

    private var range: KeyRange {
        guard let partition else { return .all(in: space.space) }
        guard let prefix else {
            return .partition(partition.bytes, from: from?.bytes, to: to?.bytes, in: space.space)
        }
        return .prefix(prefix.bytes, of: partition.bytes, in: space.space)
    }

    private func list(_ store: any KeyValueStore, _ output: Output) async throws {
        var left = limit ?? .max
        var cursor: Cursor?
        repeat {
            let scan = ScanOptions(
                limit: min(left, 1_024),
                bytesMax: 256 << 10,
                keysOnly: keysOnly,
                reverse: reverse,
                includesTombstones: tombstones
            )
            let page = try await store.scan(range, scan, after: cursor)
            for row in [Row](page, in: space.space) {
                if options.json {
                    try await output.line(row.json(withValue: !keysOnly))
                } else {
                    try await output.line(row.text(withValue: !keysOnly))
                }
            }
            left -= page.count
            cursor = page.cursor
        } while cursor != nil && left > 0
    }
}
