/// How hard workers may work. Every part can be changed while they do.
///
/// All of it is about copying and proving. What has changed is always carried over, as fast as it goes: otherwise the
/// migration never comes to its end.
public struct Throttle: Hashable, Sendable {
    /// A part of every day, in universal time. One that ends before it begins goes over midnight.
    public struct Hours: Hashable, Sendable, Codable, CustomStringConvertible {
        /// The minute of the day in which it begins, of 0 to 1,439.
        public var fromMinute: UInt64
        /// The minute of the day in which it ends, which is no part of it.
        public var untilMinute: UInt64

        /// The hours from one minute of the day to another.
        public init(fromMinute: UInt64, untilMinute: UInt64) {
            self.fromMinute = fromMinute
            self.untilMinute = untilMinute
        }

        /// Hours as they are written: `22:00-06:00`. Nil for what is none, and for a part that is empty.
        public init?(_ text: String) {
            let minutes = text.split(separator: "-", omittingEmptySubsequences: false).map { Hours.minute($0) }
            guard minutes.count == 2, let from = minutes[0], let until = minutes[1], from != until else { return nil }
            self.init(fromMinute: from, untilMinute: until)
        }

        private static func minute(_ text: Substring) -> UInt64? {
            let digits = Array(text.utf8)
            guard digits.count == 5, digits[2] == UInt8(ascii: ":"), let hour = UInt64(text.prefix(2)),
                let minute = UInt64(text.suffix(2)), hour < 24, minute < 60
            else { return nil }
            return hour * 60 + minute
        }

        /// The hours as they are written: `22:00-06:00`.
        public var description: String {
            [fromMinute, untilMinute].map { minute in
                let (hour, rest) = (minute / 60, minute % 60)
                return (hour < 10 ? "0" : "") + "\(hour)" + (rest < 10 ? ":0" : ":") + "\(rest)"
            }.joined(separator: "-")
        }

        /// Whether a time, in milliseconds since 1970, is within.
        func contains(_ milliseconds: UInt64) -> Bool {
            let minute = milliseconds / 60_000 % 1_440
            if fromMinute <= untilMinute { return fromMinute <= minute && minute < untilMinute }
            return minute >= fromMinute || minute < untilMinute
        }
    }

    /// What keeps a worker from working faster.
    public enum Reason: UInt8, Hashable, Sendable, CaseIterable, Codable {
        /// Nothing but the stores themselves.
        case none = 0
        /// It was paused.
        case paused = 1
        /// It is not the time of day for it.
        case hours = 2
        /// The rows of a second.
        case rows = 3
        /// The bytes of a second.
        case bytes = 4
        /// The target answers more slowly than it did at first.
        case latency = 5
    }

    /// Whether copying rests. What has changed is still carried over.
    public var isPaused: Bool
    /// Rows that a copier may write in a second; nil for no limit.
    public var rowsPerSecondMax: UInt64?
    /// Bytes that a copier may write in a second; nil for no limit.
    public var bytesPerSecondMax: UInt64?
    /// How long the target may take for a row, in hundredths of what it took at first; when it takes longer, copying
    /// slows down, and gets faster again step by step. Nil for no limit.
    public var latencyPercentMax: UInt64?
    /// When copying goes on; nil for always.
    public var hours: Hours?

    /// No limits, unless given.
    public init(
        isPaused: Bool = false,
        rowsPerSecondMax: UInt64? = nil,
        bytesPerSecondMax: UInt64? = nil,
        latencyPercentMax: UInt64? = nil,
        hours: Hours? = nil
    ) {
        self.isPaused = isPaused
        self.rowsPerSecondMax = rowsPerSecondMax
        self.bytesPerSecondMax = bytesPerSecondMax
        self.latencyPercentMax = latencyPercentMax
        self.hours = hours
    }

    /// Why copying rests at a time, in milliseconds since 1970; nil when it does not.
    func resting(at milliseconds: UInt64) -> Reason? {
        if isPaused { return .paused }
        if let hours, !hours.contains(milliseconds) { return .hours }
        return nil
    }
}
