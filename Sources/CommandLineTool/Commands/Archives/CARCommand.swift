import ArgumentParser

struct CARCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "car",
        abstract: "Look into content-addressable archives, and make them.",
        discussion: """
            An archive holds blocks, each under the hash of its bytes, and names some of them as its roots. Archives of \
            version 1 and 2 are read, from a file or from standard input (-), a block at a time.

            Example: wherehouse car verify upload.car
            """,
        subcommands: [
            ListArchiveCommand.self, VerifyArchiveCommand.self, PackArchiveCommand.self, UnpackArchiveCommand.self,
            IndexArchiveCommand.self,
        ]
    )

    static let archive = ArgumentHelp("The archive, or standard input: -.", valueName: "archive")
}
