import CoreMetrics
import Synchronization

/// What one series has collected.
final class Instrument: Sendable {
    enum Value {
        case number(Double)
        case histogram(Histogram)
    }

    private let state: Mutex<Value>

    init(_ value: Value) { state = Mutex(value) }

    var value: Value { state.withLock { $0 } }

    private func add(_ amount: Double) {
        state.withLock { if case .number(let old) = $0 { $0 = .number(old + amount) } }
    }

    private func put(_ number: Double) {
        state.withLock { value in
            switch value {
            case .number: value = .number(number)
            case .histogram(var histogram):
                // Let go of, so that the counts are not copied.
                value = .number(0)
                histogram.add(number)
                value = .histogram(histogram)
            }
        }
    }
}

extension Instrument: CounterHandler, FloatingPointCounterHandler, RecorderHandler, MeterHandler, TimerHandler {
    func increment(by amount: Int64) { add(Double(amount)) }
    func increment(by amount: Double) { add(amount) }
    func decrement(by amount: Double) { add(-amount) }
    func reset() { put(0) }
    func record(_ value: Int64) { put(Double(value)) }
    func record(_ value: Double) { put(value) }
    func set(_ value: Int64) { put(Double(value)) }
    func set(_ value: Double) { put(value) }
    func recordNanoseconds(_ duration: Int64) { put(Double(duration) / 1_000_000_000) }
}

/// How many values fell below each of some bounds, and their sum.
struct Histogram: Sendable {
    /// From a quarter of a millisecond, the time of a read in memory, to ten seconds.
    static let seconds: [Double] = [
        0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]
    static let powers: [Double] = (0..<8).map { (0..<$0).reduce(1) { power, _ in power * 10 } }

    let bounds: [Double]
    /// Of each bound those values that are no larger, but larger than the bound before; then the rest.
    private var counts: [UInt64]
    private(set) var sum = 0.0

    init(bounds: [Double]) {
        self.bounds = bounds
        counts = Array(repeating: 0, count: bounds.count + 1)
    }

    mutating func add(_ value: Double) {
        counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
        sum += value
    }

    var count: UInt64 { counts.reduce(0, +) }

    /// For each bound how many values are no larger than it.
    var cumulative: [(bound: Double, count: UInt64)] {
        var total: UInt64 = 0
        return zip(bounds, counts).map { bound, count in
            total += count
            return (bound, total)
        }
    }
}
