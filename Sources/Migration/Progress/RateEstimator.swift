/// Estimates how fast a work goes and how long it still takes, from what it did during the last seconds. Time is passed
/// in.
public struct RateEstimator: Sendable {
    private let window: Duration
    private var samples: [(count: Int, at: Duration)] = []

    /// An estimator that looks back over this time, ten seconds unless said otherwise.
    public init(window: Duration = .seconds(10)) { self.window = window }

    /// Notes that `count` are done at `time`. Neither ever goes back.
    public mutating func note(_ count: Int, at time: Duration) {
        // Sixteen samples a window are enough, so the newest is replaced until its turn is over.
        if samples.count > 1, time - samples[samples.count - 2].at < window / 16 { samples.removeLast() }
        samples.append((count, time))
        while samples.count > 2, time - samples[1].at >= window { samples.removeFirst() }
    }

    /// How many are done.
    public var count: Int { samples.last?.count ?? 0 }

    /// How many a second; nil before a second's worth of work has been seen.
    public var perSecond: Double? {
        guard let first = samples.first, let last = samples.last, last.at - first.at >= .seconds(1) else { return nil }
        return Double(last.count - first.count) / ((last.at - first.at) / .seconds(1))
    }

    /// How long the rest of `total` takes at this rate; nil while there is none to tell, and when there are more than
    /// `total` already.
    public func remaining(of total: Int) -> Duration? {
        guard let last = samples.last, let rate = perSecond, rate > 0, last.count <= total else { return nil }
        return .seconds(Double(total - last.count) / rate)
    }
}
