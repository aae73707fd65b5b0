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

    /// Sends it a signal, and waits until it is gone.
    func end(_ number: Int32) {
        // Taken out first: to wait with the lock held would hold up everybody who asks for the pid.
        guard let ending = process.withLock({ $0.take() }), ending.isRunning else { return }
        Foundation.kill(ending.processIdentifier, number)
        ending.waitUntilExit()
    }
}
