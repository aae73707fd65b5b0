#if HTTPStores
import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Synchronization

/// Puts a reply together where it arrives, on the event loop, so that a task is woken once for all of it and not for every
/// piece.
final class ReplyCollector: HTTPClientResponseDelegate {
    private let bodyMayCome: Bool
    private let bytesMax: Int
    private let reply = Mutex(StoreReply(status: 0))

    init(of request: StoreRequest) {
        bodyMayCome = request.method != "HEAD"
        bytesMax = request.replyBytesMax
    }

    func didReceiveHead(task: HTTPClient.Task<StoreReply>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
        var announced = 0
        // What such a reply announces does not follow.
        if bodyMayCome, head.status != .notModified, let length = head.headers.first(name: "content-length") {
            announced = Int(length) ?? 0
        }
        guard announced <= bytesMax else { return tooLarge(task) }
        reply.withLock {
            $0.status = Int(head.status.code)
            $0.headers = head.headers.map { (name: $0.name, value: $0.value) }
            $0.body.reserveCapacity(announced)
        }
        return task.eventLoop.makeSucceededVoidFuture()
    }

    func didReceiveBodyPart(task: HTTPClient.Task<StoreReply>, _ part: ByteBuffer) -> EventLoopFuture<Void> {
        let fits = reply.withLock { reply in
            guard part.readableBytes <= bytesMax - reply.body.count else { return false }
            part.withUnsafeReadableBytes { reply.body.append(contentsOf: $0) }
            return true
        }
        return fits ? task.eventLoop.makeSucceededVoidFuture() : tooLarge(task)
    }

    func didFinishRequest(task: HTTPClient.Task<StoreReply>) -> StoreReply { reply.withLock { $0 } }

    private func tooLarge(_ task: HTTPClient.Task<StoreReply>) -> EventLoopFuture<Void> {
        task.eventLoop.makeFailedFuture(NIOTooManyBytesError(maxBytes: bytesMax))
    }
}
#endif
