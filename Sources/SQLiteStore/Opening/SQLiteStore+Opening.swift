#if SQLite
import CSQLite
public import KeyValue

extension SQLiteStore {
    /// Opens the database at `path`, or makes one there when there is none and the configuration lets it.
    ///
    /// It is held until ``close()``, or until the process ends, by a lock on the file `path` + `-lock`, which stays. A
    /// program that was killed leaves no lock behind, and what it had been told to be written is there.
    /// - Parameters:
    ///   - path: a file in a directory that exists, on a disk of this machine. Symbolic links are followed.
    ///   - configuration: how durable it is, what it may take of memory, and what is accepted.
    ///   - environment: where time and randomness come from.
    /// - Throws: `StoreError.Code.locked` with the holder's `pid`, `program`, `host` and `since`;
    ///   `StoreError.Code.movedAway`, unless the configuration accepts that; `StoreError.Code.newerFormat`;
    ///   `StoreError.Code.invalidArgument` for a path that can't be, and for files of other programs, which are not
    ///   changed; `StoreError.Code.corrupted`; what the system refuses.
    public static func open(
        path: String,
        configuration: SQLiteConfiguration = SQLiteConfiguration(),
        environment: StoreEnvironment = .live
    ) async throws(StoreError) -> SQLiteStore {
        try await withUnsafeContinuation { (opened: UnsafeContinuation<Result<SQLiteStore, StoreError>, Never>) in
            do throws(StoreError) {
                // Opening waits for the disk, too.
                try OwnThread.start(named: "sqlite-writer") {
                    serve(path, configuration, environment) { opened.resume(returning: $0) }
                }
            } catch {
                opened.resume(returning: .failure(error))
            }
        }.get()
    }

    /// The writer's thread, from the lock to its release.
    private static func serve(
        _ path: String,
        _ configuration: SQLiteConfiguration,
        _ environment: StoreEnvironment,
        _ report: (sending Result<SQLiteStore, StoreError>) -> Void
    ) {
        let completion = Completion()
        do throws(StoreError) {
            let path = try DatabasePath.resolve(path, creates: configuration.createsDatabase)
            let lock = try FileLock(of: path)
            try serve(path, configuration, environment, completion, report)
            lock.release()
        } catch {
            report(.failure(error))
        }
        completion.finish()
    }

    private static func serve(
        _ path: String,
        _ configuration: SQLiteConfiguration,
        _ environment: StoreEnvironment,
        _ completion: Completion,
        _ report: (sending Result<SQLiteStore, StoreError>) -> Void
    ) throws(StoreError) {
        let connection = try prepare(path, configuration)
        let fence = try connection.fence()
        if case .movedAway(let name) = fence.admission, !configuration.acceptsMovedAway {
            throw .movedAway(to: name)
        }
        let identity = environment.makeIdentity()
        let queue = WriteQueue()
        let shared = WriterState(fence: fence)
        let writer = Writer(
            connection: connection,
            queue: queue,
            path: path,
            configuration: configuration,
            identity: identity,
            shared: shared,
            nanoseconds: environment.nanoseconds
        )
        writer.watchLog()
        report(
            .success(
                SQLiteStore(
                    path: path,
                    configuration: configuration,
                    environment: environment,
                    identity: identity,
                    queue: queue,
                    shared: shared,
                    completion: completion
                )
            )
        )
        writer.run()
        writer.finish()
    }

    /// The writer's connection to a database of this format, made if need be, with its settings in force.
    private static func prepare(
        _ path: String,
        _ configuration: SQLiteConfiguration
    ) throws(StoreError) -> Connection {
        let connection: Connection
        do throws(EngineError) {
            connection = try Connection(path: path, role: .writer, configuration: configuration)
        } catch {
            throw error.openingError
        }
        let isEmpty = try Schema.inspect(connection)
        try connection.opening { (connection) throws(EngineError) in
            if isEmpty { try connection.execute("PRAGMA page_size = 4096") }
            try connection.execute("PRAGMA journal_mode = WAL")
            try connection.execute("PRAGMA journal_size_limit = \(Writer.truncatedLogBytes)")
            try connection.execute("PRAGMA synchronous = \(configuration.synchronous.rawValue.uppercased())")
            if isEmpty { try Schema.create(in: connection) }
        }
        try verify(connection, configuration)
        // What a program that was killed left in the log is written and flushed again, there and to the database, so
        // that nothing rests on flushes that may have failed unseen.
        try connection.opening { (connection) throws(EngineError) in
            try connection.rewriteLog()
            let code = sqlite3_wal_checkpoint_v2(connection.handle, nil, SQLITE_CHECKPOINT_TRUNCATE, nil, nil)
            guard code == SQLITE_OK else {
                let error = connection.failure(code)
                // Where a program reads, or the disk is full, it stays in the log, which is safe now.
                if error.leavesLogIntact { return }
                throw error
            }
            // What is missing of the last page SQLite would read as zeros, and miss records without a word.
            let bytes = try connection.number("page_count") * connection.number("page_size")
            guard DatabasePath.size(of: path) >= bytes else {
                throw EngineError(damage: "the file is shorter than it says")
            }
        }
        try DatabasePath.flushDirectory(of: path)
        return connection
    }

    /// Settings that are asked for are not always those in force.
    static func verify(_ connection: Connection, _ configuration: SQLiteConfiguration) throws(StoreError) {
        let (journal, synchronous) = try connection.opening { (connection) throws(EngineError) in
            (try connection.execute("PRAGMA journal_mode").first ?? "", try connection.number("synchronous"))
        }
        guard journal == "wal", synchronous == configuration.synchronous.number else {
            throw StoreError(
                .unsupported,
                "The database does not take the settings that keep writes safe: put it on a local disk.",
                ["journal_mode": journal, "synchronous": "\(synchronous)"]
            )
        }
    }
}

extension SQLiteConfiguration.Synchronous {
    /// As SQLite numbers it.
    var number: Int {
        switch self {
        case .full: 2
        case .normal: 1
        }
    }

    var durability: Durability {
        switch self {
        case .full: .powerLoss
        case .normal: .processLoss
        }
    }
}
#endif
