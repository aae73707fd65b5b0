/// Tells a copier how long to rest after each chunk: the pure half of throttling.
///
/// The rows and bytes of a second are a plain division. Against the target's latency it goes as congestion control
/// does: what may be done is halved when a row takes too long, and grows by a twentieth with every chunk that does not
/// (additive increase, multiplicative decrease).
struct Pacer: Sendable {
    /// The chunks that tell what a row takes at first.
    private static let baselineChunks = 8
    private static let shareMin = 1.0 / 32

    /// What a row took at first.
    private var baseline: Duration?
    private var chunks = 0
    /// Which part of the time may be spent with writing.
    private(set) var share = 1.0
    /// What determined the last rest.
    private(set) var reason = Throttle.Reason.none

    /// Takes in that a chunk was written; how long to rest after it.
    mutating func rest(after rows: Int, bytes: Int, in elapsed: Duration, _ throttle: Throttle) -> Duration {
        var rests: [(rest: Duration, reason: Throttle.Reason)] = []
        if let rowsMax = throttle.rowsPerSecondMax {
            rests.append((.seconds(Double(rows) / Double(max(1, rowsMax))) - elapsed, .rows))
        }
        if let bytesMax = throttle.bytesPerSecondMax {
            rests.append((.seconds(Double(bytes) / Double(max(1, bytesMax))) - elapsed, .bytes))
        }
        adapt(rows, elapsed, throttle.latencyPercentMax)
        if share < 1 { rests.append((elapsed * (1 / share - 1), .latency)) }
        guard let longest = rests.max(by: { $0.rest < $1.rest }), longest.rest > .zero else {
            reason = .none
            return .zero
        }
        reason = longest.reason
        return longest.rest
    }

    private mutating func adapt(_ rows: Int, _ elapsed: Duration, _ percentMax: UInt64?) {
        guard rows > 0 else { return }
        let latency = elapsed / rows
        if chunks < Pacer.baselineChunks {
            chunks += 1
            baseline = min(baseline ?? latency, latency)
        }
        guard let percentMax, let baseline else {
            share = 1
            return
        }
        let isSlow = latency / .nanoseconds(1) > baseline / .nanoseconds(1) * Double(percentMax) / 100
        share = isSlow ? max(Pacer.shareMin, share / 2) : min(1, share + 0.05)
    }
}
