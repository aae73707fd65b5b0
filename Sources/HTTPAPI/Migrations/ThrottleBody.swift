#if HTTP
import HTTPTypes
import Hummingbird
import Migration

/// How fast copying may go, as an object with any of these fields. What is left out, or null, is not bounded.
struct ThrottleBody: SteeringBody {
    /// Rows that a copier may write in a second, at least 1.
    var rowsPerSecondMax: UInt64?
    /// Bytes that a copier may write in a second, at least 1.
    var bytesPerSecondMax: UInt64?
    /// How long the target may take for a row, in hundredths of what it took at first, at least 100.
    var latencyPercentMax: UInt64?
    /// The hours of the day, in universal time, in which copying goes on: `22:00-06:00`.
    var hours: String?

    enum Field: String, CodingKey, CaseIterable {
        case rowsPerSecondMax, bytesPerSecondMax, latencyPercentMax, hours
    }

    private typealias CodingKeys = Field

    func throttle() throws -> Throttle {
        let hours = try hours.map { text in
            guard let hours = Throttle.Hours(text) else { throw ThrottleBody.illegal }
            return hours
        }
        guard rowsPerSecondMax ?? 1 >= 1, bytesPerSecondMax ?? 1 >= 1, latencyPercentMax ?? 100 >= 100 else {
            throw ThrottleBody.illegal
        }
        return Throttle(
            rowsPerSecondMax: rowsPerSecondMax,
            bytesPerSecondMax: bytesPerSecondMax,
            latencyPercentMax: latencyPercentMax,
            hours: hours
        )
    }

    static let illegal = Problem(
        .badRequest,
        code: "badRequest",
        """
        Send an object with any of rowsPerSecondMax and bytesPerSecondMax (from 1), latencyPercentMax (from 100) and hours \
        ("22:00-06:00", universal time), {} for no bounds. To stop copying, pause.
        """
    )
}
#endif
