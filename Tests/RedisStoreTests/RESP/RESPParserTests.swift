#if Redis
import NIOCore
import TestSupport
import Testing

@testable import RedisStore

@Suite struct RESPParserTests {
    /// Every type of the protocol, as the server writes it, and what it means.
    static let replies: [(String, RESPValue)] = [
        ("+OK\r\n", .simple(Array("OK".utf8))),
        ("-ERR no\r\n", .error("ERR no")),
        (":-12\r\n", .integer(-12)),
        (":9223372036854775807\r\n", .integer(.max)),
        ("$5\r\nhe\r\no\r\n", .bulk(Array("he\r\no".utf8))),
        ("$0\r\n\r\n", .bulk([])),
        ("$-1\r\n", .null),
        ("*-1\r\n", .null),
        ("_\r\n", .null),
        ("#t\r\n", .boolean(true)),
        ("#f\r\n", .boolean(false)),
        (",1.5\r\n", .double(1.5)),
        (",-inf\r\n", .double(-.infinity)),
        ("(123456789012345678901234567890\r\n", .number(Array("123456789012345678901234567890".utf8))),
        ("=7\r\ntxt:abc\r\n", .bulk(Array("txt:abc".utf8))),
        ("!6\r\nERR no\r\n", .error("ERR no")),
        ("*0\r\n", .array([])),
        ("*2\r\n:1\r\n*1\r\n$1\r\na\r\n", .array([.integer(1), .array([.bulk([0x61])])])),
        ("%1\r\n+k\r\n:2\r\n", .map([.simple([0x6B]), .integer(2)])),
        ("~1\r\n:1\r\n", .set([.integer(1)])),
        (">1\r\n+x\r\n", .push([.simple([0x78])])),
        ("|1\r\n+ttl\r\n:3\r\n:7\r\n", .integer(7)),
        ("*2\r\n|1\r\n+a\r\n:0\r\n:1\r\n:2\r\n", .array([.integer(1), .integer(2)])),
    ]

    @Test(arguments: replies.indices) func readsReplies(_ index: Int) throws {
        let (text, value) = RESPParserTests.replies[index]
        var parser = RESPParser()
        var buffer = ByteBuffer(string: text)
        #expect(try parser.next(from: &buffer) == value)
        #expect(buffer.readableBytes == 0)
    }

    @Test func readsRepliesThatComeInAnyPieces() throws {
        let text = RESPParserTests.replies.map(\.0).joined()
        let values = RESPParserTests.replies.map(\.1)
        var random = SeededGenerator(seed: 7)
        for _ in 0..<300 {
            var parser = RESPParser()
            var buffer = ByteBuffer()
            var read: [RESPValue] = []
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty {
                let piece = rest.prefix(Int.random(in: 1...7, using: &random))
                rest = rest.dropFirst(piece.count)
                buffer.writeBytes(piece)
                while let value = try parser.next(from: &buffer) { read.append(value) }
            }
            #expect(read == values)
        }
    }

    @Test(arguments: [
        "?\r\n", "\r\n", "$x\r\n", "$-2\r\n", "$1\r\nab\r\n", "*99999999999\r\n", "$99999999999\r\n", ":\r\n",
        ":1a\r\n",
        ":99999999999999999999\r\n", "#x\r\n", ",x\r\n", "+a\rb\r\n", "$?\r\n",
    ])
    func refusesWhatIsNotTheProtocol(_ text: String) {
        var parser = RESPParser()
        var buffer = ByteBuffer(string: text)
        #expect(throws: RESPError.self) { _ = try parser.next(from: &buffer) }
    }

    @Test func refusesDepthAndEndlessLines() {
        var parser = RESPParser()
        var deep = ByteBuffer(string: String(repeating: "*1\r\n", count: RESPParser.depthMax + 1))
        #expect(throws: RESPError.self) { _ = try parser.next(from: &deep) }
        var other = RESPParser()
        var long = ByteBuffer(string: "+" + String(repeating: "a", count: RESPParser.lineBytesMax + 1))
        #expect(throws: RESPError.self) { _ = try other.next(from: &long) }
    }

    @Test func survivesAnyBytes() {
        var random = SeededGenerator(seed: 11)
        let alphabet = Array("*$%~>|+-:_#,(=!0123456789\r\n\r\nab".utf8)
        for _ in 0..<20_000 {
            var parser = RESPParser()
            let count = Int.random(in: 1...40, using: &random)
            var buffer = ByteBuffer(bytes: (0..<count).map { _ in alphabet.randomElement(using: &random) ?? 0 })
            do {
                while try parser.next(from: &buffer) != nil {}
            } catch {
                #expect(!error.reason.isEmpty)
            }
        }
    }

    @Test func writesCommands() {
        let command = RedisCommand("CLUSTER SLOTS", [[], Array(repeating: 0x61, count: 100)])
        let expected =
            "*4\r\n$7\r\nCLUSTER\r\n$5\r\nSLOTS\r\n$0\r\n\r\n$100\r\n" + String(repeating: "a", count: 100) + "\r\n"
        #expect(command.bytes == Array(expected.utf8))
    }
}
#endif
