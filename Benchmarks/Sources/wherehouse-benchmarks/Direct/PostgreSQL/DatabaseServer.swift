import Foundation
import Synchronization

/// A PostgreSQL of this run's own: durable, on a socket in a temporary directory, gone with the run.
final class DatabaseServer {
    let directory: URL
    private let process = Process()
    private static let asServer =
        getuid() == 0 ? ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups", "--"] : []

    init() throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "wherehouse-benchmarks-\(getpid())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        if getuid() == 0 { try Command.run(["chown", "postgres", directory.path()]) }
        let programs = try Command.run(["pg_config", "--bindir"]).trimmingCharacters(in: .whitespacesAndNewlines)
        let data = directory.appending(path: "data").path()
        try Command.run(
            DatabaseServer.asServer + [programs + "/initdb", "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8"]
                + ["--locale=C.UTF-8"]
        )
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments =
            DatabaseServer.asServer + ["setpriv", "--pdeathsig", "KILL", "--", programs + "/postgres", "-D", data]
            + ["-k", directory.path(), "-c", "listen_addresses=", "-c", "shared_buffers=1GB", "-c", "max_wal_size=8GB"]
            + ["-c", "autovacuum=off"]
        process.currentDirectoryURL = directory
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        // The kernel ends it with the thread that started it, so that must be one that stays.
        let process = process
        let outcome = Mutex<(any Error)?>(nil)
        let isStarted = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            do {
                try process.run()
            } catch {
                outcome.withLock { $0 = error }
            }
            isStarted.signal()
            process.waitUntilExit()
        }
        isStarted.wait()
        if let error = outcome.withLock({ $0 }) { throw error }
        for _ in 0..<600 {
            if (try? Command.run(["pg_isready", "--quiet", "-h", directory.path()])) != nil { return }
            usleep(50_000)
        }
        throw CommandFailed(command: ["postgres"], said: "is not ready")
    }

    func stop() throws {
        kill(process.processIdentifier, SIGINT)
        process.waitUntilExit()
        try FileManager.default.removeItem(at: directory)
    }

    /// As URLs of libpq have it.
    func url(of database: String) -> String {
        let host = directory.path().addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        return "postgresql:///\(database)?host=\(host)&user=postgres"
    }

    @discardableResult
    func psql(_ sql: String, _ database: String) throws -> String {
        try Command.run(["psql", "-Xqtc", sql, url(of: database)])
    }
}

/// Programs to be run to their end.
enum Command {
    /// What it prints.
    @discardableResult
    static func run(_ command: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CommandFailed(command: command, said: said) }
        return said
    }

    /// Whether there is a program of this name.
    static func exists(_ name: String) -> Bool { (try? run(["which", name])) != nil }
}

/// A program that everything else needs failed.
struct CommandFailed: Error {
    var command: [String]
    var said: String
}
