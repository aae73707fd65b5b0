#if HTTP
import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore

extension Request {
    /// Whether a body comes with it.
    var hasBody: Bool {
        headers[.transferEncoding] != nil || headers[.contentLength].map { $0 != "0" } ?? false
    }

    /// The same request, whose body ends with ``Problem/bodyTooLarge`` beyond so many bytes. One that says beforehand
    /// that there are more is refused at once.
    func limited(to bodyBytesMax: Int) throws -> Request {
        if let length = headers[.contentLength], Int(length) ?? .max > bodyBytesMax { throw Problem.bodyTooLarge }
        guard hasBody else { return self }
        return Request(
            head: head,
            body: RequestBody(asyncSequence: LimitedBody(body: body, bytesMax: bodyBytesMax))
        )
    }
}

/// A body of no more than so many bytes.
private struct LimitedBody: AsyncSequence, Sendable {
    typealias Element = ByteBuffer

    let body: RequestBody
    let bytesMax: Int

    struct AsyncIterator: AsyncIteratorProtocol {
        var iterator: RequestBody.AsyncIterator
        var bytesLeft: Int

        @concurrent
        mutating func next() async throws -> ByteBuffer? {
            guard let buffer = try await iterator.next() else { return nil }
            bytesLeft -= buffer.readableBytes
            guard bytesLeft >= 0 else { throw Problem.bodyTooLarge }
            return buffer
        }
    }

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(iterator: body.makeAsyncIterator(), bytesLeft: bytesMax)
    }
}

extension Response {
    /// The same answer, after which nothing more is read from the connection, so that it ends.
    func ending(_ channel: any Channel) -> Response {
        var response = self
        let body = response.body
        response.headers[.connection] = "close"
        response.body = ResponseBody(contentLength: body.contentLength) { writer in
            try await body.write(writer)
            channel.close(mode: .input, promise: nil)
        }
        return response
    }
}
#endif
