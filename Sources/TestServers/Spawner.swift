import Foundation
import Synchronization
import TestSupport

/// Starts programs that end when this process does, however it ends.
///
/// The kernel kills a child whose parent's thread is gone (`setpriv --pdeathsig`), and the threads of tasks come and go,
/// so all children are started by one thread that never ends.
final class Spawner: Sendable {
    static let shared = Spawner()

    private struct Order {
        let start: @Sendable () -> Void
    }

    private let orders = Mutex<[Order]>([])
    private let isOrdered = DispatchSemaphore(value: 0)

    private init() {
        let thread = Thread { [self] in
            while true {
                isOrdered.wait()
                let order = orders.withLock { $0.isEmpty ? nil : $0.removeFirst() }
                order?.start()
            }
        }
        thread.name = "spawner"
        thread.start()
    }

    /// Starts a program; its output and errors go to a file.
    ///
    /// - Parameter account: the command that runs another as some account. It goes first, since the kernel forgets whose
    ///   end a process follows when its account changes.
    func start(_ command: [String], as account: [String], in directory: String, log: String) throws -> Process {
        let started = Mutex<Result<Process, any Error>?>(nil)
        let isDone = DispatchSemaphore(value: 0)
        let order = Order {
            started.withLock { $0 = Result { try Spawner.run(command, as: account, in: directory, log: log) } }
            isDone.signal()
        }
        orders.withLock { $0.append(order) }
        isOrdered.signal()
        isDone.wait()
        guard let result = started.withLock({ $0.take() }) else { throw ServerError("The spawner gave no answer.") }
        return try result.get()
    }

    private static func run(
        _ command: [String],
        as account: [String],
        in directory: String,
        log: String
    ) throws -> Process {
        // Opened to append: a server that is started again writes behind what it wrote before.
        let handle = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard handle >= 0 else { throw ServerError("The log can't be opened: \(log)") }
        let output = FileHandle(fileDescriptor: handle, closeOnDealloc: true)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = account + ["setpriv", "--pdeathsig", "KILL", "--"] + command
        process.currentDirectoryURL = URL(filePath: directory)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        try Launch.alone { try process.run() }
        try output.close()
        return process
    }
}

/// A server could not be started or did something that no test asked for.
public struct ServerError: Error, CustomStringConvertible {
    /// What happened, with the server's own words where there are any.
    public let description: String

    init(_ description: String) { self.description = description }
}
