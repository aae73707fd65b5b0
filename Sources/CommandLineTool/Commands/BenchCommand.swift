import ArgumentParser
import KeyValue

struct BenchCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Time a store, and tell what its operator bills.",
        discussion: """
            Records are written in a partition of their own, scanned, read one by one and many at a time, replaced under \
            a precondition, and deleted, one caller doing one thing after the other. With --read-only records that are \
            there are read, and nothing is written.

            For a store that is paid by what it does, the requests and the cost of a million operations stand beside the \
            time, at the prices of a published list, whose place and date are told. A server that imitates such a \
            service may tell other amounts than the service bills.

            JSON: an object a theme: theme, operations, seconds, and for a store that is paid so requests, cost, \
            costPerMillion, currency, region, date.

            Example: wherehouse bench 's3://bucket/bench?region=us-east-1' --records 500
            """
    )

    @Argument(help: ArgumentTexts.store) var store: String
    @Option(help: ArgumentHelp("How many records there are.", valueName: "count")) var records = 1_000
    @Option(help: ArgumentHelp("How long their values are.", valueName: "bytes")) var bytes = 256
    @Flag(help: "Read records that are there, and write nothing.") var readOnly = false
    @OptionGroup var options: OutputOptions

    func validate() throws {
        guard (1...1_000_000).contains(records) else { throw ValidationError("--records is from 1 to 1000000.") }
        guard (0...262_144).contains(bytes) else { throw ValidationError("--bytes is from 0 to 262144.") }
    }

    func run(in context: CommandContext) async throws {
        try await context.withStore(store, creating: !readOnly) { store in
            var bench = StoreBench(store, environment: context.environment, records: records, bytes: bytes)
            if readOnly { try await bench.readOnly() } else { try await bench.writeAndRead() }
            for result in bench.results {
                if options.json {
                    try await context.output.line(result.json)
                } else {
                    try await context.output.line(result.text)
                }
            }
            if !options.json, let tariff = (store as? any BilledStore)?.tariff {
                try await context.output.line("Cost in \(tariff.source).")
            }
        }
    }
}
