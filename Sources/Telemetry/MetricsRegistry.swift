public import CoreMetrics
import Synchronization

/// Collects the metrics of a program, and writes them in the text format that Prometheus reads.
///
/// Hand it to `MetricsSystem.bootstrap`, or to a `MeteredStore` alone. Series are bounded: those beyond
/// ``seriesMax`` are not collected, and `telemetry_series_refused_total` counts how many that were.
public final class MetricsRegistry: MetricsFactory {
    /// How many series there may be: metrics times the values of their dimensions.
    public let seriesMax: Int
    private let state = Mutex(State())

    private struct State {
        var series: [Series: Instrument] = [:]
        var refused: UInt64 = 0
    }

    /// A registry without metrics, of at most 10,000 series unless told otherwise.
    public init(seriesMax: Int = 10_000) { self.seriesMax = seriesMax }

    /// Everything that was collected, in Prometheus's text format, version 0.0.4.
    ///
    /// Families are in the order of their names and series in that of their labels. A family of which two kinds of
    /// metric were made appears once, as the kind that sorts first.
    public func exposition() -> String {
        let (series, refused) = state.withLock { ($0.series, $0.refused) }
        var text = Exposition()
        for (series, instrument) in series.sorted(by: { $0.key < $1.key }) { text.add(series, instrument) }
        text.add(Series(name: "telemetry_series_refused_total", kind: .counter, labels: []), refused)
        return text.text
    }

    private func instrument(
        _ kind: Series.Kind,
        _ label: String,
        _ dimensions: [(String, String)],
        _ make: () -> Instrument
    ) -> Instrument {
        let series = Series(label: label, kind: kind, dimensions: dimensions)
        return state.withLock { state in
            if let known = state.series[series] { return known }
            guard state.series.count < seriesMax else {
                state.refused += 1
                return make()
            }
            let made = make()
            state.series[series] = made
            return made
        }
    }

    private func forget(_ instrument: AnyObject) {
        state.withLock { state in state.series = state.series.filter { $0.value !== instrument } }
    }
}

// MARK: - What metrics ask for

extension MetricsRegistry {
    /// A counter, whose name ends in `_total`.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        instrument(.counter, label, dimensions) { Instrument(.number(0)) }
    }

    /// A counter of fractions, whose name ends in `_total`.
    public func makeFloatingPointCounter(
        label: String,
        dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        instrument(.counter, label, dimensions) { Instrument(.number(0)) }
    }

    /// A gauge with the value that was recorded last, or a histogram of everything that was.
    public func makeRecorder(
        label: String,
        dimensions: [(String, String)],
        aggregate: Bool
    ) -> any RecorderHandler {
        if aggregate {
            instrument(.histogram, label, dimensions) { Instrument(.histogram(Histogram(bounds: Histogram.powers))) }
        } else {
            instrument(.gauge, label, dimensions) { Instrument(.number(0)) }
        }
    }

    /// A gauge.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        instrument(.gauge, label, dimensions) { Instrument(.number(0)) }
    }

    /// A histogram of seconds, whose name ends in `_seconds`.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        instrument(.timer, label, dimensions) { Instrument(.histogram(Histogram(bounds: Histogram.seconds))) }
    }

    /// Forgets a counter.
    public func destroyCounter(_ handler: any CounterHandler) { forget(handler) }
    /// Forgets a counter of fractions.
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { forget(handler) }
    /// Forgets a recorder.
    public func destroyRecorder(_ handler: any RecorderHandler) { forget(handler) }
    /// Forgets a meter.
    public func destroyMeter(_ handler: any MeterHandler) { forget(handler) }
    /// Forgets a timer.
    public func destroyTimer(_ handler: any TimerHandler) { forget(handler) }
}
