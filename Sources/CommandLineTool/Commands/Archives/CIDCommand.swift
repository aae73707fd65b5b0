import ArgumentParser
import IPLD

struct CIDCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "cid",
        abstract: "Tell the content identifier of files, or what one says.",
        discussion: """
            The identifier of a file is the SHA-256 of its bytes in the format of --codec; the file itself is not \
            checked to be in that format. With --parse the arguments are identifiers: each is told in the base of \
            --base, with its version, codec, hash function and digest.

            JSON: cid, version, codec, hash, digest.

            Example: wherehouse cid --codec car upload.car
            Example: wherehouse cid --parse QmdmQXB2mzChmMeKY47C43LxUdg1NDJ5MWcKMKxDu7RgQm
            """
    )

    @Argument(help: ArgumentHelp("The files; - is standard input. With --parse identifiers.", valueName: "input"))
    var inputs: [String]
    @Option(help: ArgumentHelp("The format of the files.", valueName: "codec")) var codec = CodecArgument(.raw)
    @Option(help: ArgumentHelp("The base to write identifiers of version 1 in.", valueName: "base"))
    var base = BaseArgument.base32
    @Flag(help: "Read the arguments as identifiers.") var parse = false
    @OptionGroup var options: OutputOptions

    func run(in context: CommandContext) async throws {
        for input in inputs {
            let cid = try await cid(of: input)
            let text = cid.version == .v0 ? cid.description : base.base.encode(cid.bytes)
            let digest = Multibase.base16.encodeBody(cid.hash.digest)
            if options.json {
                var object = JSONObject()
                object.add("cid", text)
                object.add("version", Int(cid.version.rawValue))
                object.add("codec", "\(cid.codec)")
                object.add("hash", "\(cid.hash.code)")
                object.add("digest", digest)
                try await context.output.line(object)
            } else if parse {
                let parts = "version \(cid.version.rawValue), \(cid.codec), \(cid.hash.code) \(digest)"
                try await context.output.line("\(text): \(parts)")
            } else {
                try await context.output.line(inputs.count == 1 ? text : "\(text) \(input)")
            }
        }
    }

    private func cid(of input: String) async throws -> CID {
        guard parse else {
            let file = try InputFile(input)
            var hash = Multihash.SHA256Stream()
            while case let piece = try await file.read(1 << 20), !piece.isEmpty { hash.append(piece) }
            return CID(codec.codec, hash.multihash)
        }
        do throws(IPLDError) {
            return try CID(input)
        } catch {
            throw CommandError(.failed, error.message, ["identifier": input])
        }
    }
}
