#if SQLite
import Glibc
import KeyValue

/// The lock that lets one process at a time hold a database: `flock` on a file beside it.
///
/// The kernel releases it with the process, however that ends. The file stays, and says who held the lock last; only
/// the lock itself counts. It must not be put on the database file: closing that would drop SQLite's own locks.
struct FileLock: ~Copyable {
    private let descriptor: Int32

    /// Takes the lock of the database at `path`; throws ``StoreError/Code/locked`` with what its holder wrote.
    init(of path: String) throws(StoreError) {
        let lockPath = path + "-lock"
        let descriptor = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw DatabasePath.failure(errno, lockPath) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            defer { close(descriptor) }
            guard code == EWOULDBLOCK else { throw DatabasePath.failure(code, lockPath) }
            var metadata = FileLock.holder(in: descriptor)
            metadata["path"] = path
            throw StoreError(
                .locked,
                "Another program holds the database: work through it, or end it.",
                metadata
            )
        }
        guard FileLock.write(FileLock.description, to: descriptor) else {
            let code = errno
            FileLock.release(descriptor)
            throw DatabasePath.failure(code, lockPath)
        }
        self.descriptor = descriptor
    }

    deinit { FileLock.release(descriptor) }

    // To close is not enough: a program that is being started has a copy of the descriptor, with the lock, for the moment
    // before it becomes itself.
    private static func release(_ descriptor: Int32) {
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    /// Lets the next one have it.
    consuming func release() {}

    /// Who holds the lock, for whoever is refused. The time is that of the system's clock, and only to be read.
    private static var description: String {
        """
        pid: \(getpid())
        program: \(program)
        host: \(host)
        since: \(now)

        """
    }

    /// Who holds the lock when it is this process.
    static var holder: String { "pid \(getpid()), \(program), on \(host)" }

    private static var program: String {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        return count > 0 ? line(buffer.prefix(count)) : "unknown"
    }

    private static var host: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "unknown" }
        return line(buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)))
    }

    private static var now: String {
        var seconds = time(nil)
        var parts = tm()
        guard gmtime_r(&seconds, &parts) != nil else { return "unknown" }
        var buffer = [CChar](repeating: 0, count: 32)
        let count = strftime(&buffer, buffer.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
        return line(buffer.prefix(count).map(UInt8.init(bitPattern:)))
    }

    // A path may hold any byte, a line break too.
    private static func line(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: bytes.map { $0 < 0x20 ? UInt8(ascii: "?") : $0 }, as: UTF8.self)
    }

    private static func write(_ text: String, to descriptor: Int32) -> Bool {
        let bytes = Array(text.utf8)
        return ftruncate(descriptor, 0) == 0 && pwrite(descriptor, bytes, bytes.count, 0) == bytes.count
    }

    private static func holder(in descriptor: Int32) -> [String: String] {
        var buffer = [UInt8](repeating: 0, count: 8_192)
        let count = pread(descriptor, &buffer, buffer.count, 0)
        var fields: [String: String] = [:]
        for line in String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self).split(separator: "\n") {
            guard let colon = line.firstRange(of: ": ") else { continue }
            let name = String(line[..<colon.lowerBound])
            if ["pid", "program", "host", "since"].contains(name) { fields[name] = String(line[colon.upperBound...]) }
        }
        return fields
    }
}
#endif
