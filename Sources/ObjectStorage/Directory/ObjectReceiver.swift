import Crypto
import Glibc

/// Takes the bytes of one object. It is there when ``finish()`` has returned, and not at all otherwise.
public actor ObjectReceiver {
    private let arriving: String
    private let path: String
    private let factsPath: String
    private let publicPath: String?
    private let contentLength: Int64
    private let facts: StoredFacts
    private var file: CInt
    private var received: Int64 = 0
    private var hash = Insecure.MD5()

    init(
        arriving: String,
        path: String,
        factsPath: String,
        publicPath: String?,
        contentLength: Int64,
        facts: StoredFacts
    ) async throws {
        self.arriving = arriving
        self.path = path
        self.factsPath = factsPath
        self.publicPath = publicPath
        self.contentLength = contentLength
        self.facts = facts
        file = try await OffPool.run {
            let file = open(arriving, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard file >= 0 else { throw ObjectDirectory.failure }
            return file
        }
    }

    /// Takes the next bytes. One call at a time.
    public func append(_ bytes: [UInt8]) async throws {
        guard file >= 0, Int64(bytes.count) <= contentLength - received else { throw ObjectReceiver.otherBytes }
        received += Int64(bytes.count)
        hash.update(data: bytes)
        let file = file
        try await OffPool.run { try ObjectDirectory.append(bytes, to: file) }
    }

    /// Puts the object in its place, on the disk, if all of its bytes have come and are those that were announced.
    public func finish() async throws {
        guard file >= 0, received == contentLength, Array(hash.finalize()) == facts.md5 else {
            await cancel()
            throw ObjectReceiver.otherBytes
        }
        let file = self.file
        self.file = -1
        try await OffPool.run { [arriving, path, factsPath, publicPath, facts] in
            defer { unlink(arriving) }
            guard fsync(file) == 0, close(file) == 0 else { throw ObjectDirectory.failure }
            try ObjectDirectory.write(facts.bytes, to: factsPath)
            if let publicPath { try ObjectDirectory.write([], to: publicPath) }
            try ObjectDirectory.make(directory: ObjectDirectory.directory(of: path))
            guard rename(arriving, path) == 0 else { throw ObjectDirectory.failure }
            try ObjectDirectory.settle(ObjectDirectory.directory(of: path))
        }
    }

    /// Drops what has come.
    public func cancel() async {
        guard file >= 0 else { return }
        close(file)
        file = -1
        unlink(arriving)
    }

    private static let otherBytes = ObjectRefusal(.otherBytes, "The bytes are not those that were announced.")
}
