import ArgumentParser

struct MigrateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Move the records of a service to another store while it goes on.",
        discussion: """
            A migration is named by a URL, with which the service opens its store and the operator steers: \
            migration:NAME?control=URL&source=URL&target=URL. The URLs inside are written as they are, but for & and %, \
            which are %26 and %25 there. The control store is a third one, which every process reaches, such as a \
            database of a Redis or PostgreSQL. Only the names of the others are kept there, never their URLs.

            Steps: plan it, open the service's store by the URL of the migration, start, cutover, finalize. Until \
            finalize, rollback takes the cutover back, with everything that was written since. Whatever is killed on the \
            way, run start or work again.

            Steps are made by a process that has both stores open: start and work, and a service whose URL says host=yes, \
            or one of whose stores is held by a single process, as SQLite is. All other commands need the control store \
            alone. Where nobody works, they do it themselves, if source and target are named and can be opened.

            Example: wherehouse migrate status 'migration:files?control=redis://127.0.0.1:6379/1'
            """,
        subcommands: [
            PlanMigrationCommand.self, StartMigrationCommand.self, WorkCommand.self, MigrationStatusCommand.self,
            WatchMigrationCommand.self, PauseCommand.self, ResumeCommand.self, ThrottleCommand.self,
            VerifyMigrationCommand.self, RepairCommand.self, CutoverCommand.self, RollbackCommand.self,
            FinalizeCommand.self, AbortCommand.self,
            MigrationHistoryCommand.self, ForeignCommand.self,
        ]
    )
}

extension ArgumentTexts {
    static let migration = ArgumentHelp(
        "The URL of the migration: migration:NAME?control=URL&source=URL&target=URL.",
        valueName: "migration"
    )
}
