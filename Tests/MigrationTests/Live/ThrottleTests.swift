import KeyValue
import TestSupport
import Testing

@testable import Migration

/// How hard copiers work.
@Suite struct ThrottleTests {
    @Test func rowsAndBytesOfASecond() {
        var pacer = Pacer()
        #expect(pacer.rest(after: 100, bytes: 1, in: .seconds(1), Throttle(rowsPerSecondMax: 50)) == .seconds(1))
        #expect(pacer.reason == .rows)
        let both = Throttle(rowsPerSecondMax: 50, bytesPerSecondMax: 10)
        #expect(pacer.rest(after: 100, bytes: 40, in: .seconds(1), both) == .seconds(3))
        #expect(pacer.reason == .bytes)
        #expect(pacer.rest(after: 100, bytes: 40, in: .seconds(9), both) == .zero)
        #expect(pacer.reason == .none)
    }

    @Test func slowerWhenTheTargetIs() {
        var pacer = Pacer()
        let throttle = Throttle(latencyPercentMax: 150)
        for _ in 0..<8 { #expect(pacer.rest(after: 10, bytes: 1, in: .seconds(1), throttle) == .zero) }
        #expect(pacer.rest(after: 10, bytes: 1, in: .seconds(2), throttle) == .seconds(2))
        #expect(pacer.reason == .latency && pacer.share == 0.5)
        for _ in 0..<20 { _ = pacer.rest(after: 10, bytes: 1, in: .seconds(2), throttle) }
        #expect(pacer.share == 1.0 / 32)
        let shares = (0..<30).map { _ in
            _ = pacer.rest(after: 10, bytes: 1, in: .seconds(1), throttle)
            return pacer.share
        }
        #expect(shares == shares.sorted() && shares.last == 1)
        // What is no longer wanted ends at once.
        _ = pacer.rest(after: 10, bytes: 1, in: .seconds(9), throttle)
        #expect(pacer.rest(after: 10, bytes: 1, in: .seconds(9), Throttle()) == .zero)
    }

    @Test func hoursOfTheDay() {
        let minute = { (minute: UInt64) in (3 * 1_440 + minute) * 60_000 }
        let night = Throttle(hours: Throttle.Hours(fromMinute: 22 * 60, untilMinute: 6 * 60))
        for inside in [22 * 60, 1_439, 0, 6 * 60 - 1] as [UInt64] { #expect(night.resting(at: minute(inside)) == nil) }
        for outside in [6 * 60, 12 * 60, 22 * 60 - 1] as [UInt64] {
            #expect(night.resting(at: minute(outside)) == .hours)
        }
        let noon = Throttle(hours: Throttle.Hours(fromMinute: 720, untilMinute: 780))
        #expect(noon.resting(at: minute(750)) == nil)
        #expect(noon.resting(at: minute(780)) == .hours)
        #expect(Throttle(isPaused: true).resting(at: 0) == .paused)
    }

    @Test func copyingRestsAndGoesOn() async throws {
        let migration = try await LiveMigration.planned { store in
            for number in 0..<30 { try await store.put([1], at: Key("p", "\(number)")) }
        }
        try await migration.controller.step(to: .weakened)
        try await migration.controller.step(to: .captured)
        var copier = try LiveCopier(
            migration.stores,
            environment: migration.time.environment,
            milliseconds: { 750 * 60_000 }
        )
        try await migration.controller.throttle(Throttle(hours: .init(fromMinute: 0, untilMinute: 60)))
        #expect(try await copier.step() == .resting)
        // Ten rows a second, and no more at once.
        try await migration.controller.throttle(Throttle(rowsPerSecondMax: 10))
        let began = migration.time.environment.now()
        #expect(try await copier.step() == .copied)
        let status = try await migration.stores.control.status(milliseconds: 0)
        #expect(status.rows == 10)
        #expect(status.copyLimits == [.rows])
        #expect(status.limits.contains("throttled to 10 rows/s for each copier"))
        #expect(migration.time.environment.now() - began >= .milliseconds(900))
    }
}
