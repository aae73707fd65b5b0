import Foundation
import Synchronization

/// One server program: a child of this process that ends with it.
final class ServerProcess: Sendable {
    private let command: [String]
    private let account: [String]
    private let directory: String
    private let process = Mutex<Process?>(nil)

    /// Where it writes what it has to say.
    var log: String { directory + "/server.log" }

    init(_ command: [String], as account: [String] = [], in directory: String) {
        self.command = command
        self.account = account
        self.directory = directory
    }

    deinit { signal(SIGKILL) }

    /// 0 when it does not run.
    var pid: Int32 { process.withLock { $0?.isRunning == true ? $0?.processIdentifier ?? 0 : 0 } }

    /// Starts it, and waits until `isReady` for half a minute.
    func start(until isReady: () -> Bool) throws {
        let started = try Spawner.shared.start(command, as: account, in: directory, log: log)
        process.withLock { $0 = started }
        for _ in 0..<3_000 {
            if isReady() { return }
            guard started.isRunning else { break }
            usleep(10_000)
        }
        started.terminate()
        let said = try String(contentsOfFile: log, encoding: .utf8)
        throw ServerError("\(command[0]) is not ready: \(said.suffix(2_000))")
    }

    /// Sends it a signal; nothing when it does not run.
    func signal(_ number: Int32) {
        let pid = pid
        if pid > 0 { Foundation.kill(pid, number) }
    }

    /// Stops it until it is sent SIGCONT, and returns when it has stopped.
    func pause() {
        let pid = pid
        if pid > 0 { ServerProcess.pause(pid) }
    }

    /// Stops a process, and returns when none of its threads runs any more, or when it is gone.
    static func pause(_ pid: Int32) {
        Foundation.kill(pid, SIGSTOP)
        // A process that is gone has no directory here.
        while let threads = try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task"),
            !threads.allSatisfy({ ["T", "t", "Z", "X", nil].contains(state("\(pid)/task/\($0)")) })
        { usleep(1_000) }
    }

    /// The letter that the system has for what a process or thread does; nil when it is gone.
    static func state(_ thread: String) -> Character? {
        // A process that is gone has no file here.
        guard let stat = try? String(contentsOfFile: "/proc/\(thread)/stat", encoding: .utf8) else { return nil }
        return stat.split(separator: ")").last?.first { $0 != " " }
    }

    /// Sends it a signal, and waits until it is gone.
    func end(_ number: Int32) {
        // Taken out first: to wait with the lock held would hold up everybody who asks for the pid.
        guard let ending = process.withLock({ $0.take() }), ending.isRunning else { return }
        Foundation.kill(ending.processIdentifier, number)
        ending.waitUntilExit()
    }
}
