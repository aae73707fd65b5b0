import FoundationEssentials
public import Logging

/// Writes what is logged as JSON, an object a line: `level`, `logger`, `message`, `time` after ISO 8601 in UTC, and, where
/// there are any, `error` and `metadata`, an object of texts.
public struct JSONLogHandler: LogHandler {
    /// What stands in every line.
    public var metadata: Logger.Metadata = [:]
    /// What is asked for more of it with every line.
    public var metadataProvider: Logger.MetadataProvider?
    /// What is less than that is left out.
    public var logLevel: Logger.Level
    private let label: String
    private let milliseconds: @Sendable () -> UInt64
    private let write: @Sendable ([UInt8]) -> Void

    /// A handler for the logger of this label.
    ///
    /// - Parameters:
    ///   - label: what the lines call the logger.
    ///   - level: what is less than that is left out.
    ///   - milliseconds: the time since 1970.
    ///   - write: takes each line, with its line feed. It is called by many at the same time.
    public init(
        _ label: String,
        level: Logger.Level = .info,
        milliseconds: @escaping @Sendable () -> UInt64,
        write: @escaping @Sendable ([UInt8]) -> Void
    ) {
        self.label = label
        self.milliseconds = milliseconds
        self.write = write
        logLevel = level
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    private struct Line: Encodable {
        let time: String
        let level: String
        let logger: String
        let message: String
        let error: String?
        let metadata: [String: String]?
    }

    /// Writes a line. Of metadata of one name that of the event counts most, and the handler's own least.
    public func log(event: LogEvent) {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { $1 } }
        if let told = event.metadata { all.merge(told) { $1 } }
        let line = Line(
            time: Date(timeIntervalSince1970: Double(milliseconds()) / 1_000)
                .formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)),
            level: "\(event.level)",
            logger: label,
            message: "\(event.message)",
            error: event.error.map { "\($0)" },
            metadata: all.isEmpty ? nil : all.mapValues { "\($0)" }
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Texts alone are always JSON; without them there would be nothing to write.
        guard let bytes = try? encoder.encode(line) else { return }
        write(Array(bytes) + [0x0A])
    }
}
