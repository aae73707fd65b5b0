import ArgumentParser
import IPLD

struct ListArchiveCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List the blocks of an archive.",
        discussion: """
            A line a block: its identifier, how many bytes it has, and where in the archive's part of version 1 its \
            section begins. Nothing is verified. JSON: cid, bytes, offset, contentOffset.

            Example: wherehouse car ls upload.car
            """
    )

    @Argument(help: CARCommand.archive) var archive: String
    @OptionGroup var options: OutputOptions

    func run(in context: CommandContext) async throws {
        var input = try ArchiveInput(archive, verification: .none)
        while let section = try await input.next() {
            guard options.json else {
                try await context.output.line("\(section.block.cid) \(section.block.bytes.count) \(section.offset)")
                continue
            }
            var object = JSONObject()
            object.add("cid", "\(section.block.cid)")
            object.add("bytes", section.block.bytes.count)
            object.add("offset", Int(clamping: section.offset))
            object.add("contentOffset", Int(clamping: section.contentOffset))
            try await context.output.line(object)
        }
    }
}
