#if SQLite
import CSQLite
import Glibc
import Synchronization

/// A virtual file system of SQLite's that does what the system's own does, keeps a record of what changes the disk,
/// and fails when it is told to.
///
/// Each watches one directory, and has a name of its own, for `SQLiteConfiguration.vfs`. The names stay registered as long as the process, so
/// that no connection can outlive one.
final class ObservedFileSystem: Sendable {
    private struct State {
        var events: [DiskEvent] = []
        var numbers: [String: Int] = [:]
        var files = 0
        var rules: [FaultRule] = []
        var struck = 0
        /// By how many bytes files may still grow; nil for as much as they like.
        var room: Int64?
        var clock: Int64?
    }

    let name: String
    private let state = Mutex(State())
    private static let count = Atomic<Int>(0)

    init() {
        let number = ObservedFileSystem.count.wrappingAdd(1, ordering: .relaxed).newValue
        name = "observed-\(number)"
        register()
    }

    // MARK: - The record

    /// How many events there are. What is told to the test now rests on these.
    var position: Int { state.withLock { $0.events.count } }

    var events: [DiskEvent] { state.withLock { $0.events } }

    func log(_ event: DiskEvent) { state.withLock { $0.events.append(event) } }

    /// Enters a file that was there and safe before the first event.
    func enter(_ name: String, _ bytes: [UInt8]) {
        state.withLock { state in
            state.events.append(.found(file: state.files, name: name, bytes: bytes))
            state.numbers[name] = state.files
            state.files += 1
        }
    }

    // MARK: - Faults

    /// Makes the disk fail from now on; forgets earlier rules.
    func fail(_ rules: FaultRule...) {
        state.withLock { state in
            state.rules = rules
            state.struck = 0
        }
    }

    /// How many operations have failed since the rules were set.
    var struck: Int { state.withLock { $0.struck } }

    /// Lets files grow by so many bytes together; nil for as much as they like. Overwriting needs no room.
    func setRoom(_ bytes: Int64?) { state.withLock { $0.room = bytes } }

    /// Sets the clock that SQLite reads, in milliseconds of Julian time; nil for the system's.
    func setClock(_ milliseconds: Int64?) { state.withLock { $0.clock = milliseconds } }

    func fault(_ operation: FaultRule.Operation, _ role: FileRole) -> FaultRule.Effect? {
        state.withLock { state in
            for index in state.rules.indices where state.rules[index].strikes(operation, role) {
                state.struck += 1
                return state.rules[index].effect
            }
            return nil
        }
    }

    /// Up to where a file of this size may be written, given that it is asked for up to `end`; takes the room.
    func room(upTo end: Int64, in size: Int64) -> Int64 {
        state.withLock { state in
            guard let room = state.room, end > size else { return end }
            let granted = min(end, size + room)
            state.room = room - (granted - size)
            if granted < end { state.struck += 1 }
            return granted
        }
    }

    func giveBack(_ bytes: Int64) { state.withLock { $0.room? += max(0, bytes) } }

    // MARK: - What SQLite calls

    private func register() {
        guard let system = sqlite3_vfs_find("unix") else { preconditionFailure("SQLite has no VFS named unix.") }
        let registered = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
        var vfs = system.pointee
        vfs.zName = UnsafePointer(strdup(name))
        vfs.pNext = nil
        vfs.szOsFile = Int32(ObservedFile.realOffset) + system.pointee.szOsFile
        vfs.pAppData = Unmanaged.passRetained(self).toOpaque()
        vfs.xOpen = { ObservedFileSystem.of($0)?.open($1, $2, $3, $4) ?? SQLITE_MISUSE }
        vfs.xDelete = { ObservedFileSystem.of($0)?.delete($1, $2) ?? SQLITE_MISUSE }
        vfs.xCurrentTimeInt64 = { vfs, time in
            guard let clock = ObservedFileSystem.of(vfs)?.state.withLock({ $0.clock }) else {
                guard let system = ObservedFileSystem.system else { return SQLITE_ERROR }
                return system.pointee.xCurrentTimeInt64(system, time)
            }
            time?.pointee = clock
            return SQLITE_OK
        }
        registered.initialize(to: vfs)
        sqlite3_vfs_register(registered, 0)
    }

    private static var system: UnsafeMutablePointer<sqlite3_vfs>? { sqlite3_vfs_find("unix") }

    private static func of(_ vfs: UnsafeMutablePointer<sqlite3_vfs>?) -> ObservedFileSystem? {
        guard let object = vfs?.pointee.pAppData else { return nil }
        return Unmanaged<ObservedFileSystem>.fromOpaque(object).takeUnretainedValue()
    }

    private func open(
        _ path: UnsafePointer<CChar>?,
        _ file: UnsafeMutablePointer<sqlite3_file>?,
        _ flags: Int32,
        _ granted: UnsafeMutablePointer<Int32>?
    ) -> Int32 {
        guard let file, let system = ObservedFileSystem.system else { return SQLITE_MISUSE }
        let header = ObservedFile.header(file)
        header.initialize(to: ObservedFile.Header())
        let role = FileRole(flags: flags)
        let isNew = path.map { access($0, F_OK) != 0 } ?? true
        let real = ObservedFile.real(in: file)
        let code = system.pointee.xOpen(system, path, real, flags, granted)
        guard code == SQLITE_OK else {
            // Without functions in the header SQLite does not call its close, so that is done here.
            if let methods = real.pointee.pMethods { _ = methods.pointee.xClose(real) }
            return code
        }
        let number = path.map { self.number(of: String(cString: $0), role, isNew: isNew) } ?? -1
        let object = ObservedFile(system: self, number: number, role: role, isNew: isNew, real: real)
        header.pointee.object = Unmanaged.passRetained(object).toOpaque()
        header.pointee.methods.pMethods = ObservedFile.methodTable
        return code
    }

    /// One number a file, not a name: a file that is created under the name of a deleted one is another.
    private func number(of path: String, _ role: FileRole, isNew: Bool) -> Int {
        let name = lastComponent(path)
        return state.withLock { state in
            if !isNew, let number = state.numbers[name] { return number }
            let number = state.files
            state.files += 1
            state.numbers[name] = number
            if role != .temporary { state.events.append(.create(file: number, name: name)) }
            return number
        }
    }

    private func delete(_ path: UnsafePointer<CChar>?, _ flushesDirectory: Int32) -> Int32 {
        guard let path, let system = ObservedFileSystem.system else { return SQLITE_MISUSE }
        let code = system.pointee.xDelete(system, path, 0)
        guard code == SQLITE_OK else { return code }
        let name = lastComponent(String(cString: path))
        state.withLock { state in
            guard state.numbers.removeValue(forKey: name) != nil else { return }
            state.events.append(.delete(name: name, directory: flushesDirectory != 0))
        }
        return code
    }

    private func lastComponent(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }
}
#endif
