#if HTTP
import HummingbirdCore
import Logging
import NIOCore
import NIOSSL

/// A channel over TLS, with the identity that its server has when a connection begins.
struct EncryptedChannel<Base: ServerChildChannel>: ServerChildChannel {
    let base: Base
    let identity: ServerIdentity

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
        channel.eventLoop.makeCompletedFuture {
            let handlers = channel.pipeline.syncOperations
            try handlers.addHandler(PlainRequestHandler())
            try handlers.addHandler(NIOSSLServerHandler(context: identity.context))
        }.flatMap { base.setup(channel: channel, logger: logger) }
    }

    func handle(value: Base.Value, logger: Logger) async { await base.handle(value: value, logger: logger) }
}

/// Tells those who speak plain HTTP where TLS is spoken what the matter is, in place of an alert that they can't read.
final class PlainRequestHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let answer: String = {
        let body = """
            {"code":"tlsNeeded","detail":"The server speaks TLS here: ask by HTTPS.","status":400,\
            "title":"Bad Request","type":"about:blank"}\n
            """
        return """
            HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: application/problem+json\r\n\
            Content-Length: \(body.utf8.count)\r\n\r\n\(body)
            """
    }()

    private var isAnswered = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isAnswered else { return }
        let first = unwrapInboundIn(data).readableBytesView.first ?? 0
        // A method begins with a capital letter, what TLS sends first with 22.
        guard (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first) else {
            context.fireChannelRead(data)
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
            return
        }
        isAnswered = true
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: PlainRequestHandler.answer)), promise: nil)
        context.close(promise: nil)
    }
}
#endif
