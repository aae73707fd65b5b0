#if HTTP
import FoundationEssentials
import HTTPTypes
import Hummingbird
import KeyValue
import Migration
import NIOCore

/// How fast copying may go, as an object with any of these fields. What is left out, or null, is not bounded.
struct ThrottleBody: Decodable {
    /// Rows that a copier may write in a second, at least 1.
    var rowsPerSecondMax: UInt64?
    /// Bytes that a copier may write in a second, at least 1.
    var bytesPerSecondMax: UInt64?
    /// How long the target may take for a row, in hundredths of what it took at first, at least 100.
    var latencyPercentMax: UInt64?
    /// The hours of the day, in universal time, in which copying goes on: `22:00-06:00`.
    var hours: String?

    private enum Field: String, CodingKey, CaseIterable {
        case rowsPerSecondMax, bytesPerSecondMax, latencyPercentMax, hours
    }

    private struct AnyField: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    init(of request: Request) async throws {
        let body = try await request.body.collect(upTo: 4_096)
        do {
            self = try JSONDecoder().decode(ThrottleBody.self, from: Data(body.readableBytesView))
        } catch {
            throw ThrottleBody.illegal
        }
    }

    init(from decoder: any Decoder) throws {
        // A bound whose name was mistyped must not be taken for none.
        let names = try decoder.container(keyedBy: AnyField.self).allKeys.map(\.stringValue)
        guard Set(names).isSubset(of: Field.allCases.map(\.rawValue)) else { throw ThrottleBody.illegal }
        let container = try decoder.container(keyedBy: Field.self)
        rowsPerSecondMax = try container.decodeIfPresent(UInt64.self, forKey: .rowsPerSecondMax)
        bytesPerSecondMax = try container.decodeIfPresent(UInt64.self, forKey: .bytesPerSecondMax)
        latencyPercentMax = try container.decodeIfPresent(UInt64.self, forKey: .latencyPercentMax)
        hours = try container.decodeIfPresent(String.self, forKey: .hours)
    }

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

    private static let illegal = Problem(
        .badRequest,
        code: "badRequest",
        """
        Send an object with any of rowsPerSecondMax and bytesPerSecondMax (from 1), latencyPercentMax (from 100) and hours \
        ("22:00-06:00", universal time), {} for no bounds. To stop copying, pause.
        """
    )
}
#endif
