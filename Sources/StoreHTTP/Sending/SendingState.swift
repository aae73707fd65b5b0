#if HTTPStores
import AsyncHTTPClient
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// How far a request has come.
final class SendingState: Sendable {
    private let hasBody: Bool
    private let hasBegun = Atomic<Bool>(false)

    init(hasBody: Bool) { self.hasBody = hasBody }

    /// From now on the server may get the request whole, if it has a body.
    func begin() { hasBegun.store(true, ordering: .sequentiallyConsistent) }

    func failure(of error: any Error) -> HTTPFailure {
        let (kind, isBeforeSending, detail) = SendingState.kind(of: error)
        let maybeSent = !isBeforeSending && (!hasBody || hasBegun.load(ordering: .sequentiallyConsistent))
        return HTTPFailure(kind, maybeSent: maybeSent, detail: detail)
    }

    /// Details are given only where they can't hold anything of the request.
    private static func kind(of error: any Error) -> (HTTPFailure.Kind, isBeforeSending: Bool, detail: String) {
        switch error {
        case is CancellationError: return (.cancelled, false, "")
        case is NIOTooManyBytesError: return (.tooLarge, false, "")
        // A body that is not as long as its head said.
        case HTTPParserError.invalidEOFState: return (.disconnected, false, "the reply is not whole")
        case is HTTPParserError: return (.illegalReply, false, "\(error)")
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError: return (.notEncrypted, false, "\(error)")
        case let error as NIOConnectionError: return (.notConnected, true, "\(error)")
        case ChannelError.connectTimeout: return (.notConnected, true, "")
        case let error as IOError where error.errnoCode == ECONNREFUSED: return (.notConnected, true, "\(error)")
        case is ChannelError, is IOError: return (.disconnected, false, "\(error)")
        default: break
        }
        switch error as? HTTPClientError {
        case .cancelled: return (.cancelled, false, "")
        case .alreadyShutdown: return (.closed, true, "")
        case .connectTimeout, .getConnectionFromPoolTimeout: return (.notConnected, true, "")
        case .tlsHandshakeTimeout: return (.notEncrypted, true, "")
        case .deadlineExceeded, .readTimeout, .writeTimeout: return (.timedOut, false, "")
        case .remoteConnectionClosed, .uncleanShutdown, .requestStreamCancelled: return (.disconnected, false, "")
        case .none: return (.disconnected, false, "\(type(of: error))")
        // The others are about a request that was never sent; their descriptions may show what it holds.
        case .some: return (.illegalRequest, true, "")
        }
    }
}
#endif
