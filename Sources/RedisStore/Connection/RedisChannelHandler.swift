#if Redis
import NIOCore

/// Hands the bytes of a connection to its link.
final class RedisChannelHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let link: RedisLink
    private var buffer = ByteBuffer()
    private var error: (any Error)?

    init(link: RedisLink) { self.link = link }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var read = unwrapInboundIn(data)
        guard buffer.readableBytes > 0 else {
            link.received(&read)
            buffer = read
            return
        }
        buffer.discardReadBytes()
        buffer.writeBuffer(&read)
        link.received(&buffer)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) { link.becameWritable() }

    func channelInactive(context: ChannelHandlerContext) { link.disconnected(error) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.error = error
        context.close(promise: nil)
    }
}
#endif
