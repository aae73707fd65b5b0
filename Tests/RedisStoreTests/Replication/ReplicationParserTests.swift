#if Redis
import NIOCore
import TestSupport
import Testing

@testable import RedisStore

@Suite("What a server says to a replica")
struct ReplicationParserTests {
    private typealias Item = ReplicationParser.Item

    private static let id = String(repeating: "0a", count: 20)
    private static let mark = "abcdefghijklmnopqrstuvwxyz0123456789ABCD"
    private static let set = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$2\r\n\r\n\r\n"
    private static let stream =
        "*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n" + set + "*1\r\n$4\r\nPING\r\n"
        + "*3\r\n$8\r\nREPLCONF\r\n$6\r\nGETACK\r\n$1\r\n*\r\n"

    private static var commands: [Item] {
        let words = [["SELECT", "3"], ["SET", "k", "\r\n"], ["PING"], ["REPLCONF", "GETACK", "*"]]
        return zip(words, [23, 51, 65, 102]).map { .command($0.map { Array($0.utf8) }, end: $1) }
    }

    private static func items(_ text: String, pieces: [Int] = []) throws -> [Item] {
        var parser = ReplicationParser()
        var buffer = ByteBuffer()
        var found: [Item] = []
        var rest = Array(text.utf8)[...]
        for piece in pieces + [rest.count] {
            buffer.writeBytes(rest.prefix(piece))
            rest = rest.dropFirst(piece)
            while let item = try parser.next(from: &buffer) { found.append(item) }
            buffer.discardReadBytes()
        }
        return found
    }

    /// What servers say, and what it means.
    private static var conversations: [(String, [Item])] {
        let greeting = "+OK\r\n\n\n-ERR no\r\n"
        let answers: [Item] = [.accepted("OK"), .refused("ERR no")]
        let full: [Item] = [.beginning(id: id, offset: 7), .dataEnd]
        let mark = mark
        return [
            (greeting + "+CONTINUE\r\n" + stream, answers + [.beginning(id: nil, offset: nil)] + commands),
            ("\n+CONTINUE \(id)\r\n" + stream, [.beginning(id: id, offset: nil)] + commands),
            ("\n\n+FULLRESYNC \(id) 7\r\n\n\n$9\r\nREDIS0\r\n!" + stream, full + commands),
            ("+FULLRESYNC \(id) 7\r\n$0\r\n" + stream, full + commands),
            // The data may hold what looks like the beginning of its end.
            (
                "+FULLRESYNC \(id) 7\r\n\n$EOF:\(mark)\r\nREDIS\(mark.dropLast())+OK\r\na\(mark)" + stream,
                full + commands
            ),
            ("+FULLRESYNC \(id) 7\r\n$EOF:\(mark)\r\n\(mark)" + stream, full + commands),
            ("+FULLRESYNC \(id) 7\r\n-ERR no data\r\n", [.beginning(id: id, offset: 7), .refused("ERR no data")]),
        ]
    }

    @Test("is taken apart, however it comes", arguments: 0..<7)
    func conversation(_ index: Int) throws {
        let (text, expected) = ReplicationParserTests.conversations[index]
        #expect(try ReplicationParserTests.items(text) == expected)
        let each = Array(repeating: 1, count: text.utf8.count)
        #expect(try ReplicationParserTests.items(text, pieces: each) == expected)
        for cut in 0...text.utf8.count {
            #expect(try ReplicationParserTests.items(text, pieces: [cut]) == expected, "cut at \(cut)")
        }
    }

    @Test("is refused where it is something else")
    func refusal() {
        let id = ReplicationParserTests.id
        for text in [
            "*1\r\n$4\r\nPING\r\n", "OK\r\n", "+CONTINUE short\r\n", "+CONTINUE \(id) 7\r\n", "+FULLRESYNC\r\n",
            "+FULLRESYNC \(id) -7\r\n", "+FULLRESYNC \(id) 18446744073709551615\r\n",
            "+FULLRESYNC zz\(id.dropFirst(2)) 7\r\n",
            "+FULLRESYNC \(id) 7\r\n$-1\r\n", "+FULLRESYNC \(id) 7\r\n$x\r\n", "+FULLRESYNC \(id) 7\r\n$EOF:short\r\n",
            "+FULLRESYNC \(id) 7\r\nREDIS\r\n", "+FULLRESYNC \(id) 7\r\n$99999999999999999999\r\n",
            "+CONTINUE\r\n+OK\r\n", "+CONTINUE\r\n\n\r\n", "+CONTINUE\r\n*1\r\n:1\r\n",
            "+CONTINUE\r\n*1\r\n*1\r\n$1\r\na\r\n",
            "+CONTINUE\r\n*-1\r\n", "+CONTINUE\r\n*1\r\n$-1\r\n", "+CONTINUE\r\n*1\r\n$99999999999\r\n",
            String(repeating: "+", count: ReplicationParser.lineBytesMax + 1),
            "+FULLRESYNC \(id) 7\r\n" + String(repeating: "$", count: ReplicationParser.lineBytesMax),
        ] {
            #expect(throws: RESPError.self, "\(text.prefix(99))") { try ReplicationParserTests.items(text) }
        }
    }

    @Test("keeps nothing of data that is passed over")
    func memory() throws {
        for head in ["$1000000\r\n", "$EOF:\(ReplicationParserTests.mark)\r\n"] {
            var parser = ReplicationParser()
            var buffer = ByteBuffer(string: "+FULLRESYNC \(ReplicationParserTests.id) 7\r\n" + head)
            #expect(try parser.next(from: &buffer) != nil)
            for _ in 0..<99 {
                buffer.writeRepeatingByte(0x61, count: 10_000)
                #expect(try parser.next(from: &buffer) == nil)
                #expect(buffer.readableBytes < 40)
            }
        }
    }

    @Test("may be any bytes: it gives items, asks for more or throws", arguments: 0..<50)
    func noise(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<40 {
            // Half right, so that it gets further.
            var bytes = Array(ReplicationParserTests.conversations.randomElement(using: &random)?.0.utf8 ?? "".utf8)
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: index)
                default: bytes.insert(contentsOf: Array("99999".utf8), at: index)
                }
            }
            var parser = ReplicationParser()
            var buffer = ByteBuffer(bytes: bytes)
            var count = 0
            do {
                while try parser.next(from: &buffer) != nil { count += 1 }
            } catch {
                #expect(!error.reason.isEmpty)
            }
            #expect(count <= bytes.count)
        }
    }
}

@Suite("Keys of the commands of a stream")
struct KeyTableTests {
    private static func entry(_ name: String, _ places: (Int64, Int64, Int64), _ flags: String...) -> RESPValue {
        .array([
            .bulk(Array(name.utf8)), .integer(-1), .array(flags.map { .simple(Array($0.utf8)) }),
            .integer(places.0), .integer(places.1), .integer(places.2),
        ])
    }

    private static let reply = RESPValue.array([
        entry("set", (1, 1, 1)), entry("mset", (1, -1, 2)), entry("del", (1, -1, 1)), entry("ping", (0, 0, 0)),
        entry("multi", (0, 0, 0)), entry("move", (1, 1, 1)), entry("copy", (1, 2, 1)),
        entry("sort", (1, 1, 1), "write", "movablekeys"), entry("select", (0, 0, 0)),
    ])

    private func finding(_ words: String..., in database: Int? = 0) throws -> KeyTable.Finding {
        let table = try #require(KeyTable(KeyTableTests.reply))
        return table.finding(words.map { Array($0.utf8) }, in: database)
    }

    private func keys(_ names: String..., database: Int? = 0) -> KeyTable.Finding {
        .subjects(names.map { .key(Array($0.utf8), database: database) })
    }

    @Test("are found where the server says that they are")
    func places() throws {
        #expect(try finding("SET", "a", "1") == keys("a"))
        #expect(try finding("mset", "a", "1", "b", "2", in: 3) == keys("a", "b", database: 3))
        #expect(try finding("DEL", "a", "b", in: nil) == keys("a", "b", database: nil))
        #expect(try finding("PING") == keys() && finding("multi") == keys() && finding() == keys())
        #expect(try finding("sort", "a", "store", "b") == .asks)
        let moved = KeyTable.Finding.subjects([.key([0x61], database: 0), .key([0x61], database: 5)])
        #expect(try finding("move", "a", "5") == moved)
        let copied = KeyTable.Finding.subjects([
            .key([0x61], database: 0), .key([0x62], database: 0), .key([0x62], database: 5),
        ])
        #expect(try finding("copy", "a", "b", "DB", "5", "REPLACE") == copied)
        // Fewer words than it says.
        #expect(try finding("set") == keys() && finding("mset") == keys() && finding("copy", "a") == keys("a"))
    }

    @Test("are any, where a command empties a database, is a script, or is not known")
    func everything() throws {
        #expect(try finding("FLUSHDB", in: 2) == .subjects([.everything(database: 2)]))
        for name in ["flushall", "SWAPDB", "eval", "module.command"] {
            #expect(try finding(name, "x", "0", in: 2) == .subjects([.everything(database: nil)]), "\(name)")
        }
    }

    @Test("are those of the database that was selected")
    func selection() {
        #expect(KeyTable.selection([Array("SELECT".utf8), Array("12".utf8)]) == 12)
        #expect(KeyTable.selection([Array("SELECT".utf8), Array("x".utf8)]) == nil)
        #expect(KeyTable.selection([Array("SET".utf8), Array("12".utf8)]) == nil)
        #expect(KeyTable(.null) == nil && KeyTable(.array([.null, .array([.integer(1)])])) == nil)
    }

    @Test("Positions are written and read again, and nothing else is read")
    func positions() throws {
        for database in [nil, 0, 12] {
            let position = RedisStreamPosition(id: String(repeating: "f", count: 40), offset: 77, database: database)
            #expect(try RedisStreamPosition(text: position.text) == position)
        }
        let id = String(repeating: "0", count: 40)
        for text in [
            "", id, "\(id) 1", "\(id) 1 -1", "\(id) 1 x", "\(id) -1 0", "x\(id) 1 0", "\(id) 1 0 ",
            "\(id) 9223372036854775807 0",
        ] {
            #expect(throws: (any Error).self, "\(text)") { try RedisStreamPosition(text: text) }
        }
    }
}
#endif
