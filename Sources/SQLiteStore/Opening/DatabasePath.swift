#if SQLite
import Glibc
import KeyValue

/// Where the database file lies, free of symbolic links and of different spellings, so that there is one lock a file.
enum DatabasePath {
    /// The absolute path of a file that is there, or can be made in a directory that is there if `creates` lets it.
    static func resolve(_ path: String, creates: Bool = true) throws(StoreError) -> String {
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw .invalidArgument("The path of a database has at least one byte, and none that is zero.")
        }
        if let resolved = realPath(path) {
            var facts = stat()
            guard stat(resolved, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
                throw .invalidArgument("The path is not that of a file: choose another.", ["path": path])
            }
            return resolved
        }
        guard errno == ENOENT else { throw failure(errno, path) }
        guard creates else {
            throw .invalidArgument("There is no database at this path: check it, or write to it first.", ["path": path])
        }
        var facts = stat()
        guard lstat(path, &facts) != 0 else {
            throw .invalidArgument("The path is a symbolic link to nothing: remove it.", ["path": path])
        }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard let name = parts.last, !name.isEmpty, name != ".", name != ".." else {
            throw .invalidArgument("The path does not end in the name of a file.", ["path": path])
        }
        let directory = parts.count == 1 ? "." : parts.dropLast().joined(separator: "/") + "/"
        guard let resolved = realPath(directory) else {
            guard errno == ENOENT else { throw failure(errno, path) }
            throw .invalidArgument("The directory of the database is not there: create it.", ["path": path])
        }
        return (resolved == "/" ? "" : resolved) + "/" + name
    }

    /// How many names the file has. The lock protects one.
    static func names(of path: String) -> Int {
        var facts = stat()
        return stat(path, &facts) == 0 ? Int(facts.st_nlink) : 0
    }

    /// Bytes of a file; 0 when it is not there.
    static func size(of path: String) -> Int {
        var facts = stat()
        return stat(path, &facts) == 0 ? Int(facts.st_size) : 0
    }

    /// Has the system keep the names in the directory of a file.
    ///
    /// SQLite does that for a log that it creates, when it flushes it for the first time. Where the program ends before
    /// that, the next one finds the log and flushes it without its name.
    static func flushDirectory(of path: String) throws(StoreError) {
        let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        // One that this user may not list can't be flushed either; SQLite does without, too.
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        // Some file systems know no such flush.
        guard fsync(descriptor) == 0 || [EINVAL, EROFS, ENOTSUP].contains(errno) else {
            throw failure(errno, directory)
        }
    }

    private static func realPath(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// The error of the system's that stood in the way of opening.
    static func failure(_ code: Int32, _ path: String) -> StoreError {
        let metadata = ["path": path, "system": String(cString: strerror(code))]
        return switch code {
        case EACCES, EPERM:
            StoreError(.permissionDenied, "The system does not let this user at the database.", metadata)
        case EROFS: StoreError(.readOnly, "The file system takes no writes: mount it for writing.", metadata)
        case ENOSPC, EDQUOT: StoreError(.full, "There is no room on the disk, or for this user: make room.", metadata)
        case ENOTDIR, ELOOP, ENAMETOOLONG:
            StoreError(.invalidArgument, "The path can't be that of a database: choose another.", metadata)
        default: StoreError(.unavailable, "The database can't be opened: check the file and its directory.", metadata)
        }
    }
}
#endif
