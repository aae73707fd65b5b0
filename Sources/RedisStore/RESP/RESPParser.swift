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

    private var frames: [Frame] = []
    /// Of a string whose head was read: its length, and whether it is an error.
    private var announced: (byteCount: Int, isError: Bool)?

    /// Takes all replies that are there, those before bytes that are none included.
    mutating func take(from buffer: inout ByteBuffer, into replies: inout [RESPValue]) throws(RESPError) {
        while let reply = try next(from: &buffer) { replies.append(reply) }
    }

    /// The next reply; nil when more bytes are needed. What has been read is moved behind the buffer's reader index.
    mutating func next(from buffer: inout ByteBuffer) throws(RESPError) -> RESPValue? {
        while true {
            guard let value = try element(from: &buffer) else { return nil }
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

    private mutating func element(from buffer: inout ByteBuffer) throws(RESPError) -> Element? {
        if let announced { return try string(announced, from: &buffer).map(Element.value) }
        guard let end = try RESPParser.endOfLine(in: buffer) else { return nil }
        let type = buffer.getInteger(at: buffer.readerIndex, as: UInt8.self)
        let line = buffer.readerIndex + 1..<buffer.readerIndex + end
        buffer.moveReaderIndex(forwardBy: end + 2)
        switch type {
        case 0x24, 0x3D, 0x21: // $ = !
            let count = try RESPParser.number(in: buffer, at: line)
            if type == 0x24, count == -1 { return .value(.null) }
            guard (0...RESPParser.bulkBytesMax).contains(count) else {
                throw RESPError(reason: "a string of \(count) bytes is announced")
            }
            announced = (count, type == 0x21)
            return try string((count, type == 0x21), from: &buffer).map(Element.value)
        case 0x3A: return .value(.integer(Int64(try RESPParser.number(in: buffer, at: line)))) // :
        case 0x2A: return try open(.array, RESPParser.number(in: buffer, at: line)) // *
        case 0x25: return try open(.map, RESPParser.number(in: buffer, at: line)) // %
        case 0x7E: return try open(.set, RESPParser.number(in: buffer, at: line)) // ~
        case 0x3E: return try open(.push, RESPParser.number(in: buffer, at: line)) // >
        case 0x7C: return try open(.attribute, RESPParser.number(in: buffer, at: line)) // |
        default:
            if type == 0x2B, buffer.getInteger(at: line.lowerBound, as: UInt16.self) == 0x4F4B, line.count == 2 {
                return .value(RESPParser.ok)
            }
            let body = buffer.withVeryUnsafeBytes { bytes in Array(bytes[line]) }
            return .value(try RESPParser.scalar(type, body))
        }
    }

    /// The most frequent reply of all, for which no memory need be asked for each time.
    private static let ok = RESPValue.simple(Array("OK".utf8))

    private static func scalar(_ type: UInt8?, _ body: [UInt8]) throws(RESPError) -> RESPValue {
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
        from buffer: inout ByteBuffer
    ) throws(RESPError) -> RESPValue? {
        guard buffer.readableBytes >= head.byteCount + 2, let bytes = buffer.readBytes(length: head.byteCount) else {
            return nil
        }
        guard buffer.readInteger(as: UInt16.self) == 0x0D0A else {
            throw RESPError(reason: "a string is not followed by the end of its line")
        }
        announced = nil
        return head.isError ? .error(String(decoding: bytes, as: UTF8.self)) : .bulk(bytes)
    }

    /// How many bytes the next line has before its end; nil when the end is not there yet.
    private static func endOfLine(in buffer: ByteBuffer) throws(RESPError) -> Int? {
        // A loop, since most lines have few bytes.
        let end = buffer.withUnsafeReadableBytes { bytes -> Int? in
            for index in 0..<min(bytes.count, lineBytesMax) where bytes[index] == 0x0D {
                return index + 1 < bytes.count ? index : nil
            }
            return nil
        }
        guard let end else {
            // One byte more than the longest line: its end should have been there.
            guard buffer.readableBytes <= lineBytesMax + 1 else { throw RESPError(reason: "a line does not end") }
            return nil
        }
        guard end > 0, buffer.getInteger(at: buffer.readerIndex + end + 1, as: UInt8.self) == 0x0A else {
            throw RESPError(reason: "a line is empty or holds a carriage return")
        }
        return end
    }

    /// The number that a part of the buffer's bytes is, read or not.
    private static func number(in buffer: ByteBuffer, at part: Range<Int>) throws(RESPError) -> Int {
        let number = buffer.withVeryUnsafeBytes { bytes -> Int? in
            guard part.upperBound <= bytes.count else { return nil }
            var digits = UnsafeRawBufferPointer(rebasing: bytes[part])
            let isNegative = digits.first == 0x2D
            if isNegative || digits.first == 0x2B { digits = UnsafeRawBufferPointer(rebasing: digits.dropFirst()) }
            guard !digits.isEmpty else { return nil }
            var number = 0
            for digit in digits {
                let value = Int(digit) - 0x30
                let (tens, overflowsTens) = number.multipliedReportingOverflow(by: 10)
                let (sum, overflows) =
                    isNegative ? tens.subtractingReportingOverflow(value) : tens.addingReportingOverflow(value)
                guard (0...9).contains(value), !overflowsTens, !overflows else { return nil }
                number = sum
            }
            return number
        }
        guard let number else { throw RESPError(reason: "a number is none, or too large") }
        return number
    }
}
#endif
