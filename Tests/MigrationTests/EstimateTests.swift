import TestSupport
import Testing

@testable import Migration

/// How far estimates are off, on simulated rates.
@Suite struct EstimateTests {
    private static let total = 10_000_000.0

    /// The largest part by which the estimated rest differs from the true one, from the first tenth on until thirty seconds
    /// before the end.
    private func worstError(_ rate: (Int) -> Double) -> Double {
        var counts = [0.0]
        while let last = counts.last, last < EstimateTests.total { counts.append(last + rate(counts.count)) }
        var estimator = RateEstimator.ofLongWork
        var worst = 0.0
        for (second, count) in counts.enumerated().dropLast(30) {
            estimator.note(Int(count), at: .seconds(second))
            guard count >= EstimateTests.total / 10 else { continue }
            guard let remaining = estimator.remaining(of: Int(EstimateTests.total)) else { return .infinity }
            let left = Double(counts.count - 1 - second)
            worst = max(worst, abs(remaining / .seconds(1) - left) / left)
        }
        return worst
    }

    @Test(arguments: [100_000.0, 10_000, 1_000]) func anEvenRateIsTold(_ rate: Double) {
        #expect(worstError { _ in rate } < 0.02)
    }

    @Test(arguments: [1, 2, 3] as [UInt64]) func noiseIsBorne(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        #expect(worstError { _ in Double.random(in: 5_000...15_000, using: &generator) } < 0.2)
    }

    @Test func bursts() {
        // As chunks end together, and between them nothing does.
        #expect(worstError { $0 % 5 == 0 ? 50_000 : 0 } < 0.2)
    }

    @Test func aRateThatWearsOff() {
        // A tenth slower at the end than at the beginning, as of an index that grows.
        #expect(worstError { 10_000 - Double($0) } < 0.2)
    }

    @Test func aSlowBeginning() {
        // A minute of cold caches.
        #expect(worstError { $0 < 60 ? 5_000 : 10_000 } < 0.2)
    }

    @Test func nothingIsToldTooSoon() {
        var estimator = RateEstimator.ofLongWork
        #expect(estimator.remaining(of: 10) == nil)
        estimator.note(1, at: .zero)
        estimator.note(2, at: .milliseconds(900))
        #expect(estimator.remaining(of: 10) == nil)
        estimator.note(3, at: .seconds(1))
        #expect(estimator.remaining(of: 10) == .seconds(3.5))
        #expect(estimator.remaining(of: 2) == nil)
    }

    @Test func itsMemoryIsBounded() {
        var estimator = RateEstimator.ofLongWork
        for second in 0..<1_000_000 { estimator.note(second, at: .seconds(second)) }
        #expect(estimator.samplesKept < 100)
    }
}
