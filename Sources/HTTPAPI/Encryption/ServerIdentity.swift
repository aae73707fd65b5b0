#if HTTP
import FoundationEssentials
import Glibc
public import KeyValue
import Logging
import NIOSSL
import Synchronization

/// What a server shows that it is itself by: a chain of certificates and the key of the first, each from a file in the
/// PEM format.
///
/// Certificates are renewed, so a server looks at the files every few seconds, and takes them up where they have changed;
/// connections that are there keep what they have. Connections are of TLS 1.2 at least.
public final class ServerIdentity: Sendable {
    /// How often a server looks whether the files have changed.
    static let interval = Duration.seconds(5)
    /// The most bytes of either file.
    private static let bytesMax: Int64 = 1 << 20

    private struct State {
        var context: NIOSSLContext
        var stamps: [Stamp]
    }

    private let certificateFile: String
    private let keyFile: String
    private let state: Mutex<State>

    /// An identity from its files.
    ///
    /// Throws `StoreError.Code.invalidArgument` for a file that can't be read or holds something else, and for a key that
    /// is not that of the certificate. A key has no passphrase.
    public init(certificateFile: String, keyFile: String) throws(StoreError) {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        let stamps = [certificateFile, keyFile].map { Stamp($0) }
        state = Mutex(State(context: try ServerIdentity.read(certificateFile, keyFile), stamps: stamps))
    }

    /// What new connections are made with.
    var context: NIOSSLContext { state.withLock { $0.context } }

    /// Takes up the files where they have changed since they were looked at; where they are no identity, what was known
    /// before stays.
    ///
    /// - Returns: Whether they had changed.
    @discardableResult
    func renew() throws(StoreError) -> Bool {
        // Before they are read: what changes meanwhile is seen the next time.
        let stamps = [certificateFile, keyFile].map { Stamp($0) }
        let isNew = state.withLock { state in
            defer { state.stamps = stamps }
            return state.stamps != stamps
        }
        guard isNew else { return false }
        let context = try ServerIdentity.read(certificateFile, keyFile)
        state.withLock { $0.context = context }
        return true
    }

    /// Takes up changes from time to time, until the task is cancelled.
    func keepUp(_ environment: StoreEnvironment, _ logger: Logger) async {
        while !Task.isCancelled {
            do { try await environment.sleep(ServerIdentity.interval) } catch { return }
            do throws(StoreError) {
                if try renew() { logger.notice("The certificate was read again.") }
            } catch {
                logger.error("A changed certificate can't be taken up.", metadata: ["error": "\(error)"])
            }
        }
    }

    private static func read(_ certificateFile: String, _ keyFile: String) throws(StoreError) -> NIOSSLContext {
        let certificateBytes = try bytes(of: certificateFile)
        let keyBytes = try bytes(of: keyFile)
        let chain: [NIOSSLCertificate]
        do {
            chain = try NIOSSLCertificate.fromPEMBytes(certificateBytes)
        } catch {
            throw .invalidArgument("The file holds no certificates in the PEM format.", ["path": certificateFile])
        }
        let key: NIOSSLPrivateKey
        do {
            key = try NIOSSLPrivateKey(bytes: keyBytes, format: .pem)
        } catch {
            throw .invalidArgument(
                "The file holds no private key in the PEM format, or one with a passphrase.",
                ["path": keyFile]
            )
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(key)
        )
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw .invalidArgument(
                "The key is not that of the certificate, which comes first in its file.",
                ["certificate": certificateFile, "key": keyFile]
            )
        }
    }

    private static func bytes(of path: String) throws(StoreError) -> [UInt8] {
        guard Stamp(path).bytesCount <= bytesMax, let data = FileManager.default.contents(atPath: path) else {
            throw .invalidArgument("The file can't be read, or is longer than a certificate is.", ["path": path])
        }
        return Array(data)
    }
}

/// What tells a file that was changed from what it was.
private struct Stamp: Hashable {
    let bytesCount: Int64
    private let file: UInt64
    private let seconds: Int
    private let nanoseconds: Int

    /// The stamp of a file, which may not be there.
    init(_ path: String) {
        var status = stat()
        let isThere = stat(path, &status) == 0
        bytesCount = isThere ? Int64(status.st_size) : 0
        file = isThere ? UInt64(status.st_ino) : 0
        seconds = isThere ? status.st_mtim.tv_sec : 0
        nanoseconds = isThere ? status.st_mtim.tv_nsec : 0
    }
}
#endif
