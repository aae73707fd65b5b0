import ArgumentParser
import Foundation
import KeyValue
import Records
import Tuples

struct QueryCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "query",
        abstract: "Find records by what their fields hold.",
        discussion: """
            It needs none of the service's code: the store's schema says where the fields are that the service has declared \
            by their numbers. Others are not shown, and a filter can't name them.

            The filter: FIELD = VALUE, and !=, <, <=, >, >=; FIELD in (VALUE, VALUE); FIELD begins "TEXT"; FIELD contains \
            "TEXT", whatever its case; exists FIELD; any FIELD = VALUE and all FIELD = VALUE for fields of many values; \
            joined by and, or, not and parentheses. A VALUE is a "text", 1_000, 0.5, true, false, null, a moment as \
            "2026-01-31" or "2026-01-31T12:00:00Z", a "UUID", or bytes as 0x00ff.

            One line a record: its fields as name=value, in the order of their names. JSON: version, and fields, an object; \
            behind the last record cursor, where there are more. With --count: count, isExact, index (the count index that knew \
            it, or null), examined. With --explain: plan.

            Example: wherehouse query sqlite:metadata.db debian package 'section = "net" and size > 1000' --sort size
            """
    )

    @Argument(help: ArgumentTexts.store) var store: String
    @Argument(help: ArgumentHelp("The namespace of the records.", valueName: "namespace")) var namespace: String
    @Argument(help: ArgumentHelp("The record type.", valueName: "type")) var type: String
    @Argument(help: ArgumentHelp("What has to hold; every record when it is left out.", valueName: "filter"))
    var filter = ""
    @Option(
        name: .customLong("in"),
        help: ArgumentHelp(
            "The value of the partition key, or the number of the shard; again for each of its fields.",
            valueName: "value"
        )
    )
    var partition: [String] = []
    @Option(
        help: ArgumentHelp(
            "Order by this field; again for the next one. FIELD:down goes from its end, FIELD:folded disregards case.",
            valueName: "field"
        )
    )
    var sort: [String] = []
    @Flag(help: "Turn the whole order round.") var reverse = false
    @Option(help: ArgumentHelp("Show so many records at most, 1 to 1,000.", valueName: "count")) var limit = 20
    @Option(help: ArgumentHelp("Go on where the page ended that gave this cursor.", valueName: "cursor"))
    var cursor: String?
    @Option(help: ArgumentHelp("Show this field alone; again for more.", valueName: "field")) var show: [String] = []
    @Flag(help: "Count the records instead of showing them.") var count = false
    @Flag(help: "Tell how the query is answered, or with --count how it is counted, instead of answering it.")
    var explain = false
    @OptionGroup var options: OutputOptions

    /// Cursors of the command are sealed against mistakes only: who calls it may read the store anyway.
    private static let cursorKey = CursorKey(high: 0x7768_6572_6568_6F75, low: 0x7365_2071_7565_7279)

    func validate() throws {
        if cursor != nil, cursorBytes == nil {
            throw ValidationError("--cursor takes what an earlier page has printed.")
        }
    }

    private var cursorBytes: [UInt8]? { cursor.flatMap { Data(base64Encoded: $0) }.map { Array($0) } }

    private static func sortKey(_ text: String) throws -> SortKey {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        let (field, rest) = (parts.first ?? "", Set(parts.dropFirst()))
        guard rest.isSubset(of: ["down", "folded"]), rest.count == parts.count - 1 else {
            throw ValidationError("An order is FIELD, FIELD:down, FIELD:folded or FIELD:folded:down.")
        }
        return SortKey(field, isDescending: rest.contains("down"), isCaseFolded: rest.contains("folded"))
    }

    func run(in context: CommandContext) async throws {
        try await context.withStore(store) { store in
            try await context.withRecords {
                let described = try await RecordCatalog(store, environment: context.environment)
                    .open(namespace, types: [type], cursorKey: QueryCommand.cursorKey, wallClock: Timestamp.now)
                guard let type = described.types[type] else { return }
                let query = Query(
                    try type.filter(filter),
                    in: partition.isEmpty ? nil : try type.partition(partition),
                    orderedBy: try sort.map(QueryCommand.sortKey),
                    isDescending: reverse,
                    limit: limit,
                    after: cursorBytes.map { QueryCursor(bytes: $0) }
                )
                if explain {
                    let plan =
                        count
                        ? try described.records.explainCount(query, as: type)
                        : try described.records.explain(query, as: type)
                    try await show(plan: plan, context.output)
                } else if count {
                    try await showCount(query, type, described.records, context.output)
                } else {
                    try await showPage(query, type, described.records, context.output)
                }
            }
        }
    }

    private func show(plan: String, _ output: Output) async throws {
        guard options.json else {
            // What is read together, or one after the other, has a line of its own.
            let lines = plan.replacing(" and index ", with: "\n    and index ").replacing(
                ", then ",
                with: "\n    then "
            )
            return try await output.line(lines)
        }
        var object = JSONObject()
        object.add("plan", plan)
        try await output.line(object)
    }

    private func showCount(
        _ query: Query,
        _ type: RecordType<StoredMessage>,
        _ records: RecordStore,
        _ output: Output
    ) async throws {
        let found = try await records.count(query, as: type)
        let value = Int(clamping: found.value)
        guard options.json else {
            let asOf = found.asOf.map { ", as of \($0.text)" }
            let isLoose = found.index != nil && !found.isExact
            return try await output.line(HumanText.number(value) + (asOf ?? (isLoose ? ", not exact" : "")))
        }
        var object = JSONObject()
        object.add("count", value)
        object.add("isExact", found.isExact)
        if let index = found.index { object.add("index", index) } else { object.addNull("index") }
        object.add("examined", found.examined)
        try await output.line(object)
    }

    /// Shows as many records as are wanted, over several pages where one ends since it examined enough.
    private func showPage(
        _ query: Query,
        _ type: RecordType<StoredMessage>,
        _ records: RecordStore,
        _ output: Output
    ) async throws {
        var query = query
        repeat {
            let page = try await records.select(show.isEmpty ? type.fieldNames : Set(show).sorted(), query, as: type)
            for record in page.records {
                let fields = record.message.fields
                if options.json {
                    var object = JSONObject()
                    object.add("version", "\(record.version)")
                    object.add("fields", RecordFields.json(fields))
                    try await output.line(object)
                } else {
                    try await output.line(RecordFields.line(fields))
                }
            }
            query.cursor = page.cursor
            query.limit -= page.records.count
        } while query.cursor != nil && query.limit > 0
        guard let next = query.cursor.map({ Data($0.bytes).base64EncodedString() }) else { return }
        guard options.json else { return try await output.line("There are more: --cursor \(next)") }
        var object = JSONObject()
        object.add("cursor", next)
        try await output.line(object)
    }
}

extension Timestamp {
    /// The moment of now, by the system's clock.
    static func now() -> Timestamp { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000)) }
}
