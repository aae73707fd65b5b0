import Foundation

/// A moto of this run's own, which imitates DynamoDB and S3 in memory. Scripts/install puts it into .build/peers.
///
/// It answers with one thread of Python, so that what is measured through it is mostly its own time: compare processor
/// times, which are those of the client alone.
final class MotoProcess {
    let authority: String
    private let server: ServerProcess

    init() throws {
        server = try ServerProcess(
            "\"$1\" \"$2\" $0",
            try PythonPeer.program("python3").path(),
            PythonPeer.path(of: "moto_server.py")
        )
        authority = "127.0.0.1:\(server.port)"
        try server.wait { (try? Command.run(["curl", "-s", "-o", "/dev/null", "http://\(authority)/"])) != nil }
    }

    func stop() { server.stop() }
}
