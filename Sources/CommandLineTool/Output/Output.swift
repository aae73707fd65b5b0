import Glibc

/// Standard output, or a file, through a buffer.
///
/// Nothing waits for its reader without looking whether the task was cancelled: a pipe is written in pieces of at most
/// `PIPE_BUF` bytes, which POSIX takes whole as soon as it reports room. A file never waits for a reader, and is written
/// in larger ones.
final class Output {
    /// The reader has gone; nobody is left to be told.
    struct Closed: Error {}

    private static let bufferBytes = 64 << 10
    private let descriptor: CInt
    private let path: String
    private let pieceBytes: Int
    private var buffer: [UInt8] = []

    /// An output that errors call by this path.
    init(descriptor: CInt = STDOUT_FILENO, path: String = "-") {
        self.descriptor = descriptor
        self.path = path
        var status = stat()
        let isFile = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        pieceBytes = isFile ? 1 << 20 : 4_096
    }

    func write(_ bytes: some Collection<UInt8>) async throws {
        buffer += bytes
        if buffer.count >= Output.bufferBytes { try await flush() }
    }

    /// Writes a text and a line break.
    func line(_ text: String) async throws { try await write(Array((text + "\n").utf8)) }

    /// Writes an object on a line of its own.
    func line(_ object: JSONObject) async throws { try await write(object.bytes + [0x0A]) }

    func flush() async throws {
        var done = 0
        while done < buffer.count {
            guard try await isReady() else { continue }
            let count = buffer[done...].prefix(pieceBytes).withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            let code = errno
            if count > 0 {
                done += count
            } else if code == EPIPE {
                throw Closed()
            } else if code != EINTR, code != EAGAIN {
                throw CommandError(output: path, errno: code)
            }
        }
        buffer.removeAll(keepingCapacity: true)
    }

    private func isReady() async throws -> Bool {
        try Task.checkCancellation()
        var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&request, 1, 100) > 0
    }
}
