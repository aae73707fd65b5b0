#if SQLite
/// One thing that a program did to the files of a directory. Files have numbers; names come and go.
enum DiskEvent: Sendable {
    /// A file that was there and safe before the record began.
    case found(file: Int, name: String, bytes: [UInt8])
    case create(file: Int, name: String)
    case delete(name: String, directory: Bool)
    case write(file: Int, offset: Int, bytes: [UInt8])
    case truncate(file: Int, size: Int)
    /// A flush that has returned. With `directory`, one of the directory came with it.
    case sync(file: Int, directory: Bool)
    /// A flush of the directory by itself. The store makes one when it opens, past SQLite, so that tests note it.
    case syncDirectory
    /// A flush that has failed.
    case failedSync(file: Int)
}
#endif
