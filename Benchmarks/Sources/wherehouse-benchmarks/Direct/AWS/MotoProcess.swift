import Foundation

/// A moto of this run's own, which imitates DynamoDB and S3 in memory. Scripts/install puts it into .build/peers.
///
/// It answers with one thread of Python, so that what is measured through it is mostly its own time: compare processor
/// times, which are those of the client alone.
final class MotoProcess {
    let authority: String
    private let process = Process()
    private let input = Pipe()

    init() throws {
        let port = try DirectRedis.freePort()
        authority = "127.0.0.1:\(port)"
        // It ends with this process, whose end of the pipe closes then.
        let script = "\"$0\" -H 127.0.0.1 -p \(port) & cat; kill -9 $!"
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", script, try PythonPeer.program("moto_server").path()]
        process.standardInput = input
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        for _ in 0..<1_000 {
            if (try? Command.run(["curl", "-s", "-o", "/dev/null", "http://\(authority)/"])) != nil { return }
            usleep(20_000)
        }
        throw CommandFailed(command: ["moto_server"], said: "is not ready")
    }

    func stop() {
        input.fileHandleForWriting.closeFile()
        process.waitUntilExit()
    }
}
