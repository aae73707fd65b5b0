import ArgumentParser
import Foundation
import Glibc
import IPLD
import KeyValue

struct UnpackArchiveCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "unpack",
        abstract: "Write each block of an archive to a file that is named by it.",
        discussion: """
            Every block is checked against its hash before it is written. Blocks that lie within their own identifier \
            are left out. A file that is there already is replaced.

            JSON: blocks, bytes, roots.

            Example: wherehouse car unpack upload.car --directory blocks
            """
    )

    @Argument(help: CARCommand.archive) var archive: String
    @Option(help: ArgumentHelp("Where to put the files; it is made if it is not there.", valueName: "directory"))
    var directory: String
    @OptionGroup var options: OutputOptions

    func run(in context: CommandContext) async throws {
        guard mkdir(directory, 0o777) == 0 || errno == EEXIST else {
            throw CommandError(output: directory, errno: errno)
        }
        var input = try ArchiveInput(archive)
        var blocks = 0
        var bytes = 0
        while let section = try await input.next() {
            guard section.block.cid.hash.code != .identity else { continue }
            let path = URL(filePath: directory).appending(path: section.block.cid.description).path
            let file = try PartialFile(path, replacing: true)
            let output = Output(descriptor: file.descriptor, path: path)
            try await output.write(section.block.bytes)
            try await output.flush()
            try file.finish()
            blocks += 1
            bytes += section.block.bytes.count
        }
        guard options.json else {
            let size = HumanText.count(bytes, "byte")
            return try await context.output.line("\(HumanText.count(blocks, "block")) with \(size) unpacked.")
        }
        var object = JSONObject()
        object.add("blocks", blocks)
        object.add("bytes", bytes)
        object.add("roots", (input.reader.roots ?? []).map(\.description))
        try await context.output.line(object)
    }
}
