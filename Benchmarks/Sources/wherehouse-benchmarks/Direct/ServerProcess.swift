import Foundation

/// A server on a free port of this machine, which ends with this process.
final class ServerProcess {
    let port: Int
    private let process = Process()
    private let input = Pipe()

    /// - Parameters:
    ///   - command: what starts it, in the words of the shell; $0 is its port, and $1, $2 … the arguments.
    ///   - arguments: what the command takes.
    init(_ command: String, _ arguments: String...) throws {
        port = try ServerProcess.freePort()
        // The shell ends when this process does, whose end of the pipe closes then.
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", command + " & cat; kill -9 $!", "\(port)"] + arguments
        process.currentDirectoryURL = FileManager.default.temporaryDirectory
        process.standardInput = input
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    /// Waits until it answers.
    func wait(until isReady: () throws -> Bool) throws {
        for _ in 0..<2_000 {
            if try isReady() { return }
            usleep(10_000)
        }
        throw CommandFailed(command: process.arguments ?? [], said: "is not ready")
    }

    func stop() {
        input.fileHandleForWriting.closeFile()
        process.waitUntilExit()
    }

    /// Calls `body` with the address of a port of this machine.
    static func withAddress<Result>(
        _ port: Int,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, size) }
        }
    }

    private static func freePort() throws -> Int {
        let handle = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(handle) }
        guard withAddress(0, { bind(handle, $0, $1) }) == 0 else { throw WrongAnswer(answer: "no port") }
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(handle, $0, &size) }
        }
        return Int(in_port_t(bigEndian: address.sin_port))
    }
}
