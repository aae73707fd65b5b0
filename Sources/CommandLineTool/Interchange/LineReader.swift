import Glibc

/// Lines of a file or of standard input, read in pieces, with a limit on their length.
///
/// Waiting for input never lasts longer than a tenth of a second without a look whether the task was cancelled.
struct LineReader {
    /// Bytes of the longest line: room for any value that a store takes, however it is written.
    static let lineBytesMax = 64 << 20

    private static let pieceBytes = 256 << 10
    private let input: InputFile
    private let lineBytesMax: Int
    private var buffer: [UInt8] = []
    private var start = 0
    /// From where on no line break has been looked for yet.
    private var searched = 0
    private var isEnded = false
    /// The number of the line that was read last, from 1.
    private(set) var number = 0

    init(_ input: InputFile, lineBytesMax: Int = LineReader.lineBytesMax) {
        self.input = input
        self.lineBytesMax = lineBytesMax
    }

    /// The next line without its line break; nil at the end.
    mutating func next() async throws -> ArraySlice<UInt8>? {
        while true {
            let end = buffer[searched...].firstIndex(of: 0x0A)
            searched = end ?? buffer.count
            guard searched - start <= lineBytesMax else {
                throw CommandError(
                    .failed,
                    "A line of the input is too long.",
                    ["line": "\(number + 1)", "bytesMax": "\(lineBytesMax)"]
                )
            }
            if let end {
                defer {
                    start = end + 1
                    searched = start
                }
                number += 1
                return buffer[start..<end]
            }
            if isEnded {
                guard start < buffer.count else { return nil }
                defer { start = buffer.count }
                number += 1
                return buffer[start...]
            }
            buffer.removeFirst(start)
            searched -= start
            start = 0
            let piece = try await input.read(LineReader.pieceBytes)
            isEnded = piece.isEmpty
            buffer += piece
        }
    }
}

/// A file that is open for reading.
final class InputFile {
    private let descriptor: CInt
    private let path: String

    /// Opens a file; `-` is standard input.
    init(_ path: String) throws {
        self.path = path
        if path == "-" {
            descriptor = STDIN_FILENO
        } else {
            descriptor = open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else {
                throw CommandError(
                    .usage,
                    "The input file can't be opened: check its path.",
                    ["path": path, "errno": "\(errno)", "reason": String(cString: strerror(errno))]
                )
            }
        }
    }

    deinit { if descriptor != STDIN_FILENO { close(descriptor) } }

    /// At most `count` bytes, as soon as there are some; none at the end.
    func read(_ count: Int) async throws -> [UInt8] {
        while true {
            try Task.checkCancellation()
            var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&request, 1, 100) > 0 else { continue }
            var code: CInt = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
                let got = Glibc.read(descriptor, buffer.baseAddress, count)
                code = got < 0 ? errno : 0
                filled = max(0, got)
            }
            if code == 0 { return bytes }
            guard code == EINTR || code == EAGAIN else {
                throw CommandError(
                    .failed,
                    "The input can't be read.",
                    ["path": path, "errno": "\(code)", "reason": String(cString: strerror(code))]
                )
            }
        }
    }
}
