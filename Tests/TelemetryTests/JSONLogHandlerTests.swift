import FoundationEssentials
import Logging
import Synchronization
import Telemetry
import Testing

@Suite struct JSONLogHandlerTests {
    private final class Lines: Sendable {
        let all = Mutex<[[UInt8]]>([])
    }

    private struct Line: Decodable, Equatable {
        var time = "1970-01-01T00:00:01.500Z"
        var level = "warning"
        var logger = "test"
        var message = "a \"b\"\nc"
        var error: String?
        var metadata: [String: String]?
    }

    private func logger(_ lines: Lines) -> Logger {
        Logger(label: "test") { label in
            JSONLogHandler(label, milliseconds: { 1_500 }) { line in lines.all.withLock { $0.append(line) } }
        }
    }

    @Test func eventsAreLines() throws {
        let lines = Lines()
        var logger = logger(lines)
        logger.warning("a \"b\"\nc")
        logger[metadataKey: "a"] = "1"
        logger.warning("a \"b\"\nc", metadata: ["b": ["x", "y"]])
        logger.debug("left out")
        let written = lines.all.withLock { $0 }
        #expect(written.allSatisfy { $0.last == 0x0A && $0.count { $0 == 0x0A } == 1 })
        let read = try written.map { try JSONDecoder().decode(Line.self, from: Data($0)) }
        #expect(read == [Line(), Line(metadata: ["a": "1", "b": #"["x", "y"]"#])])
    }
}
