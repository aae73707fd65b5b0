import ArgumentParser
import Foundation
import Glibc
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
            the first block is the root. The archive is of version 1, or with --index of version 2, behind whose \
            blocks an index lies.

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
    @Option(help: ArgumentHelp("Add an index, and group its entries so.", valueName: "format"))
    var index: IndexFormatArgument?
    @Flag(help: "Replace a file that is there.") var force = false
    @OptionGroup var options: OutputOptions

    func run(in context: CommandContext) async throws {
        var roots = root.map(\.cid)
        if roots.isEmpty, let first = files.first { roots = [try await block(first).cid] }
        let file = try PartialFile(output, replacing: force)
        let sink = Output(descriptor: file.descriptor, path: output)
        var hash = Multihash.SHA256Stream()
        var buffer: [UInt8] = []
        // Where the blocks lie is known when they have been written: then it takes the place of this.
        if index != nil { try await sink.write(CARLayout(dataSize: 0, isIndexed: true).encoded) }
        var writer = CARWriter(roots: roots, to: &buffer)
        var packed: Set<CID> = []
        var places: [(cid: CID, offset: UInt64)] = []
        for path in files {
            let block = try await block(path)
            if packed.insert(block.cid).inserted {
                places.append((block.cid, writer.append(block, to: &buffer).offset))
            }
            hash.append(buffer)
            try await sink.write(buffer)
            buffer.removeAll(keepingCapacity: true)
        }
        if let index { try await sink.write(CARIndex(index.format, of: places).encoded) }
        try await sink.flush()
        var byteCount = Int(clamping: writer.offset)
        if index != nil {
            try complete(file, CARLayout(dataSize: writer.offset, isIndexed: true))
            (hash, byteCount) = try self.hash(of: file.descriptor)
        }
        try file.finish()
        try await show(CID(.car, hash.multihash), byteCount, packed.count, roots, context.output)
    }

    private func complete(_ file: PartialFile, _ layout: CARLayout) throws {
        let head = layout.encoded
        let written = head.withUnsafeBytes { pwrite(file.descriptor, $0.baseAddress, $0.count, 0) }
        guard written == head.count else { throw CommandError(output: output, errno: written < 0 ? errno : EIO) }
    }

    /// The hash of all that has been written to a file, and how much it is.
    private func hash(of descriptor: CInt) throws -> (Multihash.SHA256Stream, Int) {
        var hash = Multihash.SHA256Stream()
        var byteCount = 0
        while true {
            try Task.checkCancellation()
            var code: CInt = 0
            let piece = [UInt8](unsafeUninitializedCapacity: 1 << 20) { buffer, filled in
                let got = pread(descriptor, buffer.baseAddress, buffer.count, off_t(byteCount))
                code = got < 0 ? errno : 0
                filled = max(0, got)
            }
            guard code == 0 || code == EINTR else { throw CommandError(output: output, errno: code) }
            if code == 0, piece.isEmpty { return (hash, byteCount) }
            hash.append(piece)
            byteCount += piece.count
        }
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
