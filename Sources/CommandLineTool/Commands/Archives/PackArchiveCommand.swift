import ArgumentParser
import Foundation
import IPLD
import KeyValue

struct PackArchiveCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "pack",
        abstract: "Make an archive of files, each of which is a block.",
        discussion: """
            A file whose name is an identifier, as unpack writes them, keeps that name, and its bytes must be what it \
            names; any other is named by its SHA-256 in the format of --codec. The blocks lie in the order of the \
            arguments, the same block once, so that the same arguments always make the same archive. Without --root \
            the first block is the root.

            JSON: cid (the archive's own), bytes, blocks, roots.

            Example: wherehouse car pack --output pier.car pier.jpg
            """
    )

    @Argument(help: ArgumentHelp("The files.", valueName: "file")) var files: [String]
    @Option(help: ArgumentHelp("The archive to write.", valueName: "archive")) var output: String
    @Option(help: ArgumentHelp("The format of files that are not named by it.", valueName: "codec"))
    var codec = CodecArgument(.raw)
    @Option(help: ArgumentHelp("A root of the archive; may be given several times.", valueName: "cid"))
    var root: [CIDArgument] = []
    @Flag(help: "Replace a file that is there.") var force = false
    @OptionGroup var options: OutputOptions

    func run(in context: CommandContext) async throws {
        var roots = root.map(\.cid)
        if roots.isEmpty, let first = files.first { roots = [try await block(first).cid] }
        let file = try PartialFile(output, replacing: force)
        let sink = Output(descriptor: file.descriptor, path: output)
        var hash = Multihash.SHA256Stream()
        var buffer: [UInt8] = []
        var writer = CARWriter(roots: roots, to: &buffer)
        var packed: Set<CID> = []
        for path in files {
            let block = try await block(path)
            if packed.insert(block.cid).inserted { writer.append(block, to: &buffer) }
            hash.append(buffer)
            try await sink.write(buffer)
            buffer.removeAll(keepingCapacity: true)
        }
        try await sink.flush()
        try file.finish()
        try await show(CID(.car, hash.multihash), Int(clamping: writer.offset), packed.count, roots, context.output)
    }

    private func block(_ path: String) async throws -> Block {
        let bytes = try await InputFile.block(path)
        // A name that is no identifier is an ordinary one.
        guard let cid = try? CID(URL(filePath: path).lastPathComponent) else { return Block(codec.codec, bytes) }
        let block = Block(cid, unverified: bytes)
        do throws(IPLDError) {
            try block.verify()
        } catch {
            throw CommandError(error, path: path)
        }
        return block
    }

    private func show(_ cid: CID, _ bytes: Int, _ blocks: Int, _ roots: [CID], _ output: Output) async throws {
        guard options.json else {
            let size = HumanText.count(bytes, "byte")
            return try await output.line("\(cid): \(HumanText.count(blocks, "block")) in \(size).")
        }
        var object = JSONObject()
        object.add("cid", "\(cid)")
        object.add("bytes", bytes)
        object.add("blocks", blocks)
        object.add("roots", roots.map(\.description))
        try await output.line(object)
    }
}
