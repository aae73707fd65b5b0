#if SQLite
import CSQLite
import Glibc

/// A failure of the disk: what SQLite is told, and the system's error below it.
struct Fault: Sendable {
    let code: Int32
    let systemError: Int32

    /// Returned to SQLite, with `errno` set as after the failed call of the system.
    func raise() -> Int32 {
        errno = systemError
        return code
    }

    // SQLite's extended codes are macros that Swift does not import.
    /// No room: what the system's VFS returns when a write meets `ENOSPC`.
    static let full = Fault(code: SQLITE_FULL, systemError: ENOSPC)
    /// The user's quota is used up: SQLite takes this for a failed write (`SQLITE_IOERR_WRITE`).
    static let quota = Fault(code: SQLITE_IOERR | (3 << 8), systemError: EDQUOT)
    /// No room for the log's index (`SQLITE_IOERR_SHMSIZE`).
    static let fullIndex = Fault(code: SQLITE_IOERR | (19 << 8), systemError: ENOSPC)
    /// A failed read (`SQLITE_IOERR_READ`).
    static let output = Fault(code: SQLITE_IOERR | (1 << 8), systemError: EIO)
    /// A failed write (`SQLITE_IOERR_WRITE`).
    static let input = Fault(code: SQLITE_IOERR | (3 << 8), systemError: EIO)
    /// A failed flush (`SQLITE_IOERR_FSYNC`).
    static let flush = Fault(code: SQLITE_IOERR | (4 << 8), systemError: EIO)
    /// A failed `ftruncate` (`SQLITE_IOERR_TRUNCATE`).
    static let truncation = Fault(code: SQLITE_IOERR | (6 << 8), systemError: EIO)
    /// The file system was mounted read-only after an error of the disk's: writes fail with `EROFS`.
    static let readOnly = Fault(code: SQLITE_IOERR | (3 << 8), systemError: EROFS)
}

/// When a disk fails.
struct FaultRule: Sendable {
    enum Operation: Sendable {
        case read
        case write
        case truncate
        case sync
        /// Growing the log's index.
        case map
    }

    enum Effect: Sendable {
        case fail(Fault)
        /// Half of it is done: a read ends early, as behind a file that was cut; a write fails half-way.
        case short
    }

    var operation: Operation
    /// Which file's; nil for each.
    var role: FileRole?
    /// How many of these operations go well first.
    var after = 0
    /// How many fail then; nil for all.
    var times: Int? = 1
    var effect: Effect

    /// Whether this operation fails. Counts it.
    mutating func strikes(_ operation: Operation, _ role: FileRole) -> Bool {
        guard operation == self.operation, self.role == nil || self.role == role, times != 0 else { return false }
        guard after == 0 else {
            after -= 1
            return false
        }
        times = times.map { $0 - 1 }
        return true
    }
}
#endif
