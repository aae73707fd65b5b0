import Glibc

extension ObjectDirectory {
    /// The size of a file; nil where there is none.
    static func size(of path: String) -> Int64? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int64(status.st_size)
    }

    /// When a file was written to last, in seconds since 1970; nil where there is none.
    static func changed(_ path: String) -> Int64? {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int64(status.st_mtim.tv_sec)
    }

    /// Makes a directory and those above it.
    static func make(directory path: String) throws(ObjectRefusal) {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        let parent = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        guard errno == ENOENT, !parent.isEmpty else {
            throw ObjectRefusal(.failed, "The directory can't be made: look at its rights and at the disk.")
        }
        try make(directory: parent)
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw ObjectRefusal(.failed, "The directory can't be made: look at its rights and at the disk.")
        }
    }

    static func directory(of path: String) -> String {
        path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    }

    /// Writes a small file whole: it has these bytes or is not changed.
    static func write(_ bytes: [UInt8], to path: String) throws(ObjectRefusal) {
        try make(directory: directory(of: path))
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure }
        defer { close(file) }
        try append(bytes, to: file)
        guard fsync(file) == 0 else { throw failure }
        try settle(directory(of: path))
    }

    static func append(_ bytes: [UInt8], to file: CInt) throws(ObjectRefusal) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(file, $0.baseAddress.map { $0 + written }, bytes.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure }
            written += count
        }
    }

    /// Brings a directory's entries to the disk.
    static func settle(_ path: String) throws(ObjectRefusal) {
        let directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw failure }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw failure }
    }

    /// A small file whole; nil where there is none.
    static func read(_ path: String) throws(ObjectRefusal) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        return try read(file, at: 0, count: 4_096)
    }

    static func read(_ file: CInt, at offset: Int64, count: Int) throws(ObjectRefusal) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var found = 0
        while found < count {
            let read = bytes.withUnsafeMutableBytes { buffer in
                pread(file, buffer.baseAddress.map { $0 + found }, count - found, off_t(offset) + found)
            }
            if read < 0, errno == EINTR { continue }
            guard read >= 0 else { throw failure }
            if read == 0 { break }
            found += read
        }
        bytes.removeLast(count - found)
        return bytes
    }

    static let failure = ObjectRefusal(.failed, "The system refused: look at the directory's rights and at the disk.")
}
