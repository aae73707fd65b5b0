import Glibc

/// A file that gets its name when it is whole. Until then it lies beside it under another, which ends in `.partial`.
///
/// A process that is killed leaves that behind. The next that writes the same file takes it over and begins it anew;
/// while one writes, others are refused by a lock on it, which ends with its process.
final class PartialFile {
    let descriptor: CInt
    private let path: String
    private let partialPath: String
    private var isFinished = false

    /// Makes the file beside where it is to be, for this user alone.
    init(_ path: String, replacing: Bool) throws {
        self.path = path
        partialPath = path + ".partial"
        descriptor = try PartialFile.locked(partialPath, for: path)
        // Looked at under the lock, so that of two that write the same file the second sees what the first has made.
        try PartialFile.check(path, replacing: replacing)
        guard ftruncate(descriptor, 0) == 0, fchmod(descriptor, 0o600) == 0 else {
            throw CommandError(output: path, errno: errno)
        }
    }

    deinit {
        // As long as the lock is held, the name is this file's.
        if !isFinished { unlink(partialPath) }
        close(descriptor)
    }

    /// Gives the file its name, when all of it is on the disk.
    func finish() throws {
        guard fsync(descriptor) == 0, rename(partialPath, path) == 0 else {
            throw CommandError(output: path, errno: errno)
        }
        isFinished = true
        let slash = path.lastIndex(of: "/")
        let directory = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let opened = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { if opened >= 0 { close(opened) } }
        guard opened >= 0, fsync(opened) == 0 else { throw CommandError(output: path, errno: errno) }
    }

    /// Opens the file of this name, or makes it, and locks it.
    private static func locked(_ partialPath: String, for path: String) throws -> CInt {
        while true {
            let descriptor = open(partialPath, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw CommandError(output: path, errno: errno, kind: .usage) }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                let code = errno
                close(descriptor)
                guard code == EWOULDBLOCK else { throw CommandError(output: path, errno: code) }
                throw CommandError(
                    .failed,
                    "Another process is writing this file: wait for its end, or name another.",
                    ["path": path]
                )
            }
            // Between the two calls its holder may have given it its name, or removed it.
            var (locked, named) = (stat(), stat())
            if fstat(descriptor, &locked) == 0, lstat(partialPath, &named) == 0, locked.st_dev == named.st_dev,
                locked.st_ino == named.st_ino
            {
                guard locked.st_mode & S_IFMT == S_IFREG else {
                    close(descriptor)
                    throw PartialFile.noOrdinaryFile(partialPath)
                }
                return descriptor
            }
            close(descriptor)
        }
    }

    private static func check(_ path: String, replacing: Bool) throws {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard [S_IFREG, S_IFLNK].contains(status.st_mode & S_IFMT) else { throw noOrdinaryFile(path) }
        guard replacing else {
            throw CommandError(
                .usage,
                "There is such a file already: name another, or add --force to replace it.",
                ["path": path]
            )
        }
    }

    /// A device or a pipe must not be replaced by a file.
    private static func noOrdinaryFile(_ path: String) -> CommandError {
        CommandError(
            .usage,
            "The output is no ordinary file: name one, or leave --output out and direct standard output there.",
            ["path": path]
        )
    }
}

extension CommandError {
    /// Why an output can't be written, and what helps.
    init(output path: String, errno code: CInt, kind: Kind = .failed) {
        let message =
            switch code {
            case ENOSPC, EDQUOT: "There is no room for the output: make some, or write it elsewhere."
            case EFBIG: "The output is larger than files may be here: raise the limit, or write it elsewhere."
            case EACCES, EPERM, EROFS: "The output may not be written here: change the permissions, or name another."
            default: "The output can't be written: name another."
            }
        self.init(kind, message, ["path": path, "errno": "\(code)", "reason": String(cString: strerror(code))])
    }
}
