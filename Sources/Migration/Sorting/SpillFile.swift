import Glibc
import KeyValue

/// A temporary file without a name: it is unlinked as soon as it is open, so that its room is free again when the last
/// reference to it goes, however that comes about.
final class SpillFile: Sendable {
    private let descriptor: CInt
    private let directory: String

    /// Creates a file in `directory`, for this user alone.
    convenience init(in directory: String) throws(StoreError) {
        var path = Array("\(directory)/wherehouse-sort-XXXXXX".utf8CString)
        let descriptor = mkstemp(&path)
        let code = errno
        guard descriptor >= 0 else { throw SpillFile.failure(code, directory) }
        self.init(descriptor: descriptor, directory: directory)
        guard unlink(path) == 0, fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 else {
            throw SpillFile.failure(errno, directory)
        }
    }

    /// Takes over an open file.
    init(descriptor: CInt, directory: String) {
        self.descriptor = descriptor
        self.directory = directory
    }

    deinit { close(descriptor) }

    func write(_ bytes: [UInt8], at offset: Int) throws(StoreError) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                let rest = UnsafeRawBufferPointer(rebasing: buffer[done...])
                return pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
            }
            let code = errno
            if count > 0 { done += count } else if code != EINTR { throw SpillFile.failure(code, directory) }
        }
    }

    /// Reads `count` bytes, or throws `StoreError.Code.corrupted` when the file ends before them.
    func read(_ count: Int, at offset: Int) throws(StoreError) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let wanted = count - bytes.count
            var code: CInt = 0
            let part = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, filled in
                let got = pread(descriptor, buffer.baseAddress, wanted, off_t(offset + bytes.count))
                code = got < 0 ? errno : 0
                filled = max(0, got)
            }
            if code == EINTR { continue }
            guard code == 0 else { throw SpillFile.failure(code, directory) }
            guard !part.isEmpty else { throw SpillFile.damage }
            if bytes.isEmpty { bytes = part } else { bytes += part }
        }
        return bytes
    }

    static let damage = StoreError(
        .corrupted,
        "A temporary file of the sort is not as it was written: check the disk, and start again."
    )

    private static func failure(_ code: CInt, _ directory: String) -> StoreError {
        let metadata = ["directory": directory, "errno": "\(code)"]
        return switch code {
        case ENOSPC, EDQUOT, EFBIG:
            StoreError(.full, "No room for the sort's temporary files: free some, or choose another place.", metadata)
        case EACCES, EPERM, EROFS:
            StoreError(.permissionDenied, "The sort may not write its temporary files: choose another place.", metadata)
        case ENOENT, ENOTDIR:
            .invalidArgument("There is no such directory for the sort's temporary files: choose another.", metadata)
        default:
            StoreError(.unavailable, "The sort's temporary files can't be written or read.", metadata)
        }
    }
}
