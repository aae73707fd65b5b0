import ArgumentParser
import KeyValue
import Migration

struct DigestCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "digest",
        abstract: "Tell what a store holds in one number, or in lines that any tool can hash.",
        discussion: """
            The digest is the sum of a keyed hash of each record: stores with the same records have the same one under \
            the same --seed, whatever they are kept in. It is the one that verify tells, for stores that no machine \
            reaches both of. JSON: records, seed, digest.

            With --lines, every record is a line instead: the space, and partition, key and value in hexadecimal, \
            separated by spaces, in the order of keys. What other tools read from a database can be brought into the \
            same form, and both be put through sha256sum.

            Example: wherehouse digest sqlite:one.db --lines | sha256sum
            """
    )

    @Argument(help: ArgumentTexts.store) var store: String
    @Flag(help: "Write every record as a line of hexadecimal digits, in the order of keys.") var lines = false
    @OptionGroup var digests: DigestOptions
    @OptionGroup var work: LongWorkOptions
    @OptionGroup var options: OutputOptions

    func validate() throws {
        if lines, options.json || digests.seed != nil {
            throw ValidationError("--lines has a form of its own: leave --json and --seed out.")
        }
    }

    func run(in context: CommandContext) async throws {
        try await context.withStore(store) { store in
            let progress = ProgressLine(isQuiet: work.quiet, now: context.environment.now)
            defer { progress.end() }
            if lines { return try await working { try await list(store, context) } }
            let verifier = Verifier(
                temporaryDirectory: work.temporaryPath,
                seed: digests.seed,
                environment: context.environment,
                progress: progress.show
            )
            let digest = try await working {
                try await progress.counting(store) { try await verifier.digest(of: store) }
            }
            progress.end()
            try await show(digest, verifier.seed, context.output)
        }
    }

    private func show(_ digest: StoreDigest, _ seed: DigestSeed, _ output: Output) async throws {
        guard options.json else {
            let records = HumanText.count(digest.records, "record")
            return try await output.line("\(records), digest \(digest.text) under seed \(seed).")
        }
        var object = JSONObject()
        object.add("records", digest.records)
        object.add("seed", "\(seed)")
        object.add("digest", digest.text)
        try await output.line(object)
    }

    private func list(_ store: any KeyValueStore, _ context: CommandContext) async throws {
        let scan = ScanOptions(limit: 1_024, bytesMax: 256 << 10)
        var rows = StoreRows(store, scan, environment: context.environment)
        guard store.capabilities.order < .store else { return try await write(&rows, context.output) }
        var sorter = Sorter(directory: work.temporaryPath, options: SortOptions(duplicates: .keepLast))
        while let page = try await rows.nextPage() {
            for row in page { try await sorter.append(row) }
        }
        var sorted = try await sorter.finish()
        try await write(&sorted, context.output)
    }

    private func write(_ rows: inout some RowSource, _ output: Output) async throws {
        while let page = try await rows.nextPage() {
            for row in page {
                var line = Array(row.key.space.name.utf8)
                for bytes in [row.key.partition, row.key.bytes, row.value] {
                    line.append(0x20)
                    DigestCommand.append(bytes, to: &line)
                }
                line.append(0x0A)
                try await output.write(line)
            }
        }
    }

    private static let digits = Array("0123456789abcdef".utf8)

    private static func append(_ bytes: [UInt8], to line: inout [UInt8]) {
        line.reserveCapacity(line.count + 2 * bytes.count)
        for byte in bytes {
            line.append(digits[Int(byte >> 4)])
            line.append(digits[Int(byte & 15)])
        }
    }
}
