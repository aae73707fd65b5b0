import ArgumentParser
import IPLD

struct IndexArchiveCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "index",
        abstract: "Write which block lies where in an archive.",
        discussion: """
            The index is the one that archives of version 2 carry, in a file of its own. Blocks are not verified. JSON: \
            cid (the index's own), entries.

            Example: wherehouse car index upload.car --output upload.car.idx
            """
    )

    @Argument(help: CARCommand.archive) var archive: String
    @Option(help: ArgumentHelp("The file to write.", valueName: "file")) var output: String
    @Option(help: ArgumentHelp("How entries are grouped.", valueName: "format"))
    var format = IndexFormatArgument.multihashSorted
    @Flag(help: "Replace a file that is there.") var force = false
    @OptionGroup var options: OutputOptions

    func run(in context: CommandContext) async throws {
        var input = try ArchiveInput(archive, verification: .none)
        var places: [(cid: CID, offset: UInt64)] = []
        while let section = try await input.next() { places.append((section.block.cid, section.offset)) }
        let index = CARIndex(format.format, of: places)
        let encoded = index.encoded
        let file = try PartialFile(output, replacing: force)
        let sink = Output(descriptor: file.descriptor, path: output)
        try await sink.write(encoded)
        try await sink.flush()
        try file.finish()
        let codec: Multicodec = format == .sorted ? .carIndexSorted : .carMultihashIndexSorted
        let cid = CID(codec, .sha256(of: encoded))
        guard options.json else {
            return try await context.output.line("\(cid): \(HumanText.count(index.count, "place")).")
        }
        var object = JSONObject()
        object.add("cid", "\(cid)")
        object.add("entries", index.count)
        try await context.output.line(object)
    }
}

/// The format of an index on the command line.
enum IndexFormatArgument: String, ExpressibleByArgument, CaseIterable {
    case sorted
    case multihashSorted = "multihash-sorted"

    var format: CARIndex.Format { self == .sorted ? .sorted : .multihashSorted }
}
