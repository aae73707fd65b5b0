import FoundationEssentials
import Glibc
import KeyValue

/// Objects in a directory of this machine, which whoever serves ``ObjectDirectory`` takes from clients and gives to
/// them.
///
/// A location is a URL of that server with a signature, which binds the method, the name, the time, and for sending the
/// size, the media type, the encoding and the MD5. Below the directory, `objects` has the bytes, `facts` what is said of
/// them, `public` an empty file for each object that everybody may fetch, and `arriving` what is on its way. An object is
/// there only with all of its bytes, on the disk.
public struct ObjectDirectory: ObjectProvider {
    /// The name of the place.
    public let bucket: String
    let root: String
    let location: @Sendable () -> String
    let signer: LocationSigner
    let seconds: @Sendable () -> Int64
    let random: @Sendable () -> UInt64

    /// Objects below a directory, which is made where it is not there.
    ///
    /// - Parameters:
    ///   - path: The directory.
    ///   - bucket: The name of the place, which records keep.
    ///   - location: The URL that the names of objects are put behind, such as `http://127.0.0.1:8080/objects`;
    ///     asked for anew for each of them.
    ///   - secret: What locations are signed with: 32 random bytes, the same in every process that serves them.
    ///   - random: 64 random bits at a time.
    ///   - seconds: The time of day, in seconds since 1970.
    /// - Throws: ``ObjectRefusal/Code/failed`` where the directory can't be made.
    public init(
        _ path: String,
        bucket: String,
        location: @autoclosure @escaping @Sendable () -> String,
        secret: [UInt8],
        random: @escaping @Sendable () -> UInt64,
        seconds: @escaping @Sendable () -> Int64
    ) throws(ObjectRefusal) {
        self.bucket = bucket
        root = path
        self.location = location
        signer = LocationSigner(secret: secret)
        self.random = random
        self.seconds = seconds
        for folder in Folder.allCases { try ObjectDirectory.make(directory: "\(path)/\(folder.rawValue)") }
    }

    enum Folder: String, CaseIterable {
        case objects, facts, `public`, arriving
    }

    func path(_ folder: Folder, _ name: ObjectName) -> String { "\(root)/\(folder.rawValue)/\(name.text)" }

    public func uploadLocation(of object: NewObject, for lifetime: Duration) async throws -> UploadLocation {
        let name = try ObjectDirectory.name(object.name)
        var terms = [
            "length": "\(object.contentLength)", "type": object.contentType, "md5": Hexadecimal.text(of: object.md5),
        ]
        var headers = ["content-type": object.contentType, "content-length": "\(object.contentLength)"]
        terms["encoding"] = object.contentEncoding
        headers["content-encoding"] = object.contentEncoding
        if object.isPublic { terms["public"] = "1" }
        return UploadLocation(location: sign("PUT", name, terms, for: lifetime), headers: headers)
    }

    public func downloadLocation(
        of name: String,
        for audience: DownloadAudience,
        savedAs fileName: String?
    ) async throws -> String {
        let name = try ObjectDirectory.name(name)
        guard case .holder(let lifetime) = audience else { return "\(location())/\(name.text)" }
        return sign("GET", name, fileName.map { ["as": $0] } ?? [:], for: lifetime)
    }

    private func sign(_ method: String, _ name: ObjectName, _ terms: [String: String], for lifetime: Duration) -> String
    {
        let expires = seconds() + max(1, Int64(lifetime / .seconds(1)))
        let grant = LocationSigner.Grant(method: method, name: name.text, expires: expires, terms: terms)
        var query = terms.sorted { $0.key < $1.key }.map { "\($0.key)=\(ObjectDirectory.encoded($0.value))" }
        query += ["expires=\(expires)", "signature=\(signer.signature(of: grant))"]
        return "\(location())/\(name.text)?\(query.joined(separator: "&"))"
    }

    public func facts(of name: String) async throws -> ObjectFacts? {
        let path = path(.objects, try ObjectDirectory.name(name))
        return try await OffPool.run { ObjectDirectory.size(of: path) }.map { ObjectFacts(contentLength: $0) }
    }

    public func remove(_ name: String) async throws {
        let name = try ObjectDirectory.name(name)
        // The bytes last: until then the object is there, and removing it again ends what was begun.
        let paths = [Folder.public, .facts, .objects].map { path($0, name) }
        try await OffPool.run {
            for path in paths where unlink(path) != 0 && errno != ENOENT {
                throw ObjectRefusal(.failed, "The object can't be removed: look at the directory's rights.")
            }
        }
    }

    public func setPublic(_ isPublic: Bool, of name: String) async throws {
        let path = path(.public, try ObjectDirectory.name(name))
        try await OffPool.run {
            if isPublic {
                try ObjectDirectory.write([], to: path)
            } else if unlink(path) != 0, errno != ENOENT {
                throw ObjectRefusal(.failed, "The object can't be made private: look at the directory's rights.")
            }
        }
    }

    /// How long bytes on their way may rest until the program that took them counts as killed.
    private static let restMax: Int64 = 86_400

    /// Removes the bytes of objects to which nothing has come for a day: those of programs that were killed.
    public func removeLeftovers() async throws {
        let folder = "\(root)/\(Folder.arriving.rawValue)"
        let before = seconds() - ObjectDirectory.restMax
        try await OffPool.run {
            for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
                let path = "\(folder)/\(name)"
                guard let changed = ObjectDirectory.changed(path), changed < before else { continue }
                // Another program may have been faster.
                guard unlink(path) == 0 || errno == ENOENT else { throw ObjectDirectory.failure }
            }
        }
    }

    static func name(_ text: String) throws(ObjectRefusal) -> ObjectName {
        guard let name = ObjectName(text) else {
            throw ObjectRefusal(.invalidName, "This is not the name of an object.")
        }
        return name
    }

    /// Everything but letters, digits and `-._~` as RFC 3986 encodes it.
    private static func encoded(_ text: String) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if ObjectName("\(UnicodeScalar(byte))") != nil || byte == UInt8(ascii: "~") || byte == UInt8(ascii: ".") {
                bytes.append(byte)
            } else {
                bytes += Array("%\(byte < 16 ? "0" : "")\(String(byte, radix: 16, uppercase: true))".utf8)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Work that waits for a disk, away from the threads that run Swift's tasks.
enum OffPool {
    static func run<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            do {
                try OwnThread.start(named: "objects") {
                    continuation.resume(with: Swift.Result(catching: work))
                }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }
}
