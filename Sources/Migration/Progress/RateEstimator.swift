/// Estimates how fast a work goes and how long it still takes, from what it did during the last seconds. Time is passed
/// in.
public struct RateEstimator: Sendable {
    private let window: Duration
    /// The part of the whole time that is looked back over, where that is longer than the window.
    private let share: Double
    private var began: Duration?
    private var samples: [(count: Int, at: Duration)] = []

    /// An estimator that looks back over this time, ten seconds unless said otherwise.
    ///
    /// With a `share` it looks back over this part of the time since the first note, if that is longer: the longer a work
    /// goes on, the less a minute tells of the rest of it.
    public init(window: Duration = .seconds(10), share: Double = 0) {
        self.window = window
        self.share = share
    }

    /// What tells of work that goes on for minutes or days, and whose rate changes meanwhile: half of the time.
    public static let ofLongWork = RateEstimator(share: 0.5)

    /// Notes that `count` are done at `time`. Neither ever goes back.
    public mutating func note(_ count: Int, at time: Duration) {
        if began == nil { began = time }
        let window = max(window, (time - (began ?? time)) * share)
        // Sixteen samples a window are enough, so the newest is replaced until its turn is over.
        if samples.count > 1, time - samples[samples.count - 2].at < window / 16 { samples.removeLast() }
        samples.append((count, time))
        while samples.count > 2, time - samples[1].at >= window { samples.removeFirst() }
    }

    var samplesKept: Int { samples.count }

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
