/// A moment: seconds and nanoseconds since 1970-01-01T00:00:00Z, without leap seconds. Ordered by time.
///
/// It holds exactly what databases and formats of dates hold, from microseconds of any year to nanoseconds; a single
/// 64-bit count of nanoseconds would end in 2262 and begin in 1677.
public struct Timestamp: Hashable, Sendable {
    /// Whole seconds since 1970, rounded down: negative before.
    public let seconds: Int64
    /// What is to be added to the seconds: 0 to 999,999,999.
    public let nanoseconds: UInt32

    /// The moment that is `nanoseconds` after `seconds`; nil if `nanoseconds` is a second or more.
    public init?(seconds: Int64, nanoseconds: UInt32 = 0) {
        guard nanoseconds < Self.nanosecondsPerSecond else { return nil }
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// The moment of a count of milliseconds since 1970.
    public init(milliseconds: Int64) { self.init(count: milliseconds, perSecond: 1000) }

    /// The moment of a count of microseconds since 1970.
    public init(microseconds: Int64) { self.init(count: microseconds, perSecond: 1_000_000) }

    private static let nanosecondsPerSecond: UInt32 = 1_000_000_000

    private init(count: Int64, perSecond: Int64) {
        let (quotient, remainder) = count.quotientAndRemainder(dividingBy: perSecond)
        // Division rounds towards zero, but a moment before 1970 still counts forward from its second.
        let part = remainder < 0 ? remainder + perSecond : remainder
        seconds = remainder < 0 ? quotient - 1 : quotient
        nanoseconds = UInt32(part) * (Self.nanosecondsPerSecond / UInt32(perSecond))
    }
}

extension Timestamp: Comparable {
    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }
}
