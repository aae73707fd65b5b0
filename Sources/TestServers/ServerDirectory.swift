import Foundation
import TestSupport

/// The directory of one server, which is removed with the last reference to it and with this process, even when that
/// is killed.
///
/// A small shell sees to that. It reads from a pipe that nobody writes to, so its input ends when this process has let
/// go of the other end, one way or another.
final class ServerDirectory: Sendable {
    let path: String
    private let lifeline: FileHandle

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/wherehouse-server-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        // A server's children that are still ending may write to what is being removed, hence more than one try. The
        // shell has a session of its own, so that what ends a whole terminal's programs does not end it.
        let script = """
            cat >&2
            for attempt in 1 2 3 4 5 6 7 8 9 10; do
                rm -rf "$1"
                [ -e "$1" ] || exit 0
                sleep 0.3
            done
            """
        lifeline = try Launch.alone { [path] in
            let pipe = Pipe()
            let keeper = Process()
            keeper.executableURL = URL(filePath: "/usr/bin/env")
            keeper.arguments = ["setsid", "sh", "-c", script, "sh", path]
            keeper.standardInput = pipe
            keeper.standardOutput = FileHandle.nullDevice
            keeper.standardError = FileHandle.nullDevice
            try keeper.run()
            return pipe.fileHandleForWriting
        }
    }

    deinit {
        // If it can't be closed here, it is when the handle goes.
        try? lifeline.close()
    }
}
