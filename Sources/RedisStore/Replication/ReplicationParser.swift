#if Redis
import NIOCore

/// Takes what a server says to a replica out of the bytes of a connection, as they come in: the pure half of following
/// its stream.
///
/// First come answers to what the replica asks, a line each; after PSYNC, `+CONTINUE` and then the stream, or
/// `+FULLRESYNC`, all data in a form of its own, and then the stream. The data is passed over. An empty line in front
/// of any of these says only that the server is still there.
///
/// The format is that of the documentation of Redis on replication, and of `replication.c` of the server, which has two
/// ways to send data: as many bytes as are announced, or everything up to forty bytes that are announced.
///
/// It is total: whatever the bytes, it gives items, asks for more or throws, and keeps no more than one command of the
/// stream. After it has thrown, the connection is of no further use.
struct ReplicationParser {
    enum Item: Hashable, Sendable {
        /// The server does what it was asked.
        case accepted(String)
        /// What the server says against it.
        case refused(String)
        /// The stream begins: with all data where `id` and `offset` are told, or else where it was asked for, under
        /// another id if one is told.
        case beginning(id: String?, offset: UInt64?)
        /// The data has come to its end, so the server waits to hear that the stream may come.
        case dataEnd
        /// A command of the stream, and how many bytes of the stream since its beginning lie before the command's end.
        case command([[UInt8]], end: UInt64)
    }

    private enum Phase {
        case answers
        /// What is sent behind FULLRESYNC is about to be announced.
        case dataHead
        case data(left: UInt64)
        case dataUntil(mark: [UInt8])
        case stream
    }

    /// Bytes of one line; the server's are far shorter.
    static let lineBytesMax = 4 << 10
    private static let markBytes = 40
    private static let offsetMax: UInt64 = 1 << 62

    /// Whether messages of channels come in the place of a stream: arrays too.
    private let listens: Bool
    private var phase = Phase.answers
    private var commands = RESPParser()
    private var streamed: UInt64 = 0

    init(listens: Bool = false) { self.listens = listens }

    /// The next item; nil when more bytes are needed. What has been read is moved behind the buffer's reader index.
    mutating func next(from buffer: inout ByteBuffer) throws(RESPError) -> Item? {
        while true {
            switch phase {
            case .answers:
                // The first answer to who listens to channels, and from then on all are like that.
                if listens, buffer.readableBytesView.first == UInt8(ascii: "*") {
                    phase = .stream
                    continue
                }
                guard let line = try ReplicationParser.line(from: &buffer) else { return nil }
                if let item = try answer(line) { return item }
            case .dataHead:
                guard let line = try ReplicationParser.line(from: &buffer) else { return nil }
                if line.isEmpty { continue }
                if line.hasPrefix("-") { return .refused(String(line.dropFirst())) }
                phase = try ReplicationParser.data(line)
            case .data(let left):
                let step = min(left, UInt64(buffer.readableBytes))
                buffer.moveReaderIndex(forwardBy: Int(step))
                guard step == left else {
                    phase = .data(left: left - step)
                    return nil
                }
                phase = .stream
                return .dataEnd
            case .dataUntil(let mark):
                guard ReplicationParser.pass(mark, in: &buffer) else { return nil }
                phase = .stream
                return .dataEnd
            case .stream: return try command(from: &buffer)
            }
        }
    }

    private mutating func answer(_ line: String) throws(RESPError) -> Item? {
        if line.isEmpty { return nil }
        let text = String(line.dropFirst())
        if line.hasPrefix("-") { return .refused(text) }
        guard line.hasPrefix("+") else { throw RESPError(reason: "an answer begins with an unknown byte") }
        let words = text.split(separator: " ")
        switch words.first {
        case "CONTINUE":
            let id = words.dropFirst().first.map { String($0) }
            guard words.count <= 2, id.map(RedisStreamPosition.isID) ?? true else {
                throw RESPError(reason: "the stream's id can't be read")
            }
            phase = .stream
            return .beginning(id: id, offset: nil)
        case "FULLRESYNC":
            guard words.count == 3, RedisStreamPosition.isID(words[1]), let offset = UInt64(words[2]),
                offset < ReplicationParser.offsetMax
            else { throw RESPError(reason: "the stream's place can't be read") }
            phase = .dataHead
            return .beginning(id: String(words[1]), offset: offset)
        default: return .accepted(text)
        }
    }

    /// How the data is sent that a line announces.
    private static func data(_ line: String) throws(RESPError) -> Phase {
        if line.hasPrefix("$EOF:") {
            let mark = Array(line.utf8.dropFirst(5))
            guard mark.count == markBytes else { throw RESPError(reason: "the mark of the data's end is none") }
            return .dataUntil(mark: mark)
        }
        guard line.hasPrefix("$"), let count = UInt64(line.dropFirst()) else {
            throw RESPError(reason: "the data is announced in an unknown form")
        }
        return .data(left: count)
    }

    /// Passes over everything before the mark and the mark itself; false when it is not there yet, and then only what
    /// may be its beginning is kept.
    private static func pass(_ mark: [UInt8], in buffer: inout ByteBuffer) -> Bool {
        let found = buffer.withUnsafeReadableBytes { bytes -> Int? in
            guard bytes.count >= mark.count else { return nil }
            for start in 0...bytes.count - mark.count where bytes[start] == mark[0] {
                if bytes[start..<start + mark.count].elementsEqual(mark) { return start }
            }
            return nil
        }
        guard let found else {
            buffer.moveReaderIndex(forwardBy: max(0, buffer.readableBytes - mark.count + 1))
            return false
        }
        buffer.moveReaderIndex(forwardBy: found + mark.count)
        return true
    }

    private mutating func command(from buffer: inout ByteBuffer) throws(RESPError) -> Item? {
        let before = buffer.readerIndex
        let value = try commands.next(from: &buffer)
        streamed += UInt64(buffer.readerIndex - before)
        guard let value else { return nil }
        // What one who listens to channels may not do.
        if listens, case .error(let text) = value { return .refused(text) }
        guard case .array(let elements) = value else { throw RESPError(reason: "a command of the stream is no array") }
        var words: [[UInt8]] = []
        words.reserveCapacity(elements.count)
        for element in elements {
            switch element {
            case .bulk(let word): words.append(word)
            // How many channels somebody listens to.
            case .integer(let number) where listens: words.append(Array("\(number)".utf8))
            default: throw RESPError(reason: "a word of a command is no string")
            }
        }
        return .command(words, end: streamed)
    }

    /// The next line without its end, which is a line feed, mostly with a carriage return in front of it.
    private static func line(from buffer: inout ByteBuffer) throws(RESPError) -> String? {
        let bytes = buffer.readableBytesView.prefix(lineBytesMax)
        guard let end = bytes.firstIndex(of: 0x0A) else {
            guard bytes.count < lineBytesMax else { throw RESPError(reason: "a line does not end") }
            return nil
        }
        var line = bytes[..<end]
        buffer.moveReaderIndex(forwardBy: line.count + 1)
        if line.last == 0x0D { line.removeLast() }
        guard let text = String(validating: line, as: UTF8.self) else { throw RESPError(reason: "a line is no text") }
        return text
    }
}
#endif
