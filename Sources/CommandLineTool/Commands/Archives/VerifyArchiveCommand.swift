import ArgumentParser
import IPLD

struct VerifyArchiveCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check every block of an archive against its hash.",
        discussion: """
            Fails at the first block whose bytes are not what its identifier names, and where the archive is cut off or \
            malformed. A root that the archive does not hold is told, and is no failure. Tells the archive's own \
            identifier: the hash of all its bytes. The index of an archive of version 2 has to lead to every block, and \
            nowhere else.

            JSON: cid, bytes, blocks, roots, missingRoots, indexed (how many places the index has; null without one).

            Example: wherehouse car verify upload.car
            """
    )

    @Argument(help: CARCommand.archive) var archive: String
    @Flag(help: "Let pass what can't be checked here: blocks of other hash functions, and an index in another format.")
    var lenient = false
    @OptionGroup var options: OutputOptions

    func run(in context: CommandContext) async throws {
        var input = try ArchiveInput(archive, verification: lenient ? .known : .all, keepsIndex: true)
        var blocks = 0
        var missing: Set<CID>?
        var places: [(cid: CID, offset: UInt64)] = []
        while let section = try await input.next() {
            blocks += 1
            if missing == nil { missing = Set(input.reader.roots ?? []) }
            missing?.remove(section.block.cid)
            if input.reader.layout?.indexOffset != nil { places.append((section.block.cid, section.offset)) }
        }
        let index = try input.verifiedIndex(of: places, orUnknown: lenient)
        let roots = input.reader.roots ?? []
        let absent = (missing ?? Set(roots)).filter { $0.hash.code != .identity }.sorted()
        let cid = CID(.car, input.hash.multihash)
        guard options.json else {
            let count = HumanText.count(blocks, "block")
            try await context.output.line("\(cid): \(count) in \(HumanText.count(input.byteCount, "byte")), all sound.")
            if let index {
                try await context.output.line("The index leads to \(HumanText.count(index.count, "place")).")
            }
            for root in absent { try await context.output.line("The root \(root) is not in the archive.") }
            return
        }
        var object = JSONObject()
        object.add("cid", "\(cid)")
        object.add("bytes", input.byteCount)
        object.add("blocks", blocks)
        object.add("roots", roots.map(\.description))
        object.add("missingRoots", absent.map(\.description))
        if let index { object.add("indexed", index.count) } else { object.addNull("indexed") }
        try await context.output.line(object)
    }
}
