#if Redis
import NIOCore

/// Hands the bytes of a connection to its link.
final class RedisChannelHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let link: RedisLink
    private let connection: Int
    private var buffer = ByteBuffer()
    private var error: (any Error)?

    init(link: RedisLink, connection: Int) {
        self.link = link
        self.connection = connection
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var read = unwrapInboundIn(data)
        guard buffer.readableBytes > 0 else {
            link.received(&read, connection)
            buffer = read
            return
        }
        buffer.discardReadBytes()
        buffer.writeBuffer(&read)
        link.received(&buffer, connection)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) { link.becameWritable(connection) }

    func channelInactive(context: ChannelHandlerContext) { link.disconnected(error, connection) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.error = error
        context.close(promise: nil)
    }
}
#endif
