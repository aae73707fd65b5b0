import KeyValue

extension KeyWriter {
    /// A flag and five limits: rows, bytes, latency, and the minutes at which the hours begin and end.
    mutating func append(throttle: Throttle) {
        append(flag: throttle.isPaused)
        append(limit: throttle.rowsPerSecondMax)
        append(limit: throttle.bytesPerSecondMax)
        append(limit: throttle.latencyPercentMax)
        append(limit: throttle.hours?.fromMinute)
        append(limit: throttle.hours?.untilMinute)
    }
}

extension KeyReader {
    mutating func throttle() -> Throttle? {
        guard let isPaused = flag(), let rowsMax = limit(), let bytesMax = limit(), let latencyMax = limit(),
            let from = limit(), let until = limit(), (from == nil) == (until == nil)
        else { return nil }
        var throttle = Throttle(
            isPaused: isPaused,
            rowsPerSecondMax: rowsMax,
            bytesPerSecondMax: bytesMax,
            latencyPercentMax: latencyMax
        )
        if let from, let until { throttle.hours = Throttle.Hours(fromMinute: from, untilMinute: until) }
        return throttle
    }
}
