import ArgumentParser

struct RootCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wherehouse",
        abstract: "Keeps the metadata of storage services in any database, and moves it between them.",
        discussion: """
            A store is named by a URL, such as sqlite:metadata.db. \(BytesArgument.discussion) A store that is split is \
            split:?rest=URL&uploads=URL&answers=URL: what serve keeps of each kind lies in a store of its own, and all else \
            in rest. Inside it & and % are written %26 and %25.

            Exit status: 0 done, 1 failed, 2 wrong usage, 130 stopped by ^C. An error is one line on standard error.

            With --json every command writes one JSON object a line, on standard output alone. The names of the fields \
            stay as each command's help tells them; more may be added.

            Completions for a shell: wherehouse --generate-completion-script bash (or zsh, or fish).

            Example: wherehouse copy sqlite:one.db sqlite:two.db && wherehouse verify sqlite:one.db sqlite:two.db
            """,
        subcommands: [
            GetCommand.self, PutCommand.self, DeleteCommand.self, ScanCommand.self, CountCommand.self,
            PartitionsCommand.self, StatCommand.self, CopyCommand.self, VerifyCommand.self, DigestCommand.self,
            DumpCommand.self, RestoreCommand.self, MigrateCommand.self, ExerciseCommand.self, BenchCommand.self,
            CARCommand.self,
            CIDCommand.self, UCANCommand.self,
            RecordsCommand.self, QueryCommand.self, IndexCommand.self, ImportCommand.self,
            FilesCommand.self,
        ] + serving
    )

    private static var serving: [any ParsableCommand.Type] {
        #if HTTP
        [ServeCommand.self, AccessTokenCommand.self]
        #else
        []
        #endif
    }
}

/// Help for arguments that several commands have.
enum ArgumentTexts {
    static let store = ArgumentHelp("The URL of the store, such as sqlite:metadata.db.", valueName: "store")
    static let partition = ArgumentHelp("The partition that the record lies in.", valueName: "partition")
    static let key = ArgumentHelp("The record's key within its partition.", valueName: "key")
}
