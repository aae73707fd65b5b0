import Glibc

/// A file that gets its name when it is whole: until then, and after a failure, nothing has that name.
final class PartialFile {
    let descriptor: CInt
    private let path: String
    private let partialPath: String
    private var isFinished = false

    /// Makes the file beside where it is to be, for this user alone.
    init(_ path: String, replacing: Bool) throws {
        self.path = path
        guard replacing || access(path, F_OK) != 0 else {
            throw CommandError(
                .usage,
                "There is such a file already: name another, or add --force to replace it.",
                ["path": path]
            )
        }
        var template = Array("\(path).partial-XXXXXX".utf8CString)
        descriptor = mkstemp(&template)
        let code = errno
        partialPath = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard descriptor >= 0 else { throw PartialFile.failure(path, code, .usage) }
    }

    deinit {
        close(descriptor)
        if !isFinished { unlink(partialPath) }
    }

    /// Gives the file its name, when all of it is on the disk.
    func finish() throws {
        guard fsync(descriptor) == 0, rename(partialPath, path) == 0 else {
            throw PartialFile.failure(path, errno, .failed)
        }
        isFinished = true
        let slash = path.lastIndex(of: "/")
        let directory = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let opened = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { if opened >= 0 { close(opened) } }
        guard opened >= 0, fsync(opened) == 0 else { throw PartialFile.failure(path, errno, .failed) }
    }

    private static func failure(_ path: String, _ code: CInt, _ kind: CommandError.Kind) -> CommandError {
        CommandError(
            kind,
            "The output file can't be written.",
            ["path": path, "errno": "\(code)", "reason": String(cString: strerror(code))]
        )
    }
}
