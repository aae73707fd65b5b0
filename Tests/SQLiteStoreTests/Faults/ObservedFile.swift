#if SQLite
import CSQLite
import Glibc

/// What SQLite keeps in a file, as it says when it opens it.
enum FileRole: Sendable {
    case database
    case log
    case journal
    /// Temporary files, which nothing rests on after a power loss.
    case temporary

    init(flags: Int32) {
        if flags & SQLITE_OPEN_MAIN_DB != 0 {
            self = .database
        } else if flags & SQLITE_OPEN_WAL != 0 {
            self = .log
        } else if flags & (SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL) != 0 {
            self = .journal
        } else {
            self = .temporary
        }
    }
}

/// A file that a connection opened by way of an ``ObservedFileSystem``.
///
/// SQLite allocates one block of memory a file: the header below, then what the system's own VFS asks for. A file is
/// used by one thread at a time, as its connection is.
final class ObservedFile {
    /// The beginning of the block.
    struct Header {
        var methods = sqlite3_file()
        var object: UnsafeMutableRawPointer?
    }

    /// Where the real file begins in the block: behind the header, for any alignment.
    static let realOffset = (MemoryLayout<Header>.size + 15) / 16 * 16

    let system: ObservedFileSystem
    let number: Int
    let role: FileRole
    /// The first flush of a journal or log that was created flushes its directory, too, as the system's VFS does it.
    var flushesDirectory: Bool
    private let real: UnsafeMutablePointer<sqlite3_file>

    init(
        system: ObservedFileSystem,
        number: Int,
        role: FileRole,
        isNew: Bool,
        real: UnsafeMutablePointer<sqlite3_file>
    ) {
        self.system = system
        self.number = number
        self.role = role
        flushesDirectory = isNew && (role == .log || role == .journal)
        self.real = real
    }

    /// The real file within the block at `file`.
    static func real(in file: UnsafeMutablePointer<sqlite3_file>) -> UnsafeMutablePointer<sqlite3_file> {
        (UnsafeMutableRawPointer(file) + realOffset).assumingMemoryBound(to: sqlite3_file.self)
    }

    private var methods: sqlite3_io_methods? { real.pointee.pMethods?.pointee }

    var size: Int64 {
        var size: Int64 = 0
        return methods?.xFileSize(real, &size) == SQLITE_OK ? size : 0
    }

    func close() -> Int32 { methods?.xClose(real) ?? SQLITE_OK }

    func read(_ buffer: UnsafeMutableRawPointer?, _ count: Int32, _ offset: Int64) -> Int32 {
        switch system.fault(.read, role) {
        case .fail(let fault)?: return fault.raise()
        case .short?:
            guard let buffer else { return SQLITE_MISUSE }
            // As the system's VFS does it at the end of a file: what is missing reads as zeros.
            memset(buffer, 0, Int(count))
            return SQLITE_IOERR | (2 << 8)
        case nil: return methods?.xRead(real, buffer, count, offset) ?? SQLITE_MISUSE
        }
    }

    func write(_ bytes: UnsafeRawPointer?, _ count: Int32, _ offset: Int64) -> Int32 {
        guard let bytes else { return SQLITE_MISUSE }
        var written = count
        var failure: Fault?
        switch system.fault(.write, role) {
        case .fail(let fault)?:
            written = 0
            failure = fault
        case .short?:
            written = count / 2
            failure = .input
        case nil:
            let room = system.room(upTo: offset + Int64(count), in: size)
            if room < Int64(count) + offset {
                written = Int32(max(0, room - offset))
                failure = .full
            }
        }
        if written > 0 {
            let code = methods?.xWrite(real, bytes, written, offset) ?? SQLITE_MISUSE
            guard code == SQLITE_OK else { return code }
            let content = [UInt8](UnsafeRawBufferPointer(start: bytes, count: Int(written)))
            log(.write(file: number, offset: Int(offset), bytes: content))
        }
        return failure.map { $0.raise() } ?? SQLITE_OK
    }

    func truncate(_ size: Int64) -> Int32 {
        if case .fail(let fault)? = system.fault(.truncate, role) { return fault.raise() }
        let before = self.size
        let code = methods?.xTruncate(real, size) ?? SQLITE_MISUSE
        guard code == SQLITE_OK else { return code }
        system.giveBack(before - size)
        log(.truncate(file: number, size: Int(size)))
        return code
    }

    /// Flushes on the record alone: nothing here has to survive the machine that runs the tests.
    func sync() -> Int32 {
        if case .fail(let fault)? = system.fault(.sync, role) {
            log(.failedSync(file: number))
            return fault.raise()
        }
        log(.sync(file: number, directory: flushesDirectory))
        flushesDirectory = false
        return SQLITE_OK
    }

    private func log(_ event: DiskEvent) {
        if role != .temporary { system.log(event) }
    }

    // MARK: - What SQLite calls

    /// The table of functions. Set up once, never changed, never freed: SQLite reads it from every thread.
    nonisolated(unsafe) static let methodTable: UnsafePointer<sqlite3_io_methods> = {
        let table = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
        var methods = sqlite3_io_methods()
        // Version 2: with shared memory for the log's index, without memory-mapped files, whose writes go unseen.
        methods.iVersion = 2
        methods.xClose = { file in
            guard let file else { return SQLITE_MISUSE }
            let header = ObservedFile.header(file)
            guard let object = header.pointee.object else { return SQLITE_OK }
            let owned = Unmanaged<ObservedFile>.fromOpaque(object).takeRetainedValue()
            header.pointee.object = nil
            return owned.close()
        }
        methods.xRead = { ObservedFile.of($0)?.read($1, $2, $3) ?? SQLITE_MISUSE }
        methods.xWrite = { ObservedFile.of($0)?.write($1, $2, $3) ?? SQLITE_MISUSE }
        methods.xTruncate = { ObservedFile.of($0)?.truncate($1) ?? SQLITE_MISUSE }
        methods.xSync = { file, _ in ObservedFile.of(file)?.sync() ?? SQLITE_MISUSE }
        methods.xFileSize = { file, size in ObservedFile.pass(file) { $0.xFileSize($1, size) } }
        methods.xLock = { file, level in ObservedFile.pass(file) { $0.xLock($1, level) } }
        methods.xUnlock = { file, level in ObservedFile.pass(file) { $0.xUnlock($1, level) } }
        methods.xCheckReservedLock = { file, isHeld in ObservedFile.pass(file) { $0.xCheckReservedLock($1, isHeld) } }
        methods.xFileControl = { file, operation, argument in
            ObservedFile.pass(file) { $0.xFileControl($1, operation, argument) }
        }
        methods.xSectorSize = { file in ObservedFile.pass(file) { $0.xSectorSize($1) } }
        // The promises of ext4 and its like: nothing is atomic, appends and order are not safe.
        methods.xDeviceCharacteristics = { _ in SQLITE_IOCAP_POWERSAFE_OVERWRITE }
        methods.xShmMap = { file, page, size, extends, address in
            if extends != 0, case .fail(let fault)? = ObservedFile.of(file)?.system.fault(.map, .database) {
                return fault.raise()
            }
            return ObservedFile.pass(file) { $0.xShmMap($1, page, size, extends, address) }
        }
        methods.xShmLock = { file, offset, count, flags in
            ObservedFile.pass(file) { $0.xShmLock($1, offset, count, flags) }
        }
        methods.xShmBarrier = { file in
            _ = ObservedFile.pass(file) { methods, real in
                methods.xShmBarrier(real)
                return SQLITE_OK
            }
        }
        methods.xShmUnmap = { file, deletes in ObservedFile.pass(file) { $0.xShmUnmap($1, deletes) } }
        table.initialize(to: methods)
        return UnsafePointer(table)
    }()

    static func header(_ file: UnsafeMutablePointer<sqlite3_file>) -> UnsafeMutablePointer<Header> {
        UnsafeMutableRawPointer(file).assumingMemoryBound(to: Header.self)
    }

    private static func of(_ file: UnsafeMutablePointer<sqlite3_file>?) -> ObservedFile? {
        guard let file, let object = header(file).pointee.object else { return nil }
        return Unmanaged<ObservedFile>.fromOpaque(object).takeUnretainedValue()
    }

    /// Calls a function of the real file's.
    private static func pass(
        _ file: UnsafeMutablePointer<sqlite3_file>?,
        _ body: (sqlite3_io_methods, UnsafeMutablePointer<sqlite3_file>) -> Int32
    ) -> Int32 {
        guard let object = of(file), let methods = object.methods else { return SQLITE_MISUSE }
        return body(methods, object.real)
    }
}
#endif
