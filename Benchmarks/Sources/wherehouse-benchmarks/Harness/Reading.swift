import Foundation

/// What one run of a body took, in nanoseconds an operation.
struct Reading: Codable {
    /// Time on the wall.
    var wall: Double
    /// Processor time of the whole process, all threads.
    var cpu: Double
}

/// The clocks that readings are taken from.
enum Clock {
    /// Nanoseconds since some moment.
    static func wall() -> Double { nanoseconds(CLOCK_MONOTONIC) }

    /// Nanoseconds that the process has run, on all its threads.
    static func cpu() -> Double { nanoseconds(CLOCK_PROCESS_CPUTIME_ID) }

    private static func nanoseconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
    }
}

/// All readings of one body, in the order of the repeats.
struct Series: Codable {
    var name: String
    var readings: [Reading]

    var wall: Double { median(readings.map(\.wall)) }
    var cpu: Double { median(readings.map(\.cpu)) }

    /// This and another, one after the other, repeat by repeat.
    func adding(_ other: Series) -> Series {
        let readings = zip(readings, other.readings).map {
            Reading(wall: $0.wall + $1.wall, cpu: $0.cpu + $1.cpu)
        }
        return Series(name: "\(name) + \(other.name)", readings: readings)
    }

    /// The ratio of wall times of this series to another's, repeat by repeat.
    func ratios(to other: Series) -> [Double] {
        zip(readings, other.readings).map { $0.wall / $1.wall }
    }
}

/// The value in the middle, or the mean of the two there; zero of none.
func median(_ values: [Double]) -> Double {
    guard !values.isEmpty else { return 0 }
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
