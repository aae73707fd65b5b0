#if Redis
import NIOCore

/// The bytes are not RESP3, or more than is taken from a server.
struct RESPError: Error, Hashable {
    let reason: String
}

/// Takes replies out of the bytes of a connection as they come in.
///
/// It is total: whatever the bytes, it gives values, asks for more or throws, and keeps no more memory than the bytes
/// that have come in are worth. No announced length is trusted before its bytes are there. After it has thrown, the
/// connection is of no further use.
struct RESPParser {
    /// How deep aggregates may lie in each other.
    static let depthMax = 16
    /// Bytes of one string: Redis allows as many.
    static let bulkBytesMax = 512 << 20
    /// Elements of one aggregate.
    static let elementsMax = 64 << 20
    /// Bytes of a line that is no string of a known length.
    static let lineBytesMax = 64 << 10

    private enum Kind { case array, map, set, push, attribute }

    private struct Frame {
        let kind: Kind
        var missing: Int
        var elements: [RESPValue] = []
    }

    /// Bytes that have come in, from the first on that was not taken.
    ///
    /// All that is there is looked at by one pointer: a buffer that is asked for each line costs more than the line.
    private struct Input {
        let bytes: UnsafeRawBufferPointer
        var position = 0

        var count: Int { bytes.count - position }

        /// A part of what comes next, which is not taken by that.
        func part(_ from: Int, _ count: Int) -> UnsafeRawBufferPointer {
            UnsafeRawBufferPointer(rebasing: bytes[position + from..<position + from + count])
        }
    }

    private var frames: [Frame] = []
    /// Of a string whose head was read: its length, and whether it is an error.
    private var announced: (byteCount: Int, isError: Bool)?

    /// Takes all replies that are there, those before bytes that are none included.
    mutating func take(from buffer: inout ByteBuffer, into replies: inout [RESPValue]) throws(RESPError) {
        try read(&buffer) { (parser, input) throws(RESPError) in
            while let reply = try parser.next(&input) { replies.append(reply) }
        }
    }

    /// The next reply; nil when more bytes are needed. What has been read is moved behind the buffer's reader index.
    mutating func next(from buffer: inout ByteBuffer) throws(RESPError) -> RESPValue? {
        var reply: RESPValue?
        try read(&buffer) { (parser, input) throws(RESPError) in reply = try parser.next(&input) }
        return reply
    }

    private mutating func read(
        _ buffer: inout ByteBuffer,
        _ body: (inout RESPParser, inout Input) throws(RESPError) -> Void
    ) throws(RESPError) {
        var failure: RESPError?
        buffer.readWithUnsafeReadableBytes { bytes in
            var input = Input(bytes: bytes)
            do throws(RESPError) { try body(&self, &input) } catch { failure = error }
            return input.position
        }
        if let failure { throw failure }
    }

    private mutating func next(_ input: inout Input) throws(RESPError) -> RESPValue? {
        while true {
            guard let value = try element(&input) else { return nil }
            if let whole = add(value) { return whole }
        }
    }

    /// Puts an element into the aggregate that it belongs to; the reply, when it is complete by that.
    private mutating func add(_ element: Element) -> RESPValue? {
        var value: RESPValue
        switch element {
        case .opened: return nil
        case .value(let complete): value = complete
        }
        while var frame = frames.popLast() {
            frame.elements.append(value)
            frame.missing -= 1
            guard frame.missing == 0 else {
                frames.append(frame)
                return nil
            }
            switch frame.kind {
            case .array: value = .array(frame.elements)
            case .map: value = .map(frame.elements)
            case .set: value = .set(frame.elements)
            case .push: value = .push(frame.elements)
            case .attribute: return nil
            }
        }
        return value
    }

    private enum Element {
        case value(RESPValue)
        case opened
    }

    private mutating func element(_ input: inout Input) throws(RESPError) -> Element? {
        if let announced { return try string(announced, &input).map(Element.value) }
        guard let line = try RESPParser.line(&input) else { return nil }
        let type = line[0]
        let body = UnsafeRawBufferPointer(rebasing: line.dropFirst())
        switch type {
        case 0x24, 0x3D, 0x21: // $ = !
            let count = try RESPParser.number(body)
            if type == 0x24, count == -1 { return .value(.null) }
            guard (0...RESPParser.bulkBytesMax).contains(count) else {
                throw RESPError(reason: "a string of \(count) bytes is announced")
            }
            let head = (byteCount: count, isError: type == 0x21)
            guard let value = try string(head, &input) else {
                announced = head
                return nil
            }
            return .value(value)
        case 0x3A: return .value(.integer(Int64(try RESPParser.number(body)))) // :
        case 0x2A: return try open(.array, RESPParser.number(body)) // *
        case 0x25: return try open(.map, RESPParser.number(body)) // %
        case 0x7E: return try open(.set, RESPParser.number(body)) // ~
        case 0x3E: return try open(.push, RESPParser.number(body)) // >
        case 0x7C: return try open(.attribute, RESPParser.number(body)) // |
        case 0x2B where body.count == 2 && body[0] == 0x4F && body[1] == 0x4B: return .value(RESPParser.ok)
        default: return .value(try RESPParser.scalar(type, Array(body)))
        }
    }

    /// The most frequent reply of all, for which no memory need be asked for each time.
    private static let ok = RESPValue.simple(Array("OK".utf8))

    private static func scalar(_ type: UInt8, _ body: [UInt8]) throws(RESPError) -> RESPValue {
        switch type {
        case 0x2B: return .simple(body) // +
        case 0x2D: return .error(String(decoding: body, as: UTF8.self)) // -
        case 0x5F where body.isEmpty: return .null // _
        case 0x23 where body.elementsEqual("t".utf8): return .boolean(true) // #
        case 0x23 where body.elementsEqual("f".utf8): return .boolean(false)
        case 0x28: return .number(body) // (
        case 0x2C: // ,
            guard let double = Double(String(decoding: body, as: UTF8.self)) else {
                throw RESPError(reason: "a double is no number")
            }
            return .double(double)
        default: throw RESPError(reason: "a reply begins with an unknown byte")
        }
    }

    private mutating func open(_ kind: Kind, _ count: Int) throws(RESPError) -> Element {
        if count == -1, kind == .array { return .value(.null) }
        guard (0...RESPParser.elementsMax).contains(count) else {
            throw RESPError(reason: "an aggregate of \(count) elements is announced")
        }
        guard count > 0 else {
            switch kind {
            case .array: return .value(.array([]))
            case .map: return .value(.map([]))
            case .set: return .value(.set([]))
            case .push: return .value(.push([]))
            case .attribute: return .opened
            }
        }
        guard frames.count < RESPParser.depthMax else { throw RESPError(reason: "aggregates lie too deep") }
        let missing = kind == .map || kind == .attribute ? 2 * count : count
        var frame = Frame(kind: kind, missing: missing)
        frame.elements.reserveCapacity(min(missing, 1_024))
        frames.append(frame)
        return .opened
    }

    private mutating func string(
        _ head: (byteCount: Int, isError: Bool),
        _ input: inout Input
    ) throws(RESPError) -> RESPValue? {
        guard input.count >= head.byteCount + 2 else { return nil }
        let end = input.part(head.byteCount, 2)
        guard end[0] == 0x0D, end[1] == 0x0A else {
            throw RESPError(reason: "a string is not followed by the end of its line")
        }
        let bytes = input.part(0, head.byteCount)
        input.position += head.byteCount + 2
        announced = nil
        return head.isError ? .error(String(decoding: bytes, as: UTF8.self)) : .bulk(Array(bytes))
    }

    /// The next line without its end, of one byte at least; nil when the end is not there yet.
    private static func line(_ input: inout Input) throws(RESPError) -> UnsafeRawBufferPointer? {
        // A loop, since most lines have few bytes.
        let limit = min(input.count, lineBytesMax)
        var count = 0
        while count < limit, input.bytes[input.position + count] != 0x0D { count += 1 }
        // One byte more than the longest line: its end should have been there.
        guard count < limit || input.count <= lineBytesMax + 1 else { throw RESPError(reason: "a line does not end") }
        guard count < limit, count + 1 < input.count else { return nil }
        guard count > 0, input.bytes[input.position + count + 1] == 0x0A else {
            throw RESPError(reason: "a line is empty or holds a carriage return")
        }
        let line = input.part(0, count)
        input.position += count + 2
        return line
    }

    private static func number(_ text: UnsafeRawBufferPointer) throws(RESPError) -> Int {
        var digits = text[...]
        let isNegative = digits.first == 0x2D
        if isNegative || digits.first == 0x2B { digits = digits.dropFirst() }
        var number = 0
        for digit in digits {
            let value = Int(digit) - 0x30
            let (tens, overflowsTens) = number.multipliedReportingOverflow(by: 10)
            let (sum, overflows) =
                isNegative ? tens.subtractingReportingOverflow(value) : tens.addingReportingOverflow(value)
            guard (0...9).contains(value), !overflowsTens, !overflows else { throw noNumber }
            number = sum
        }
        guard !digits.isEmpty else { throw noNumber }
        return number
    }

    private static let noNumber = RESPError(reason: "a number is none, or too large")
}
#endif
